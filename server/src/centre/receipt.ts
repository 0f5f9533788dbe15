/** What was saved: said on the page, and by mail to who wants a copy. */
import type { PersonLimits } from '../access/personLimits.ts'
import type { PersonGrant } from '../access/personTokens.ts'
import { Refusal } from '../http/errors.ts'
import { fill } from '../http/texts.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import { enqueue } from '../mail/outbox.ts'
import type { RecordedEvent } from '../record/event.ts'
import { readStanding, recordedEventOf } from '../record/log.ts'
import type { UserRow } from '../record/people.ts'
import type { Database } from '../store/database.ts'
import { sentencesOf, toldSentencesOf } from './changes.ts'
import type { Receipt } from './page.ts'
import { textsIn } from './texts.ts'
import { timeText } from './time.ts'
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
    sentences: events.flatMap(({ body }) => toldSentencesOf(body.consents, snapshot, language)),
    isPending: events.some(({ status }) => status === 'pending_approval'),
  }
}

/** To the person's own mailbox and no other: the page takes no address. */
export async function mailCopy(
  { db, personLimits, publicUrl }: { db: Database; personLimits: PersonLimits; publicUrl(): string },
  { organizationId, snapshot, language, path }: Visit,
  person: PersonGrant,
  recorded: readonly RecordedEvent[],
): Promise<void> {
  const to = person.organizationUserId
  if (recorded.length === 0 || !mailAddress.safeParse(to).success) return
  const sentences = recorded.flatMap(({ body }) => sentencesOf(body.consents, snapshot, language))
  const parameters = {
    list: [
      ...sentences,
      '',
      ...(recorded.some(({ status }) => status === 'pending_approval')
        ? [textsIn(language).confirmByMail]
        : []),
      ...recorded.map(one => receiptLine(one, language)),
    ].join('\n'),
    url: `${publicUrl()}${path}`,
  }
  // What was chosen is saved and stays so: one copy too many is not sent, and nothing is refused.
  const isOneTooMany = await personLimits.take(person, 'copies').then(
    () => false,
    error => error instanceof Refusal || Promise.reject(error),
  )
  if (isOneTooMany) return
  await enqueue(db, { organizationId, templateId: 'confirm-consent-changed', to, language, parameters })
}

const receiptLine = ({ id, createdAt }: RecordedEvent, language: string): string =>
  fill(textsIn(language).receiptAt, { id, time: timeText(createdAt, language) })
