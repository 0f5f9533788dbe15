/** From what a person stated to typed field values: one column per mapping item and object. Judges, never sends. */
import type { Fault, Owed, Stated } from '../contract.ts'
import type { Description, FieldDescription } from './describe.ts'
import { type FieldValue, fit, isMisfit, type Misfit, separatorOf } from './fit.ts'
import type { Mapping } from './manifest.ts'

export interface Cell {
  field: string
  value: FieldValue
  /** When the statement behind it was made; 0 for what nobody stated (static values, the person's id). */
  atMs: number
}

export interface Reading {
  cells: readonly Cell[]
  /** What this person stated that the field cannot hold; the rest of the row is still written. */
  faults: readonly FieldFault[]
  /** Items with a value for this person whose field is not there or may not be edited; `atMs` as of a cell. */
  unwritten: readonly { field: string; atMs: number }[]
}

export interface FieldFault extends Fault {
  field: string
  /** Of no account on a new record, which holds a default or what stands in. */
  isEmpty?: true | undefined
}

/** The columns of one object. */
export interface Columns {
  object: string
  read(person: Owed): Reading
  /** Mapped fields that can be written. */
  fields: readonly string[]
  /** Mapped fields that the object lacks or that cannot be written. */
  missing: readonly string[]
  isEmpty: boolean
  /** The fields that hold what these sources say, whether or not they can be written. */
  fieldsOf(sources: ReadonlySet<string>): readonly string[]
}

export const appliesTo = (item: Mapping, object: string): boolean => (item.sobject ?? object) === object

/** What people choose, or are: not when, by which event, or what is the same for everyone. */
export const readsChoice = ({ type }: Mapping): boolean => type === undefined || type === 'pmp-widget-id'

export function columnsOf(
  mappings: readonly Mapping[],
  object: string,
  description: Description | undefined,
): Columns {
  const items = mappings.filter(item => appliesTo(item, object))
  const columns = items.map(item => ({ item, field: description?.field(item.id) }))
  const writable = columns.filter(
    (column): column is { item: Mapping; field: FieldDescription } => !!column.field?.updateable,
  )
  const missing = columns.filter(({ field }) => !field?.updateable).map(({ item }) => item)
  function unwrittenOf(person: Owed): Reading['unwritten'] {
    if (missing.length === 0) return NOTHING
    return missing
      .filter(item => hasValue(item, person))
      .map(item => ({ field: item.id, atMs: statedAtMs(item, person.stated.get(item.value)) }))
  }
  return {
    object,
    fields: writable.map(({ field }) => field.name),
    missing: missing.map(({ id }) => id),
    isEmpty: items.length === 0,
    fieldsOf: sources =>
      columns
        .filter(({ item }) => readsChoice(item) && sources.has(item.value))
        .map(({ item, field }) => field?.name ?? item.id),
    read(person) {
      const cells: Cell[] = []
      let faults: readonly FieldFault[] = NOTHING
      for (const { item, field } of writable) {
        const stated = person.stated.get(item.value)
        const value = cellValue(item, field, stated, person.regulation)
        if (value === undefined) continue
        if (isMisfit(value)) faults = [...faults, misfitFault(field, value)]
        else cells.push({ field: field.name, value, atMs: statedAtMs(item, stated) })
      }
      return { cells, faults, unwritten: unwrittenOf(person) }
    },
  }
}

/** Of nearly everybody; not made anew for each. */
const NOTHING: readonly never[] = []

const statedAtMs = ({ type }: Mapping, stated: Stated | undefined): number =>
  type === 'static' || type === 'regulation' ? 0 : (stated?.atMs ?? 0)

const hasValue = ({ type, value }: Mapping, { stated }: Owed): boolean =>
  type === 'static' || type === 'regulation' || stated.has(value)

const misfitFault = (field: FieldDescription, { misfit, isEmpty }: Misfit): FieldFault => ({
  field: field.name,
  isEmpty,
  code: 'VALUE_DOES_NOT_FIT',
  message: `${field.name}: ${misfit}`,
  cure: 'Add a `values` table to the mapping item or map another field; the other fields were written.',
})

/** Undefined: nothing was stated, the field is left alone. */
function cellValue(
  item: Mapping,
  field: FieldDescription,
  stated: Stated | undefined,
  regulation: string,
): FieldValue | Misfit | undefined {
  switch (item.type) {
    case 'static':
      return fit(item.value === '' ? null : item.value, field)
    case 'regulation':
      return fit(translate(item, regulation), field)
    case 'event_id':
      return stated?.eventId === undefined ? undefined : fit(stated.eventId, field)
    case 'changed_at':
      if (stated?.atMs === undefined) return undefined
      // Of nearly everybody's row: not worth to be read back from its text.
      if (field.type === 'datetime' && item.format !== 'date') return new Date(stated.atMs).toISOString()
      return fit(dateText(item, new Date(stated.atMs)), field)
    default:
      return stated && statedValue(item, field, stated.value)
  }
}

function statedValue(item: Mapping, field: FieldDescription, value: Stated['value']): FieldValue | Misfit {
  if (typeof value === 'boolean') return fit(invertedValue(item, translate(item, value)), field)
  if (typeof value === 'string') {
    // Nothing chosen any more: a checkbox cannot be empty, so it is unticked.
    const empty = field.type === 'boolean' ? false : null
    return fit(
      invertedValue(item, value === '' && !hasEntry(item, '') ? empty : translate(item, value)),
      field,
    )
  }
  const texts = value.map(id => translate(item, id)).filter(text => text !== null)
  return fit(texts.length === 0 ? null : texts.join(separatorOf(field, item.format)), field)
}

const hasEntry = ({ values }: Mapping, key: string): boolean =>
  values !== undefined && Object.hasOwn(values, key)

export function translate<T extends string | boolean>(item: Mapping, value: T): FieldValue | T {
  const key = String(value)
  return hasEntry(item, key) ? (item.values?.[key] ?? null) : value
}

export function invertedValue({ invert }: Mapping, value: FieldValue): FieldValue {
  if (!invert) return value
  // A table may spell the two values out.
  if (value === 'true' || value === 'false') return value === 'false'
  return typeof value === 'boolean' ? !value : value
}

export const dateText = ({ format }: Pick<Mapping, 'format'>, at: Date): string =>
  format === 'date' ? at.toISOString().slice(0, 10) : at.toISOString()
