/** What a delivery would write, held against what stands there now. Reads only. */
import type { Fault, Ground, Owed, Preview } from '../contract.ts'
import type { Client } from './client.ts'
import { creationRow, obstacleTo, standsIn } from './create.ts'
import type { Knowledge } from './knowledge.ts'
import { lookUp } from './lookup.ts'
import { matchValueOf, shortId } from './match.ts'
import { SHARED } from './outcome.ts'
import { createReadings, faultsOf, isSilent, type Readings, type Row, updatesOf } from './plan.ts'
import { retrieve, type Values } from './retrieve.ts'
import { withRivals } from './rivals.ts'
import { isSame } from './same.ts'
import type { Standing } from './standing.ts'
import type { Sighting, TargetRecord } from './target.ts'

export interface PreviewGround {
  standing: Standing
  knowledge: Knowledge
  rivals: Ground['rivals']
}

interface Sight {
  knowledge: Knowledge
  readings: Readings
  now: ReadonlyMap<string, Values>
  records: ReadonlyMap<Owed, readonly TargetRecord[]>
  /** By short id: what a delivery writes, whoever it delivers. */
  rows: ReadonlyMap<string, Row>
  sharing: ReadonlySet<Owed>
}

export async function preview(
  { standing: { client, conversions }, knowledge, rivals }: PreviewGround,
  people: readonly Owed[],
): Promise<Preview[]> {
  const readings = createReadings(knowledge.columnsFor)
  const spoken = people.filter(person => !isSilent(person, knowledge.objects, readings))
  const found = await lookUp({ client, conversions, knowledge, signal: new AbortController().signal }, spoken)
  const now = await currentValues(client, found, knowledge)
  // A lead's word for its contact, which may be gone.
  const isThere = ({ id, isFollowed }: TargetRecord): boolean => !isFollowed || now.has(shortId(id))
  for (const sighting of found.values()) sighting.records = sighting.records.filter(isThere)
  const records = withNew(knowledge, found)
  const { records: ofAll, sharing } = await withRivals({ rivals, knowledge }, records)
  const rows = new Map(updatesOf(ofAll, readings).map(row => [shortId(row.id ?? ''), row]))
  const sight = { knowledge, readings, now, records, rows, sharing }
  return people.map(person => {
    const sighting = found.get(person)
    return sighting
      ? previewOf(sight, person, sighting)
      : { key: person.key, records: [], note: 'Nothing that is mapped was ever stated.' }
  })
}

/** Whoever has no record gets one that is not there yet: one for all whose ids the match field takes for one. */
function withNew(
  { creation }: Knowledge,
  found: ReadonlyMap<Owed, Sighting>,
): Map<Owed, readonly TargetRecord[]> {
  const keyOf = ({ organizationUserId }: Owed) => creation?.matcher.keyOf(matchValueOf(organizationUserId))
  const keys = [...new Set([...found.keys()].map(keyOf))]
  const newOf = (person: Owed): TargetRecord[] =>
    creation ? [{ object: creation.description.name, id: `new ${keys.indexOf(keyOf(person))}` }] : []
  return new Map(
    [...found].map(([person, { records }]) => [person, records.length > 0 ? records : newOf(person)]),
  )
}

function previewOf(sight: Sight, person: Owed, sighting: Sighting): Preview {
  const { knowledge, readings, sharing } = sight
  const { key } = person
  const { records } = sighting
  const { creation } = knowledge
  const places =
    records.length > 0 ? records.map(({ object }) => object) : creation ? [creation.description.name] : []
  const faults = faultsOf(person, places, readings)
  const shared = sharing.has(person) ? [`${SHARED.message}. ${SHARED.cure}`] : []
  if (records.length > 0)
    return withNote({ key, records: records.map(one => updateOf(sight, one)) }, noteOf(faults, shared))
  const [planned] = sight.records.get(person) ?? []
  const row = planned && sight.rows.get(shortId(planned.id))
  const obstacle = creation && obstacleTo(creation, person, sighting)
  if (!creation || obstacle || !row)
    return {
      key,
      records: [],
      note: noteOf(faults) ?? obstacle?.message ?? 'No record matches, and none would be created.',
    }
  const cells = Object.entries(row.fields).map(([field, value]) => ({ field, value, atMs: 0 }))
  const created = creationRow(creation, person, cells)
  const { object, fields } = created
  const lasting = faults.filter(fault => !standsIn(created, fault, person, knowledge.columnsFor))
  const would = Object.entries(fields).map(([id, would]) => ({ id, now: null, would }))
  return withNote({ key, records: [{ object, action: 'create', fields: would }] }, noteOf(lasting, shared))
}

function noteOf(faults: readonly Fault[], more: readonly string[] = []): string | undefined {
  const notes = [...faults.map(({ message }) => message), ...more]
  return notes.length > 0 ? notes.join('; ') : undefined
}

const withNote = (preview: Preview, note: string | undefined): Preview =>
  note === undefined ? preview : { ...preview, note }

function updateOf(
  { knowledge: { described }, now, rows }: Sight,
  { object, id }: TargetRecord,
): Preview['records'][number] {
  const description = described.get(object)
  const current = now.get(shortId(id)) ?? {}
  const compared = Object.entries(rows.get(shortId(id))?.fields ?? {}).map(([field, would]) => ({
    id: field,
    now: current[field] ?? null,
    would,
  }))
  const differs = compared.some(({ id, now, would }) => {
    const field = description?.field(id)
    return !field || !isSame(now, would, field)
  })
  return { object, id, action: differs ? 'update' : 'none', fields: compared }
}

async function currentValues(
  client: Client,
  found: ReadonlyMap<Owed, Sighting>,
  { objects, columnsFor }: Knowledge,
): Promise<Map<string, Values>> {
  const values = new Map<string, Values>()
  for (const object of objects) {
    const ids = [...found.values()].flatMap(({ records }) =>
      records.filter(record => record.object === object).map(({ id }) => id),
    )
    for (const [id, record] of await retrieve(client, object, ids, columnsFor(object).fields))
      values.set(id, record)
  }
  return values
}
