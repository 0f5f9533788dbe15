/** Pending events whose person is to be asked by mail: noted with the event, so that none is forgotten. */
import { sql } from 'kysely'
import { withdrawMails } from '../mail/outbox.ts'
import type { Runner } from '../store/database.ts'
import type { Confirmation } from './event.ts'
import { readStanding, type StandingRow } from './log.ts'

export async function saveConfirmations(
  trx: Runner,
  asked: readonly { organizationId: string; eventId: string; confirmation: Confirmation }[],
): Promise<void> {
  for (const { organizationId, eventId, confirmation } of asked)
    await sql`
      insert into confirmations (organization_id, event_id, organization_user_id, recipient, language)
      values (${organizationId}, ${eventId}, ${confirmation.organizationUserId}, ${confirmation.recipient},
        ${confirmation.language ?? null})`.execute(trx)
}

/** A form that anybody can fill in must not fill a stranger's mailbox. */
export const MAX_MAILS_A_DAY = 10
/** More than a person is asked in a day. */
const MOST_WAITING = 20

interface Whose {
  organizationId: string
  organizationUserId: string
}

interface WaitingRow extends StandingRow {
  /** A mail asks to confirm it, or is about to. */
  isAsked: boolean
}

/** What a person can confirm yet, and what waits without a mail since they got too many. */
export async function readWaiting(runner: Runner, whose: Whose): Promise<WaitingRow[]> {
  const { organizationId } = whose
  const { rows } = await sql<{ id: string; isAsked: boolean }>`
    with own as (select * from confirmations where ${of(whose)}),
      today as (select ${mails} as mails from own)
    select event_id as id,
      not passed_over and (
        mailed_at is not null
        or mails + count(*) filter (where mailed_at is null) over (order by created_at, event_id) <= ${MAX_MAILS_A_DAY}
      ) as "isAsked"
    from own cross join today
    where expires_at is null or expires_at > now()
    order by created_at desc
    limit ${MOST_WAITING}`.execute(runner)
  const isAsked = new Map(rows.map(row => [row.id, row.isAsked]))
  const events = await readStanding(
    runner,
    rows.map(({ id }) => ({ organizationId, id })),
  )
  return events
    .filter(({ status, body }) => status === 'pending_approval' && body !== null)
    .map(event => ({ ...event, isAsked: isAsked.get(event.event_id) ?? false }))
}

/** How many mails have asked a person to confirm something, in a day. */
export async function countMailsToday(runner: Runner, whose: Whose): Promise<number> {
  const { rows } = await sql<{ mails: number }>`
    select ${mails} as mails from confirmations where ${of(whose)}`.execute(runner)
  return rows[0]?.mails ?? 0
}

/** What was passed over is no mail: who tried again and again would not be asked the next day either. */
const mails = sql`
  count(*) filter (where mailed_at > now() - interval '1 day' and not passed_over)
    + count(*) filter (where reminded_at > now() - interval '1 day')`

const of = ({ organizationId, organizationUserId }: Whose) =>
  sql`organization_id = ${organizationId} and organization_user_id = ${organizationUserId}`

/** In the transaction that ends the wait: no mail about it leaves afterwards. */
export async function forgetConfirmation(
  trx: Runner,
  { organizationId, id }: { organizationId: string; id: string },
): Promise<void> {
  await sql`
    delete from confirmations where organization_id = ${organizationId} and event_id = ${id}`.execute(trx)
  await withdrawMails(trx, organizationId, id)
}
