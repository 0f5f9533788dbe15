/** From what a person changed on the page to events in the log. */
import type { PersonLimits } from '../access/personLimits.ts'
import type { PersonGrant } from '../access/personTokens.ts'
import { withConfirmations } from '../collect/doubleOptIn.ts'
import type { Intake } from '../collect/intake.ts'
import { asGranted } from '../collect/person.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import type { NewEvent, RecordedEvent } from '../record/event.ts'
import type { Writer } from '../record/writer.ts'
import type { PurposeChoice } from '../resolve/event.ts'
import type { Database } from '../store/database.ts'

export interface SaveGround {
  db: Database
  intake: Intake
  writer: Writer
  personLimits: PersonLimits
  /** After an event that its person is asked to confirm. */
  onPending(): void
}

export interface ShownText {
  widget_id: string
  version: number
  language: string
}

/** Recorded by: stands in the log where other events have the id of the API key. */
const KEY = 'person'

/**
 * With double opt-in what is accepted waits for the mail, and what is refused counts at once: a withdrawal never waits. Who
 * has no mailbox as their id is signed in by somebody who knows them, and is not asked.
 * @returns the recorded events: none where nothing was changed
 */
export async function save(
  ground: SaveGround,
  person: PersonGrant,
  changes: readonly PurposeChoice[],
  shown: ShownText,
  { doubleOptIn = false } = {},
): Promise<RecordedEvent[]> {
  const receivedAt = new Date()
  const { organizationId } = person
  const waits = doubleOptIn && mailAddress.safeParse(person.organizationUserId).success
  const accepted = waits ? changes.filter(({ enabled }) => enabled === true) : []
  const events = [
    ...(await eventsOf(
      ground,
      person,
      changes.filter(change => !accepted.includes(change)),
      shown,
    )),
    ...(await eventsOf(ground, { ...person, validations: { email: { enabled: true } } }, accepted, shown)),
  ]
  if (events.length === 0) return []
  await ground.personLimits.take(person, 'events', events.length)
  const recorded = await ground.writer.append({
    organizationId,
    keyId: KEY,
    events,
    delivers: true,
    receivedAt,
  })
  if (events.some(event => event.confirmation)) ground.onPending()
  return recorded
}

async function eventsOf(
  { db, intake }: SaveGround,
  person: PersonGrant,
  purposes: readonly PurposeChoice[],
  shown: ShownText,
): Promise<NewEvent[]> {
  if (purposes.length === 0) return []
  const { organizationId } = person
  const caller = { organizationId, keyId: KEY, person }
  const sent = await asGranted(db, caller, { consents: { purposes }, shown })
  return withConfirmations(db, caller, await intake.take(organizationId, sent), shown.language)
}
