/** What a delivery would write, held against what stands there now. Reads only. */
import { z } from 'zod'
import type { Owed, Preview } from '../contract.ts'
import type { Client } from './client.ts'
import { creationRow } from './create.ts'
import { CallError } from './errors.ts'
import type { FieldValue } from './fit.ts'
import type { Knowledge } from './knowledge.ts'
import { IDS_PER_RETRIEVAL } from './limits.ts'
import { lookUp, type TargetRecord } from './lookup.ts'
import { matchValueOf, shortId } from './match.ts'
import { createReadings, faultsOf, fieldsOf, isSilent, type Readings } from './plan.ts'
import type { Standing } from './standing.ts'

type Values = Record<string, unknown>

const retrieved = z.array(z.record(z.string(), z.unknown()).nullable())

export async function preview(
  { client, conversions }: Standing,
  knowledge: Knowledge,
  people: readonly Owed[],
): Promise<Preview[]> {
  const readings = createReadings(knowledge.columnsFor)
  const found = await lookUp({ client, conversions, knowledge, signal: new AbortController().signal }, people)
  const now = await currentValues(client, found, readings)
  return people.map(person => previewOf(person, found.get(person) ?? [], now, knowledge, readings))
}

function previewOf(
  person: Owed,
  records: readonly TargetRecord[],
  now: ReadonlyMap<string, Values>,
  { objects, creation }: Knowledge,
  readings: Readings,
): Preview {
  const { key } = person
  const places =
    records.length > 0 ? records.map(({ object }) => object) : creation ? [creation.description.name] : []
  const faults = faultsOf(person, places, readings).map(({ message }) => message)
  if (isSilent(person, objects, readings))
    return { key, records: [], note: 'Nothing that is mapped was ever stated.' }
  if (records.length > 0) {
    const previews = records.map(record =>
      updateOf(record, fieldsOf(readings(person, record.object).cells), now),
    )
    return withNote({ key, records: previews }, noteOf(faults))
  }
  const cells = creation ? readings(person, creation.description.name).cells : []
  const isHeld = creation && creation.matcher.literalOf(matchValueOf(person.organizationUserId)) !== undefined
  if (!creation || !isHeld || cells.length === 0)
    return { key, records: [], note: noteOf(faults) ?? 'No record matches, and none would be created.' }
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
): Preview['records'][number] {
  const current = now.get(shortId(id)) ?? {}
  const compared = Object.entries(fields).map(([field, would]) => ({
    id: field,
    now: current[field] ?? null,
    would,
  }))
  const differs = compared.some(({ now, would }) => !isSame(now, would))
  return { object, id, action: differs ? 'update' : 'none', fields: compared }
}

async function currentValues(
  client: Client,
  found: ReadonlyMap<Owed, readonly TargetRecord[]>,
  readings: Readings,
): Promise<Map<string, Values>> {
  const wanted = new Map<string, { ids: Set<string>; fields: Set<string> }>()
  for (const [person, records] of found)
    for (const { object, id } of records) {
      const of = wanted.get(object) ?? { ids: new Set(), fields: new Set() }
      wanted.set(object, of)
      of.ids.add(id)
      for (const { field } of readings(person, object).cells) of.fields.add(field)
    }
  const values = new Map<string, Values>()
  for (const [object, { ids, fields }] of wanted) {
    if (fields.size === 0) continue
    const all = [...ids]
    for (let i = 0; i < all.length; i += IDS_PER_RETRIEVAL) {
      const some = all.slice(i, i + IDS_PER_RETRIEVAL)
      const records = await retrieve(client, object, some, [...fields])
      for (const [j, id] of some.entries()) values.set(shortId(id), records[j] ?? {})
    }
  }
  return values
}

async function retrieve(
  client: Client,
  object: string,
  ids: readonly string[],
  fields: readonly string[],
): Promise<(Values | null)[]> {
  const body = { ids, fields: ['Id', ...fields] }
  const answer = await client.send('retrieve', {
    method: 'POST',
    path: `/composite/sobjects/${object}`,
    body,
  })
  const records = retrieved.safeParse(answer)
  if (!records.success) throw new CallError('SERVER_ERROR', 'the answer to a retrieval has an unknown shape')
  return records.data
}

/** As Salesforce would see it: it gives times in another form and the values of a multi-select picklist in its own order. */
export function isSame(now: unknown, would: FieldValue): boolean {
  if (now === would || ((now === null || now === undefined) && would === null)) return true
  if (typeof now !== 'string' || typeof would !== 'string') return false
  if (/^\d{4}-\d{2}-\d{2}T/.test(now) && /^\d{4}-\d{2}-\d{2}T/.test(would))
    // Seconds are all that a time field keeps.
    return Math.floor(Date.parse(now) / 1000) === Math.floor(Date.parse(would) / 1000)
  return now.includes(';') && now.split(';').sort().join(';') === would.split(';').sort().join(';')
}
