/** Which values a field takes. A wrong JSON type refuses the whole request, a wrong value its row. */
import { Refusal, RowRefusal } from './errors.ts'
import type { FieldDefinition } from './schema.ts'

export type Value = string | number | boolean | null

/** The forms the API documents; JavaScript alone would take many more. */
const FORMS = {
  date: /^\d{4}-\d\d-\d\d$/,
  datetime: /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/,
}

const millisecondsOf = (text: string): number => Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))

/** JSON types are what the parser needs before it looks at any row. */
export function parseValue(field: FieldDefinition, given: unknown): Value {
  if (given === null || given === undefined) {
    if (field.type === 'boolean') throw wrongType(field, given)
    return null
  }
  if (field.type === 'boolean') {
    if (typeof given !== 'boolean') throw wrongType(field, given)
    return given
  }
  if (isNumber(field)) {
    if (typeof given !== 'number') throw wrongType(field, given)
    return given
  }
  if (field.type === 'datetime' || field.type === 'date') {
    if (typeof given !== 'string' || !FORMS[field.type].test(given) || Number.isNaN(millisecondsOf(given)))
      throw wrongType(field, given)
    return field.type === 'date' ? given : formatDateTime(new Date(millisecondsOf(given)))
  }
  if (typeof given !== 'string') throw wrongType(field, given)
  // Leading and trailing white space is not kept, and an empty text is none.
  return given.trim() || null
}

/** A cell of a CSV: text alone, empty where the field is left alone. What it refuses, it refuses for its row. */
export function parseCell(field: FieldDefinition, cell: string): Value | undefined {
  if (cell === '') return undefined
  if (cell === '#N/A') {
    if (field.type === 'boolean') throw wrongCell(field, cell)
    return null
  }
  if (field.type === 'boolean') {
    const value = BOOLEANS[cell.toLowerCase()]
    if (value === undefined) throw wrongCell(field, cell)
    return value
  }
  if (isNumber(field)) {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(cell)) throw wrongCell(field, cell)
    return Number(cell)
  }
  try {
    return parseValue(field, cell)
  } catch {
    throw wrongCell(field, cell)
  }
}

const BOOLEANS: Record<string, boolean> = { true: true, '1': true, false: false, '0': false }

const isNumber = ({ type }: FieldDefinition): boolean =>
  ['double', 'int', 'currency', 'percent'].includes(type)

const wrongCell = ({ name, label }: FieldDefinition, cell: string): RowRefusal =>
  new RowRefusal('INVALID_TYPE_ON_FIELD_IN_RECORD', `${label}: value not of required type: ${cell}`, [name])

function wrongType(field: FieldDefinition, given: unknown): Refusal {
  const token = given === null ? 'VALUE_NULL' : `VALUE_${(typeof given).toUpperCase()}`
  return new Refusal(
    400,
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${field.type} from ${token} value ${given} or request may be missing a required field`,
  )
}

export function checkValue(field: FieldDefinition, value: Value): void {
  if (value === null || typeof value !== 'string') return
  const { name, label, type } = field
  if (type === 'email' && !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(value))
    throw new RowRefusal('INVALID_EMAIL_ADDRESS', `${label}: invalid email address: ${value}`, [name])
  if (field.length > 0 && type !== 'multipicklist' && [...value].length > field.length)
    throw new RowRefusal(
      'STRING_TOO_LONG',
      `${label}: data value too large: ${value} (max length=${field.length})`,
      [name],
    )
  if (!field.restrictedPicklist) return
  const known = new Set(field.picklistValues.filter(({ active }) => active).map(({ value }) => value))
  const unknown = (type === 'multipicklist' ? value.split(';') : [value]).find(one => !known.has(one))
  if (unknown !== undefined)
    throw new RowRefusal(
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      `${label}: bad value for restricted picklist field: ${unknown}`,
      [name],
    )
}

/** As the API writes times, kept to the second: `2026-01-31T10:00:00.000+0000`. */
export const formatDateTime = (at: Date): string => `${at.toISOString().slice(0, 19)}.000+0000`
