/** What a delivery would write, held against what stands there now. Reads only. */
import type { Owed, Preview } from '../contract.ts'
import type { Client } from './client.ts'
import { creationRow, obstacleTo } from './create.ts'
import type { FieldValue } from './fit.ts'
import type { Knowledge } from './knowledge.ts'
import { lookUp, type Sighting, type TargetRecord } from './lookup.ts'
import { shortId } from './match.ts'
import { createReadings, faultsOf, fieldsOf, isSilent, type Readings } from './plan.ts'
import { retrieve, type Values } from './retrieve.ts'
import { isSame } from './same.ts'
import type { Standing } from './standing.ts'

export async function preview(
  { client, conversions }: Standing,
  knowledge: Knowledge,
  people: readonly Owed[],
): Promise<Preview[]> {
  const readings = createReadings(knowledge.columnsFor)
  const found = await lookUp({ client, conversions, knowledge, signal: new AbortController().signal }, people)
  const now = await currentValues(client, found, knowledge, readings)
  return people.map(person =>
    previewOf(person, found.get(person) ?? { records: [] }, now, knowledge, readings),
  )
}

function previewOf(
  person: Owed,
  sighting: Sighting,
  now: ReadonlyMap<string, Values>,
  knowledge: Knowledge,
  readings: Readings,
): Preview {
  const { key } = person
  // A lead's word for its contact, which may be gone.
  const isThere = ({ object, id, isFollowed }: TargetRecord): boolean =>
    !isFollowed || now.has(shortId(id)) || readings(person, object).cells.length === 0
  const records = sighting.records.filter(isThere)
  const { objects, creation } = knowledge
  const places =
    records.length > 0 ? records.map(({ object }) => object) : creation ? [creation.description.name] : []
  const faults = faultsOf(person, places, readings).map(({ message }) => message)
  if (isSilent(person, objects, readings))
    return { key, records: [], note: 'Nothing that is mapped was ever stated.' }
  if (records.length > 0) {
    const previews = records.map(record =>
      updateOf(record, fieldsOf(readings(person, record.object).cells), now, knowledge),
    )
    return withNote({ key, records: previews }, noteOf(faults))
  }
  const cells = creation ? readings(person, creation.description.name).cells : []
  const obstacle = creation && obstacleTo(creation, person, sighting)
  if (!creation || obstacle || cells.length === 0)
    return {
      key,
      records: [],
      note: noteOf(faults) ?? obstacle?.message ?? 'No record matches, and none would be created.',
    }
  const { object, fields } = creationRow(creation, person, cells)
  const would = Object.entries(fields).map(([id, would]) => ({ id, now: null, would }))
  return withNote({ key, records: [{ object, action: 'create', fields: would }] }, noteOf(faults))
}

const noteOf = (faults: readonly string[]): string | undefined =>
  faults.length > 0 ? faults.join('; ') : undefined

const withNote = (preview: Preview, note: string | undefined): Preview =>
  note === undefined ? preview : { ...preview, note }

function updateOf(
  { object, id }: TargetRecord,
  fields: Record<string, FieldValue>,
  now: ReadonlyMap<string, Values>,
  { described }: Knowledge,
): Preview['records'][number] {
  const description = described.get(object)
  const current = now.get(shortId(id)) ?? {}
  const compared = Object.entries(fields).map(([field, would]) => ({
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
  { objects }: Knowledge,
  readings: Readings,
): Promise<Map<string, Values>> {
  const values = new Map<string, Values>()
  for (const object of objects) {
    const ids: string[] = []
    const fields = new Set<string>()
    for (const [person, { records }] of found)
      for (const record of records) {
        if (record.object !== object) continue
        ids.push(record.id)
        for (const { field } of readings(person, object).cells) fields.add(field)
      }
    if (fields.size === 0) continue
    for (const [id, record] of await retrieve(client, object, ids, fields)) values.set(id, record)
  }
  return values
}
