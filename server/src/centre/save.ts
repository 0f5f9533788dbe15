/** From what a person changed on the page to events in the log. */
import type { PersonGrant } from '../access/personTokens.ts'
import type { Intake } from '../collect/intake.ts'
import { asGranted } from '../collect/person.ts'
import type { RecordedEvent } from '../record/event.ts'
import type { Writer } from '../record/writer.ts'
import type { PurposeChoice } from '../resolve/event.ts'
import type { Database } from '../store/database.ts'

export interface SaveGround {
  db: Database
  intake: Intake
  writer: Writer
}

export interface ShownText {
  widget_id: string
  version: number
  language: string
}

/** Recorded by: stands in the log where other events have the id of the API key. */
const KEY = 'person'

/**
 * With double opt-in what is accepted waits for the mail, and what is refused counts at once: a withdrawal never waits.
 * @returns the recorded events: none where nothing was changed
 */
export async function save(
  { db, intake, writer }: SaveGround,
  person: PersonGrant,
  changes: readonly PurposeChoice[],
  shown: ShownText,
  { doubleOptIn = false } = {},
): Promise<RecordedEvent[]> {
  const receivedAt = new Date()
  const { organizationId } = person
  const accepted = doubleOptIn ? changes.filter(({ enabled }) => enabled === true) : []
  const events = [
    { purposes: changes.filter(change => !accepted.includes(change)), status: undefined },
    { purposes: accepted, status: 'pending_approval' },
  ].filter(({ purposes }) => purposes.length > 0)
  if (events.length === 0) return []
  const sent = events.map(({ purposes, status }) => ({
    ...(status ? { status } : {}),
    consents: { purposes },
    shown,
  }))
  const caller = { organizationId, keyId: KEY, person }
  const taken = await intake.take(organizationId, await asGranted(db, caller, sent))
  return writer.append({ organizationId, keyId: KEY, events: taken, delivers: true, receivedAt })
}
