/** Changes and deletions of events: each is a further revision in the log, and the status is added up anew. */
import { notFound, Refusal } from '../http/errors.ts'
import type { MergeEvent } from '../resolve/event.ts'
import { emptyStatus, merge } from '../resolve/status.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { forgetConfirmation } from './confirmations.ts'
import type { EventBody, EventStatus, RecordedEvent } from './event.ts'
import { lockPeople } from './identify.ts'
import {
  counts,
  type LogRow,
  mergeEventOf,
  readMergeEventsOf,
  readStanding,
  recordedEventOf,
  type StandingRow,
} from './log.ts'
import { namesOf } from './people.ts'
import { effectiveNow, type Person } from './person.ts'
import { type NewProof, saveProofs } from './proofs.ts'
import { write } from './write.ts'

export interface EventPatch {
  status?: EventStatus | undefined
  body: Partial<EventBody>
  /** Added to those that the event names. */
  proofs?: readonly NewProof[] | undefined
}

export interface Revision {
  organizationId: string
  keyId: string
  id: string
  digest: Buffer
  delivers: boolean
}

/** A patch that changes nothing records nothing, so that repeating one is harmless. */
export async function changeEvent(
  db: Database,
  revision: Revision,
  patch: EventPatch,
): Promise<RecordedEvent> {
  return inTransaction(db, async trx => {
    const { row, person } = await lockEvent(trx, revision)
    const body = { ...(row.body as EventBody), ...patch.body }
    const proofs = patch.proofs ?? []
    if (proofs.length > 0) body.proofs_id = [...(body.proofs_id ?? []), ...proofs.map(proof => proof.id)]
    const status = patch.status ?? row.status
    if (status === row.status && JSON.stringify(body) === JSON.stringify(row.body))
      return recordedEventOf(row)
    // A confirmation counts from when it was given: the latest confirmed event wins. A correction keeps its time,
    // since it must not overtake what the person has chosen since.
    const confirms = row.status === 'pending_approval' && status === 'confirmed'
    const changed = {
      ...row,
      status,
      body,
      effective_at: confirms ? effectiveNow(person, new Date()) : row.effective_at,
    }
    const recordedAt = await revise(trx, revision, person, changed, 'changed')
    await saveProofs(trx, { ...revision, personId: person.id }, proofs, body.proofs_id)
    return recordedEventOf({ ...changed, revision: row.revision + 1, recorded_at: recordedAt })
  })
}

/** @param onlyWhile leaves an event that has another status by now */
export async function deleteEvent(db: Database, revision: Revision, onlyWhile?: EventStatus): Promise<void> {
  await inTransaction(db, async trx => {
    const { row, person } = await lockEvent(trx, revision)
    if (onlyWhile && row.status !== onlyWhile) return
    await revise(trx, revision, person, row, 'deleted')
  })
}

/** The event and its person, locked; read again under the lock, since a revision may have come between. */
async function lockEvent(
  trx: Runner,
  { organizationId, id }: Revision,
): Promise<{ row: StandingRow; person: Person }> {
  const look = async () => {
    const [row] = await readStanding(trx, [{ organizationId, id }])
    if (!row || row.action === 'deleted' || row.body === null) throw notFound('event')
    return row
  }
  const { person_id } = await look()
  const register = await lockPeople(trx, [{ organizationId, id: person_id }])
  const row = await look()
  const person = [...register.people()].find(({ id }) => id === row.person_id)
  if (!person) throw new Refusal('unavailable', 'the person was linked to another one meanwhile; try again')
  return { row, person }
}

async function revise(
  trx: Runner,
  revision: Revision,
  person: Person,
  row: StandingRow,
  action: LogRow['action'],
): Promise<Date> {
  const revised: LogRow = {
    ...row,
    revision: row.revision + 1,
    action,
    recorded_by: revision.keyId,
    delivers: revision.delivers,
    digest: revision.digest.toString('hex'),
  }
  person.status = merge(emptyStatus, await eventsWith(trx, person, revised))
  person.version++
  person.delivers = revision.delivers
  const recordedAt = await write(trx, [revised], [person])
  if (action === 'deleted' || row.status !== 'pending_approval') await forgetConfirmation(trx, revision)
  return recordedAt as Date
}

/** Everything that counts for the person, with this revision in the place of what it revises. */
async function eventsWith(trx: Runner, person: Person, revised: LogRow): Promise<MergeEvent[]> {
  const names = await namesOf(trx, person)
  const others = (await readMergeEventsOf(trx, person.organizationId, names)).filter(
    ({ id }) => id !== revised.event_id,
  )
  return counts(revised) ? [...others, mergeEventOf(revised)] : others
}
