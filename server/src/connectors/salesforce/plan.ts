/** From people, their records and the columns to rows: one row per record, whoever it belongs to. Pure. */
import { hash } from 'node:crypto'
import type { Owed } from '../contract.ts'
import type { FieldValue } from './fit.ts'
import type { Cell, Columns, FieldFault, Reading } from './mapping.ts'
import { shortId } from './match.ts'
import type { TargetRecord } from './target.ts'

export interface Row {
  object: string
  /** Absent: the record is created. */
  id?: string
  /** Set: created by upsert on this field, which identifies one record. */
  externalIdField?: string
  parent?: string | undefined
  fields: Record<string, FieldValue>
  /** Of a creation: fields without which there is no record. */
  required?: ReadonlySet<string>
  isWithdrawal: boolean
  /** The people whose state this row writes. */
  owners: readonly Owed[]
}

export type ColumnsFor = (object: string) => Columns

/** What one person's state is on one object; read once however many records there are. */
export type Readings = (person: Owed, object: string) => Reading

export function createReadings(columnsFor: ColumnsFor): Readings {
  const read = new Map<string, Map<Owed, Reading>>()
  return (person, object) => {
    let ofObject = read.get(object)
    if (!ofObject) {
      ofObject = new Map()
      read.set(object, ofObject)
    }
    let reading = ofObject.get(person)
    if (!reading) {
      reading = columnsFor(object).read(person)
      ofObject.set(person, reading)
    }
    return reading
  }
}

/** Nothing that is mapped was ever stated: no reason to touch a record, or to make one. */
export const isSilent = (person: Owed, objects: readonly string[], readings: Readings): boolean =>
  objects.every(object => {
    const { cells, faults, unwritten } = readings(person, object)
    return faults.length === 0 && cells.every(isUnstated) && unwritten.every(isUnstated)
  })

const isUnstated = ({ atMs }: { atMs: number }): boolean => atMs === 0

/**
 * Two people can stand behind one record (equal but for case, or matched by different fields). Sent as two rows, which
 * one wins would be the org's choice; so per field the later statement wins here.
 */
export function updatesOf(records: ReadonlyMap<Owed, readonly TargetRecord[]>, readings: Readings): Row[] {
  const merged = new Map<string, { row: Row & { owners: Owed[] }; cells: readonly Cell[] }>()
  for (const [person, ofPerson] of records) {
    for (const { object, id, parent } of ofPerson) {
      const { cells } = readings(person, object)
      if (cells.length === 0) continue
      const key = shortId(id)
      let one = merged.get(key)
      if (one) one.cells = latestOf(one.cells, cells)
      else {
        one = { row: { object, id, parent, fields: {}, isWithdrawal: false, owners: [] }, cells }
        merged.set(key, one)
      }
      if (parent !== undefined) one.row.parent = parent
      one.row.isWithdrawal ||= person.withdrawal
      one.row.owners.push(person)
    }
  }
  return Array.from(merged.values(), ({ row, cells }) => {
    row.fields = fieldsOf(cells)
    return row
  })
}

function latestOf(earlier: readonly Cell[], later: readonly Cell[]): Cell[] {
  const byField = new Map(earlier.map(cell => [cell.field, cell]))
  for (const cell of later) {
    const other = byField.get(cell.field)
    if (!other || cell.atMs >= other.atMs) byField.set(cell.field, cell)
  }
  return [...byField.values()]
}

export function fieldsOf(cells: readonly Cell[]): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {}
  for (const { field, value } of cells) fields[field] = value
  return fields
}

/** What a person's records hold after a delivery, in a few bytes; begins with the way in which they were searched. */
export function digestOf(
  scope: string,
  person: Owed,
  records: readonly Pick<TargetRecord, 'object' | 'id'>[],
  readings: Readings,
): string {
  const held = records
    .map(({ object, id }) => [shortId(id), object, cellsOf(readings(person, object))] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `${scope}.${brief(held)}`
}

export const brief = (value: unknown): string =>
  hash('sha256', JSON.stringify(value), 'base64url').slice(0, 22)

const cellsOf = ({ cells }: Reading): [string, FieldValue][] =>
  cells.map(({ field, value }) => [field, value])

export function faultsOf(person: Owed, objects: readonly string[], readings: Readings): FieldFault[] {
  return [...new Set(objects)].flatMap(object => readings(person, object).faults)
}

/** Withdrawals go first; then neighbours by what is locked together, so that a lock is waited for once. */
export const inSendingOrder = (rows: readonly Row[]): Row[] =>
  rows.toSorted(
    (a, b) =>
      Number(b.isWithdrawal) - Number(a.isWithdrawal) ||
      compare(a.object, b.object) ||
      compare(a.parent, b.parent) ||
      compare(a.id, b.id),
  )

const compare = (a = '', b = ''): number => (a === b ? 0 : a < b ? -1 : 1)
