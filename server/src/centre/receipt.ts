/** What was saved: said on the page, and by mail to who wants a copy. */
import type { PersonLimits } from '../access/personLimits.ts'
import type { PersonGrant } from '../access/personTokens.ts'
import { Refusal } from '../http/errors.ts'
import { type Content, html } from '../http/html.ts'
import { directionOf } from '../http/languages.ts'
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
import { waitingOf } from './waiting.ts'
import { wordingsOf } from './wording.ts'

/** What is accepted and what is refused can be two events: with double opt-in. */
const MOST_EVENTS = 2

/** @param saved ids of events, from the address or the form: those of somebody else are not told */
export async function savedOf(
  db: Database,
  organizationId: string,
  person: UserRow | undefined,
  saved: unknown,
): Promise<RecordedEvent[]> {
  const ids = [saved]
    .flat()
    .filter((id): id is string => typeof id === 'string')
    .slice(0, MOST_EVENTS)
  if (!person || ids.length === 0) return []
  const rows = await readStanding(
    db,
    ids.map(id => ({ organizationId, id })),
  )
  return rows.filter(row => row.person_id === person.id && row.body !== null).map(recordedEventOf)
}

/** In the words of the version that was shown, and the language of the page where that version had it. */
export async function receiptOf(
  db: Database,
  visit: Visit,
  person: UserRow | undefined,
  saved: unknown,
): Promise<Receipt | undefined> {
  const events = await savedOf(db, visit.organizationId, person, saved)
  const [first] = events
  if (!first) return undefined
  const told = await wordingsOf(db, events, visit)
  return {
    ids: events.map(({ id }) => id),
    at: first.createdAt,
    sentences: told.flatMap(({ body, wording }) =>
      wording.snapshot.languages.includes(visit.language)
        ? toldSentencesOf(body.consents, { ...wording, language: visit.language })
        : toldSentencesOf(body.consents, wording).map(sentence => inLanguage(wording.language, sentence)),
    ),
    isPending: events.some(({ status }) => status === 'pending_approval'),
  }
}

const inLanguage = (language: string, sentence: Content): Content =>
  html`<span lang="${language}" dir="${directionOf(language)}">${sentence}</span>`

export type Copy = 'sent' | 'too_often' | 'nothing'

/** To the person's own mailbox and no other: the page takes no address. */
export async function mailCopy(
  { db, personLimits, publicUrl }: { db: Database; personLimits: PersonLimits; publicUrl(): string },
  visit: Visit,
  person: PersonGrant,
  saved: readonly RecordedEvent[],
): Promise<Copy> {
  const to = person.organizationUserId
  const told = await wordingsOf(db, saved, visit)
  const language = told[0]?.wording.language
  if (language === undefined || !mailAddress.safeParse(to).success) return 'nothing'
  const isPending = saved.some(({ status }) => status === 'pending_approval')
  const { unasked } = isPending ? await waitingOf(db, person, {}) : { unasked: new Set() }
  const { confirmByMail, notAsked } = textsIn(language)
  const parameters = {
    list: [
      ...told.flatMap(({ body, wording }) => sentencesOf(body.consents, wording)),
      '',
      ...(isPending ? [saved.some(({ id }) => unasked.has(id)) ? notAsked : confirmByMail] : []),
      ...saved.map(one => receiptLine(one, language)),
    ].join('\n'),
    url: `${publicUrl()}${visit.path}`,
  }
  // What was chosen is saved and stays so: one copy too many is not sent, and nothing is refused.
  const isOneTooMany = await personLimits.take(person, 'copies').then(
    () => false,
    error => error instanceof Refusal || Promise.reject(error),
  )
  if (isOneTooMany) return 'too_often'
  const { organizationId } = visit
  await enqueue(db, { organizationId, templateId: 'confirm-consent-changed', to, language, parameters })
  return 'sent'
}

const receiptLine = ({ id, createdAt }: RecordedEvent, language: string): string =>
  fill(textsIn(language).receiptAt, { id, time: timeText(createdAt, language) })
