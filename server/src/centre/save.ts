/** From what a person changed on the page to events in the log. */
import type { PersonLimits } from '../access/personLimits.ts'
import type { PersonGrant } from '../access/personTokens.ts'
import { takeEvents, takingBack } from '../collect/dailyLimit.ts'
import { withConfirmations } from '../collect/doubleOptIn.ts'
import { type HoldingGround, holdBack } from '../collect/heldBack.ts'
import type { Intake } from '../collect/intake.ts'
import { asGranted } from '../collect/person.ts'
import { Refusal } from '../http/errors.ts'
import type { NewEvent, RecordedEvent } from '../record/event.ts'
import type { Writer } from '../record/writer.ts'
import type { PurposeChoice } from '../resolve/event.ts'

export interface SaveGround extends HoldingGround {
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

export interface Saved {
  /** None where nothing was changed. */
  recorded: RecordedEvent[]
  /** The day's limit kept something out. */
  isCutShort: boolean
}

/** Recorded by: stands in the log where other events have the id of the API key. */
const KEY = 'person'

/**
 * With double opt-in what is accepted waits for the mail, and what is refused counts at once: a withdrawal never waits. Who
 * has no mailbox as their id is signed in by somebody who knows them, and is not asked.
 * Beyond the day's limit what is taken back is saved alone, whatever else stood in the form.
 */
export async function save(
  ground: SaveGround,
  person: PersonGrant,
  changes: readonly PurposeChoice[],
  shown: ShownText,
): Promise<Saved> {
  const receivedAt = new Date()
  const { organizationId } = person
  const whole = await eventsOf(ground, person, changes, shown)
  if (whole.length === 0) return { recorded: [], isCutShort: false }
  const taken = await takeEvents(ground, person, whole).then(
    () => whole,
    refusal => takenBackOf(ground, person, changes, shown, refusal),
  )
  const caller = { organizationId, keyId: KEY, person }
  const held = await Promise.all(taken.map(event => holdBack(ground, caller, event)))
  const events = await withConfirmations(ground.db, caller, held.flat(), shown.language)
  const recorded = await ground.writer.append({
    organizationId,
    keyId: KEY,
    events,
    delivers: true,
    receivedAt,
  })
  if (events.some(event => event.confirmation)) ground.onPending()
  return { recorded, isCutShort: taken !== whole }
}

async function takenBackOf(
  ground: SaveGround,
  person: PersonGrant,
  changes: readonly PurposeChoice[],
  shown: ShownText,
  refusal: unknown,
): Promise<NewEvent[]> {
  if (!(refusal instanceof Refusal)) throw refusal
  const parts = changes.flatMap(partsOf)
  const isTakenBack = await Promise.all(
    parts.map(
      async part =>
        (await takingBack(ground.db, person, await eventsOf(ground, person, [part], shown))).length > 0,
    ),
  )
  const taken = parts.filter((_, i) => isTakenBack[i])
  const events = await eventsOf(ground, person, joined(taken), shown)
  if (events.length === 0) throw refusal
  return events
}

/** Each thing that is said, by itself: a refusal does not wait for what was chosen below it. */
const partsOf = ({ id, enabled, values = {} }: PurposeChoice): PurposeChoice[] => [
  ...(enabled === undefined ? [] : [{ id, enabled }]),
  ...Object.entries(values).map(([key, value]) => ({ id, values: { [key]: value } })),
]

/** A purpose stands once in an event. */
const joined = (parts: readonly PurposeChoice[]): PurposeChoice[] =>
  [...Map.groupBy(parts, ({ id }) => id).values()].map(same => {
    const values = Object.assign({}, ...same.map(part => part.values))
    return Object.assign({}, ...same, Object.keys(values).length > 0 ? { values } : {})
  })

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
  return intake.take(organizationId, sent)
}
