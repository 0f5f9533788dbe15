/** What the org holds against what people's statuses say: remembered records by their ids, others by the match field. */
import type { Comparison, Ground, Owed } from '../contract.ts'
import { differencesOf } from './differences.ts'
import type { Knowledge } from './knowledge.ts'
import { IDS_PER_RETRIEVAL } from './limits.ts'
import { lookUp } from './lookup.ts'
import { matchValueOf, shortId } from './match.ts'
import { createReadings, isSilent, updatesOf } from './plan.ts'
import { retrieve, type Values } from './retrieve.ts'
import { withRivals } from './rivals.ts'
import type { Standing } from './standing.ts'
import type { TargetRecord } from './target.ts'
import type { Names } from './users.ts'

export interface CompareGround {
  standing: Standing
  knowledge: Knowledge
  names: Names
  rivals: Ground['rivals']
  signal: AbortSignal
}

/** By object and short id: what was read. Absent: gone, or hidden. */
export type Held = ReadonlyMap<string, ReadonlyMap<string, Values>>

export async function compare(ground: CompareGround, people: readonly Owed[]): Promise<Comparison[]> {
  const comparisons: Comparison[] = []
  // However many there are, the values of so many are held at a time.
  for (let i = 0; i < people.length; i += IDS_PER_RETRIEVAL)
    comparisons.push(...(await compareSome(ground, people.slice(i, i + IDS_PER_RETRIEVAL))))
  return comparisons
}

async function compareSome(ground: CompareGround, people: readonly Owed[]): Promise<Comparison[]> {
  const { knowledge, names, signal } = ground
  const readings = createReadings(knowledge.columnsFor)
  const spoken = people.filter(person => !isSilent(person, knowledge.objects, readings))
  if (spoken.length === 0) return people.map(({ key }) => ({ key, differences: [] }))
  const found = await lookUpByValue(ground, spoken)
  const held = await read(ground, spoken, found)
  const records = new Map(spoken.map(person => [person, recordsOf(person, found.get(person) ?? [], held)]))
  const given = new Map(
    [...records].map(([person, { records }]) => [person, valued(knowledge, records, held)]),
  )
  const rows = updatesOf((await withRivals(ground, given)).records, readings)
  const differences = differencesOf({ knowledge, readings, records, rows, held })
  const named = await names.fill([...differences.values()].flat(), signal)
  let at = 0
  return people.map(person => {
    const count = differences.get(person)?.length ?? 0
    at += count
    return { key: person.key, differences: named.slice(at - count, at) }
  })
}

/** Remembered records need no search: they are read by their ids. */
async function lookUpByValue(
  { standing: { client, conversions }, knowledge, signal }: CompareGround,
  people: readonly Owed[],
): Promise<Map<Owed, readonly TargetRecord[]>> {
  const strangers = people.map(person => ({ ...person, links: [] }))
  const found = await lookUp({ client, conversions, knowledge, signal }, strangers)
  return new Map(people.map((person, i) => [person, found.get(strangers[i] as Owed)?.records ?? []]))
}

/** Leads before contacts: a remembered lead may have become one. */
async function read(
  { standing: { client }, knowledge, signal }: CompareGround,
  people: readonly Owed[],
  found: ReadonlyMap<Owed, readonly TargetRecord[]>,
): Promise<Held> {
  const held = new Map<string, Map<string, Values>>()
  const order = knowledge.objects.toSorted((a, b) => Number(b === 'Lead') - Number(a === 'Lead'))
  for (const object of order) {
    const ids = people.flatMap(person =>
      [...person.links, ...(found.get(person) ?? [])]
        .filter(one => one.object === object)
        .map(({ id }) => id),
    )
    if (object === 'Contact') ids.push(...[...(held.get('Lead')?.values() ?? [])].flatMap(contactOf))
    const fields = fieldsOf(knowledge, object)
    held.set(object, await retrieve(client, object, ids, fields, signal))
  }
  return held
}

/** All that are mapped: who else stands behind a record, and what they have chosen, shows only once it is read. */
function fieldsOf({ described, targets, columnsFor }: Knowledge, object: string): Set<string> {
  const select = targets.find(target => target.object === object)?.select ?? []
  const stamps = ['LastModifiedById', 'LastModifiedDate'].filter(name => described.get(object)?.field(name))
  return new Set([...select, ...stamps, ...columnsFor(object).fields])
}

export interface PersonRecords {
  /** Those that are there. */
  records: readonly KnownRecord[]
  /** Remembered ones that are not. */
  gone: readonly TargetRecord[]
  /** Converted leads whose contact is not there. */
  dead: readonly TargetRecord[]
}

export interface KnownRecord extends TargetRecord {
  isRemembered: boolean
  /** The remembered lead that became this contact. */
  lead?: string
}

function recordsOf(person: Owed, found: readonly TargetRecord[], held: Held): PersonRecords {
  const remembered = new Set(person.links.map(({ id }) => shortId(id)))
  const records = new Map<string, KnownRecord>()
  const gone: TargetRecord[] = []
  const dead: TargetRecord[] = []
  const add = (record: TargetRecord, lead?: string): void => {
    const short = shortId(record.id)
    if (records.has(short)) return
    records.set(short, {
      ...record,
      isRemembered: remembered.has(short),
      ...(lead === undefined ? {} : { lead }),
    })
  }
  for (const { object, id } of person.links) {
    const ofObject = held.get(object)
    // Of an object that is not configured any more.
    if (!ofObject) continue
    const values = ofObject.get(shortId(id))
    if (!values) gone.push({ object, id })
    else if (object !== 'Lead' || values.IsConverted !== true) add({ object, id })
    else {
      const contact = contactOf(values).find(one => held.get('Contact')?.has(shortId(one)))
      if (contact === undefined) dead.push({ object, id })
      else add({ object: 'Contact', id: contact }, id)
    }
  }
  // A contact that was only followed to may be hidden.
  for (const record of found) if (held.get(record.object)?.has(shortId(record.id))) add(record)
  return { records: [...records.values()], gone, dead }
}

const contactOf = ({ IsConverted, ConvertedContactId }: Values): string[] =>
  IsConverted === true && typeof ConvertedContactId === 'string' ? [ConvertedContactId] : []

/** With what their match fields hold, by which others are known to stand behind them. */
function valued({ targets }: Knowledge, records: readonly TargetRecord[], held: Held): TargetRecord[] {
  return records.map(record => {
    const matcher = targets.find(({ object }) => object === record.object)?.matcher
    const value = matcher && held.get(record.object)?.get(shortId(record.id))?.[matcher.field]
    return { ...record, value: matchValueOf(String(value ?? '')) }
  })
}
