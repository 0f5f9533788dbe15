/** Pending events whose person is to be asked by mail: noted with the event, so that none is forgotten. */
import { sql } from 'kysely'
import type { Runner } from '../store/database.ts'
import type { Confirmation } from './event.ts'

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
