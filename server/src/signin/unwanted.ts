/** Which mails of this room have become pointless while they waited to be sent: after an outage, or within a second. */
import { findOrganization } from '../access/organizations.ts'
import type { DueMail } from '../mail/queue.ts'
import type { Database } from '../store/database.ts'
import { REMINDER, saidOtherwiseSince } from './reminders.ts'

/** What ends an event's wait takes its mails away, and a newer code the older ones; this is what is left. */
export async function isUnwanted(
  db: Database,
  { organization_id, email_type, event_id }: DueMail,
): Promise<boolean> {
  if (email_type !== 'otp' && email_type !== 'message' && event_id === null) return false
  const { auth_enabled, confirmation_reminders } = await findOrganization(db, organization_id)
  if (event_id === null) return !auth_enabled
  if (email_type === REMINDER && confirmation_reminders === 0) return true
  return saidOtherwiseSince(db, organization_id, event_id)
}
