/** Reminds people of what still waits for their confirmation, where their organization wants it. */
import { sql } from 'kysely'
import { mergeEventOf, readStanding } from '../record/log.ts'
import { findPerson } from '../record/people.ts'
import { emptyStatus, merge } from '../resolve/status.ts'
import { inTransaction, type Runner } from '../store/database.ts'
import { type Asked, ask, type ConfirmationGround } from './confirmations.ts'

export const REMINDER = 'validation-double-optin-reminder'

type DueRow = Asked & { seconds_left: number }

export async function mailDueReminders(ground: ConfirmationGround): Promise<void> {
  while (await inTransaction(ground.db, trx => remindOne(ground, trx)));
}

/**
 * By the organization's switches as they are now. Whoever confirms or deletes the event takes the row away in the same
 * transaction, so that its lock decides: either they wait for this one and withdraw its mail, or there is no row any more.
 */
async function remindOne(ground: ConfirmationGround, trx: Runner): Promise<boolean> {
  const { rows } = await sql<DueRow>`
    select c.*, ceil(extract(epoch from c.expires_at - now()))::integer as seconds_left
    from organizations o
    cross join generate_series(0, o.confirmation_reminders - 1) as reminded (times)
    cross join lateral (
      select organization_id, event_id, organization_user_id, recipient, language, expires_at
      from confirmations
      where organization_id = o.id and reminders = reminded.times and mailed_at is not null
        and coalesce(reminded_at, mailed_at) <= now() - o.confirmation_reminder_days * interval '1 day'
        and expires_at > now()
      order by coalesce(reminded_at, mailed_at)
      limit 1
      for update skip locked
    ) c
    limit 1`.execute(trx)
  const [due] = rows
  if (!due) return false
  const isAsked =
    !(await saidOtherwiseSince(trx, due.organization_id, due.event_id)) &&
    (await ask(ground, trx, due, REMINDER, due.seconds_left))
  // Who was passed over is asked by it after all.
  await sql`
    update confirmations set reminders = reminders + 1, reminded_at = now(), passed_over = passed_over and ${!isAsked}
    where organization_id = ${due.organization_id} and event_id = ${due.event_id}`.execute(trx)
  return true
}

/** Who has refused meanwhile what they once wanted is not urged to want it. */
export async function saidOtherwiseSince(
  runner: Runner,
  organizationId: string,
  id: string,
): Promise<boolean> {
  const [event] = await readStanding(runner, [{ organizationId, id }])
  if (!event || event.body === null) return true
  const { regulation } = event
  const waiting = merge(emptyStatus, [mergeEventOf(event)]).regulations[regulation] ?? {}
  const person = await findPerson(runner, organizationId, { id: event.person_id })
  const standing = person?.status.regulations[regulation] ?? {}
  return Object.entries(waiting).some(([path, [value, at]]) => {
    const now = standing[path]
    return now !== undefined && now[1] > at && now[0] !== value
  })
}
