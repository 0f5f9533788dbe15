/** One group of requests into the log, in one transaction: all events of a request, or none of them. */
import { newId } from '../access/ids.ts'
import { Refusal } from '../http/errors.ts'
import { merge } from '../resolve/status.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { saveConfirmations } from './confirmations.ts'
import type { NewEvent, RecordedEvent } from './event.ts'
import { lockPeople } from './identify.ts'
import { type LogRow, mergeEventOf, readStanding, recordedEventOf, type StandingRow } from './log.ts'
import { effectiveNow, hasChanged, type Person } from './person.ts'
import { type NewProof, saveProofs } from './proofs.ts'
import { write } from './write.ts'

export interface AppendRequest {
  organizationId: string
  keyId: string
  events: readonly NewEvent[]
  /** False for `$disable_integrations`: the status changes, integrations do not owe it. */
  delivers: boolean
  receivedAt: Date
}

/** Per request: its events as they stand, or why it was refused. */
export type AppendAnswer = RecordedEvent[] | Refusal

/** Another node took an id or created a person between our look and our write. */
class Overtaken extends Error {}
const TRIES = 10

export async function appendGroup(db: Database, requests: readonly AppendRequest[]): Promise<AppendAnswer[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(db, trx => append(trx, requests))
    } catch (error) {
      if (!(error instanceof Overtaken) || attempt >= TRIES) throw error
    }
  }
}

async function append(trx: Runner, requests: readonly AppendRequest[]): Promise<AppendAnswer[]> {
  const given = requests.flatMap(({ events }) => events).filter(event => event.id !== undefined)
  const stored = new Map(
    (await readStanding(trx, given as { organizationId: string; id: string }[])).map(row => [
      keyOf(row.organization_id, row.event_id),
      row,
    ]),
  )
  const register = await lockPeople(
    trx,
    requests.flatMap(({ events }) => events.map(namingOf)),
  )
  const fresh = new Map<string, { digest: Buffer | undefined; recorded: RecordedEvent }>()
  const rows: LogRow[] = []
  const asked: Parameters<typeof saveConfirmations>[1][number][] = []
  const proven: { recorded: RecordedEvent; proofs: readonly NewProof[] }[] = []

  const answers = requests.map((request): AppendAnswer => {
    const refusal = findConflict(request, stored, fresh)
    if (refusal) return refusal
    const times = receiptTimes(request)
    return request.events.map((event, i) => {
      const id = event.id ?? newId()
      const key = keyOf(event.organizationId, id)
      const standing = stored.get(key)
      const before = fresh.get(key)?.recorded ?? (standing && recordedEventOf(standing))
      if (before) return before
      const person = register.identify(namingOf(event))
      const row = rowOf(event, id, person, request, times[i] ?? request.receivedAt)
      rows.push(row)
      if (row.status === 'confirmed') person.news.push(mergeEventOf(row))
      if (request.delivers) person.delivers = true
      const recorded = recordedEventOf({ ...row, recorded_at: request.receivedAt })
      fresh.set(key, { digest: event.digest, recorded })
      if (event.confirmation)
        asked.push({ organizationId: event.organizationId, eventId: id, confirmation: event.confirmation })
      if (recorded.body.proofs_id?.length) proven.push({ recorded, proofs: event.proofs })
      return recorded
    })
  })

  const changed = [...register.people()].filter(hasChanged)
  for (const person of changed) {
    person.status = merge(person.status, person.news)
    person.version++
  }
  const recordedAt = await write(trx, rows, changed)
  if (!recordedAt) throw new Overtaken()
  for (const { recorded } of fresh.values()) recorded.updatedAt = recordedAt
  await saveConfirmations(trx, asked)
  for (const { recorded, proofs } of proven) await saveProofs(trx, recorded, proofs, recorded.body.proofs_id)
  return answers
}

function findConflict(
  request: AppendRequest,
  stored: ReadonlyMap<string, StandingRow & { first_digest: Buffer | null }>,
  fresh: ReadonlyMap<string, { digest: Buffer | undefined }>,
): Refusal | undefined {
  const errors: Record<string, string> = {}
  const here = new Map<string, NewEvent>()
  request.events.forEach((event, i) => {
    if (event.id === undefined) return
    const key = keyOf(event.organizationId, event.id)
    const before = stored.get(key)
    const earlier = fresh.get(key) ?? here.get(key)
    here.set(key, event)
    if (!before && !earlier) return
    const digest = before ? before.first_digest : earlier?.digest
    const path = request.events.length > 1 ? `[${i}].id` : 'id'
    if (before?.action === 'deleted' || (before && before.body === null))
      errors[path] = 'was used by an event that has been deleted'
    else if (!digest || !event.digest?.equals(digest))
      errors[path] = 'was used by an event with other content'
  })
  return Object.keys(errors).length > 0
    ? new Refusal('conflict', 'an event id is already taken', errors)
    : undefined
}

/**
 * Events of one person that came in one array and say no time count in the order of the array: the last one at the time of
 * receipt, each before it a millisecond earlier. At one time an id would decide, which nobody chose.
 */
function receiptTimes({ events, receivedAt }: AppendRequest): Date[] {
  const later = new Map<string, number>()
  return events
    .toReversed()
    .map(({ createdAt, userId, organizationUserId }) => {
      if (createdAt !== undefined) return receivedAt
      const who = JSON.stringify([userId, organizationUserId])
      const places = later.get(who) ?? 0
      later.set(who, places + 1)
      return new Date(receivedAt.getTime() - places)
    })
    .reverse()
}

function rowOf(
  event: NewEvent,
  id: string,
  person: Person,
  request: AppendRequest,
  receivedAt: Date,
): LogRow {
  const { createdAt = receivedAt } = event
  return {
    organization_id: event.organizationId,
    event_id: id,
    revision: 1,
    person_id: person.id,
    kind: 'event',
    action: 'created',
    status: event.status,
    regulation: event.regulation,
    effective_at:
      event.createdAt === undefined
        ? effectiveNow(person, receivedAt)
        : // A clock that runs ahead must not win for ever.
          new Date(Math.min(createdAt.getTime(), request.receivedAt.getTime())),
    created_at: createdAt,
    recorded_by: request.keyId,
    delivers: request.delivers,
    digest: event.digest?.toString('hex') ?? null,
    body: event.body,
  }
}

const namingOf = (event: NewEvent) => ({
  organizationId: event.organizationId,
  id: event.userId,
  organizationUserId: event.organizationUserId,
})

const keyOf = (organizationId: string, id: string): string => `${organizationId}\n${id}`
