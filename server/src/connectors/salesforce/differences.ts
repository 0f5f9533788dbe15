/** Judges what was read of people's records. Pure. */
import type { Difference, Owed } from '../contract.ts'
import type { Held, KnownRecord, PersonRecords } from './compare.ts'
import type { Knowledge } from './knowledge.ts'
import { shortId } from './match.ts'
import type { Readings, Row } from './plan.ts'
import { isSame } from './same.ts'
import { cut } from './texts.ts'

export interface Sight {
  knowledge: Knowledge
  readings: Readings
  records: ReadonlyMap<Owed, PersonRecords>
  /** What a delivery would write to each of the records. */
  rows: readonly Row[]
  held: Held
}

/** A text field may hold 131,000 characters; nobody reads them all in a report. */
const SHOWN_CHARACTERS = 1_000

export function differencesOf(sight: Sight): Map<Owed, Difference[]> {
  const rows = new Map(sight.rows.map(row => [shortId(row.id ?? ''), row]))
  return new Map(
    [...sight.records].map(([person, ofPerson]) => [person, ofOne(sight, rows, person, ofPerson)]),
  )
}

function ofOne(
  sight: Sight,
  rows: ReadonlyMap<string, Row>,
  person: Owed,
  { records, gone, dead }: PersonRecords,
): Difference[] {
  const differences: Difference[] = gone.map(({ object, id }) => ({
    kind: 'missing',
    object,
    id,
    message: `the remembered ${object} was deleted or merged, or is hidden from the integration user`,
  }))
  for (const { object, id } of dead)
    differences.push({
      kind: 'not_writable',
      object,
      id,
      message: 'the lead is converted, and its contact is gone or hidden from the integration user',
    })
  for (const record of records) {
    const row = rows.get(shortId(record.id))
    if (row && !record.isRemembered) differences.push(duplicateOf(record))
    else if (row) differences.push(...fieldsOf(sight, row))
    differences.push(...unwritableOf(sight, person, record))
  }
  if (records.length + gone.length + dead.length === 0) differences.push(missingOf(sight.knowledge))
  return differences
}

const missingOf = ({ creation }: Knowledge): Difference => ({
  kind: 'missing',
  message: creation
    ? `no record matches; a ${creation.description.name} would be created`
    : 'no record matches, and none would be created',
})

const duplicateOf = ({ object, id, lead }: KnownRecord): Difference => ({
  kind: 'duplicate',
  object,
  id,
  message:
    lead === undefined
      ? `a ${object} of this person that Heed had not known`
      : `the contact that the remembered lead ${lead} was converted into`,
})

function fieldsOf({ knowledge, held }: Sight, { object, id = '', fields }: Row): Difference[] {
  const description = knowledge.described.get(object)
  const values = held.get(object)?.get(shortId(id)) ?? {}
  const differences: Difference[] = []
  for (const [field, would] of Object.entries(fields)) {
    const described = description?.field(field)
    if (!described || isSame(values[field], would, described)) continue
    const isWritable = description?.updateable === true
    differences.push({
      kind: isWritable ? 'changed' : 'not_writable',
      object,
      id,
      field,
      now: shown(values[field] ?? null),
      would: shown(would),
      ...stampOf(values),
      message: isWritable
        ? `${field} holds something else than the status says`
        : `${field} holds something else, and the integration user may not edit ${object} records`,
    })
  }
  return differences
}

/** What a delivery leaves out of the row, whatever stands there now. */
function unwritableOf({ readings }: Sight, person: Owed, { object, id }: KnownRecord): Difference[] {
  const { faults, unwritten } = readings(person, object)
  const record = { kind: 'not_writable' as const, object, id }
  return [
    ...faults.map(({ field, message }) => ({ ...record, field, message })),
    ...unwritten.map(({ field }) => ({
      ...record,
      field,
      message: `${object} lacks ${field}, or the integration user may not edit it`,
    })),
  ]
}

function stampOf({ LastModifiedById, LastModifiedDate }: Record<string, unknown>): Partial<Difference> {
  const at = new Date(String(LastModifiedDate ?? ''))
  return {
    ...(typeof LastModifiedById === 'string' ? { changedBy: LastModifiedById } : {}),
    ...(Number.isNaN(at.getTime()) ? {} : { changedAt: at }),
  }
}

const shown = (value: unknown): unknown => (typeof value === 'string' ? cut(value, SHOWN_CHARACTERS) : value)
