/** What was saved: said on the page, and by mail to who wants a copy. */
import type { PersonGrant } from '../access/personTokens.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import { enqueue } from '../mail/outbox.ts'
import type { RecordedEvent } from '../record/event.ts'
import { readStanding, recordedEventOf } from '../record/log.ts'
import type { UserRow } from '../record/people.ts'
import type { Database } from '../store/database.ts'
import { sentencesOf } from './changes.ts'
import type { Receipt } from './page.ts'
import type { Visit } from './visit.ts'

/** What is accepted and what is refused can be two events: with double opt-in. */
const MOST_EVENTS = 2

/** @param saved ids of events, from the address: those of somebody else are not told */
export async function receiptOf(
  db: Database,
  { organizationId, snapshot, language }: Visit,
  person: UserRow | undefined,
  saved: unknown,
): Promise<Receipt | undefined> {
  const ids = [saved]
    .flat()
    .filter((id): id is string => typeof id === 'string')
    .slice(0, MOST_EVENTS)
  if (!person || ids.length === 0) return undefined
  const rows = await readStanding(
    db,
    ids.map(id => ({ organizationId, id })),
  )
  const events = rows.filter(row => row.person_id === person.id && row.body !== null).map(recordedEventOf)
  const [first] = events
  if (!first) return undefined
  return {
    id: events.map(({ id }) => id).join(', '),
    at: first.createdAt,
    sentences: events.flatMap(({ body }) => sentencesOf(body.consents, snapshot, language)),
    isPending: events.some(({ status }) => status === 'pending_approval'),
  }
}

/** To the person's own mailbox and no other: the page takes no address. */
export async function mailCopy(
  { db, publicUrl }: { db: Database; publicUrl(): string },
  { organizationId, snapshot, language, path }: Visit,
  { organizationUserId: to }: PersonGrant,
  recorded: readonly RecordedEvent[],
): Promise<void> {
  if (recorded.length === 0 || !mailAddress.safeParse(to).success) return
  const list = recorded.flatMap(({ body }) => sentencesOf(body.consents, snapshot, language)).join('\n')
  const parameters = { list, url: `${publicUrl()}${path}` }
  await enqueue(db, { organizationId, templateId: 'confirm-consent-changed', to, language, parameters })
}
