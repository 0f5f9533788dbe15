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

/** More than a person is asked in a day. */
const MOST_WAITING = 20

/** What a person has been asked to confirm and can confirm yet. */
export async function readWaiting(
  runner: Runner,
  { organizationId, organizationUserId }: { organizationId: string; organizationUserId: string },
): Promise<StandingRow[]> {
  const { rows } = await sql<{ id: string }>`
    select event_id as id from confirmations
    where organization_id = ${organizationId} and organization_user_id = ${organizationUserId}
      and (expires_at is null or expires_at > now())
    order by created_at desc
    limit ${MOST_WAITING}`.execute(runner)
  const events = await readStanding(
    runner,
    rows.map(({ id }) => ({ organizationId, id })),
  )
  return events.filter(({ status, body }) => status === 'pending_approval' && body !== null)
}

/** In the transaction that ends the wait: no mail about it leaves afterwards. */
export async function forgetConfirmation(
  trx: Runner,
  { organizationId, id }: { organizationId: string; id: string },
): Promise<void> {
  await sql`
    delete from confirmations where organization_id = ${organizationId} and event_id = ${id}`.execute(trx)
  await withdrawMails(trx, organizationId, id)
}
