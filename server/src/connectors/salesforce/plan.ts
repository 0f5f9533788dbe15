/** From people, their records and the columns to rows: one row per record, whoever it belongs to. Pure. */
import { hash } from 'node:crypto'
import type { Fault, Owed } from '../contract.ts'
import type { FieldValue } from './fit.ts'
import type { TargetRecord } from './lookup.ts'
import type { Cell, Columns, Reading } from './mapping.ts'
import { shortId } from './match.ts'

export interface Row {
  object: string
  /** Absent: the record is created. */
  id?: string
  /** Set: created by upsert on this field, which identifies one record. */
  externalIdField?: string
  parent?: string
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
    const ofObject = read.get(object) ?? new Map<Owed, Reading>()
    read.set(object, ofObject)
    const reading = ofObject.get(person) ?? columnsFor(object).read(person)
    ofObject.set(person, reading)
    return reading
  }
}

/** Nothing that is mapped was ever stated: no reason to touch a record, or to make one. */
export const isSilent = (person: Owed, objects: readonly string[], readings: Readings): boolean =>
  objects.every(object => {
    const { cells, faults } = readings(person, object)
    return cells.every(({ atMs }) => atMs === 0) && faults.length === 0
  })

/**
 * Two people can stand behind one record (equal but for case, or matched by different fields). Sent as two rows, which
 * one wins would be the org's choice; so per field the later statement wins here.
 */
export function updatesOf(records: ReadonlyMap<Owed, readonly TargetRecord[]>, readings: Readings): Row[] {
  const merged = new Map<string, { row: Row & { owners: Owed[] }; cells: Map<string, Cell> }>()
  for (const [person, ofPerson] of records) {
    for (const { object, id, parent } of ofPerson) {
      const { cells } = readings(person, object)
      if (cells.length === 0) continue
      const key = shortId(id)
      let one = merged.get(key)
      if (!one) {
        one = { row: { object, id, fields: {}, isWithdrawal: false, owners: [] }, cells: new Map() }
        merged.set(key, one)
      }
      if (parent !== undefined) one.row.parent = parent
      one.row.isWithdrawal ||= person.withdrawal
      one.row.owners.push(person)
      for (const cell of cells) {
        const other = one.cells.get(cell.field)
        if (!other || cell.atMs >= other.atMs) one.cells.set(cell.field, cell)
      }
    }
  }
  return [...merged.values()].map(({ row, cells }) => ({ ...row, fields: fieldsOf([...cells.values()]) }))
}

export const fieldsOf = (cells: readonly Cell[]): Record<string, FieldValue> =>
  Object.fromEntries(cells.map(({ field, value }) => [field, value]))

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

export function faultsOf(person: Owed, objects: readonly string[], readings: Readings): Fault[] {
  return [...new Set(objects)].flatMap(object => readings(person, object).faults)
}

/** Withdrawals go first; then neighbours by what is locked together, so that a lock is waited for once. */
export const inSendingOrder = (rows: readonly Row[]): Row[] =>
  rows
    .map(row => ({ row, order: orderOf(row) }))
    .sort((a, b) => compare(a.order, b.order))
    .map(({ row }) => row)

const orderOf = ({ isWithdrawal, object, parent, id }: Row): string[] => [
  isWithdrawal ? '0' : '1',
  object,
  parent ?? '',
  id ?? '',
]

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [i, part] of a.entries()) {
    const other = b[i] as string
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}
