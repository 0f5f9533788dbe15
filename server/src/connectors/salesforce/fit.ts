/** What a field of the org can hold. One table, asked at save for every possible value and at delivery for the real one. */
import { allowedValues, type FieldDescription } from './describe.ts'

export type FieldValue = string | number | boolean | null

export interface Misfit {
  misfit: string
  /** It is nothing, where the field must hold something. */
  isEmpty?: true
}

export const isMisfit = (value: FieldValue | Misfit | undefined): value is Misfit =>
  typeof value === 'object' && value !== null

const NUMBERS = new Set(['int', 'long', 'double', 'currency', 'percent'])
const TEXTS = new Set([
  ...['string', 'textarea', 'email', 'phone', 'url', 'encryptedstring'],
  ...['picklist', 'multipicklist', 'combobox', 'reference'],
])

export type Shape = 'boolean' | 'number' | 'date' | 'datetime' | 'text'

/** Undefined: a type that no consent value can be written to (address, base64 ...). */
export function shapeOf({ type }: Pick<FieldDescription, 'type'>): Shape | undefined {
  if (type === 'boolean' || type === 'date' || type === 'datetime') return type
  if (NUMBERS.has(type)) return 'number'
  return TEXTS.has(type) ? 'text' : undefined
}

/** The value in the JSON type that the field asks for: one wrong type and Salesforce refuses all 200 rows beside it. */
export function fit(value: FieldValue, field: FieldDescription): FieldValue | Misfit {
  const shape = shapeOf(field)
  if (shape === undefined) return { misfit: `a field of type ${field.type} cannot be written` }
  if (value === null)
    return shape === 'boolean' ? { misfit: 'a checkbox cannot be empty' } : fitNothing(field)
  if (shape === 'text') return fitText(String(value), field)
  if (shape === 'boolean') return fitBoolean(value)
  if (shape === 'number') return fitNumber(value, field)
  return fitDate(value, shape)
}

/** Salesforce refuses the row with REQUIRED_FIELD_MISSING, and all else in it. A new record is given its default, or a stand-in. */
const fitNothing = ({ nillable }: FieldDescription): null | Misfit =>
  nillable ? null : { misfit: 'the field cannot be empty', isEmpty: true }

function fitBoolean(value: string | number | boolean): boolean | Misfit {
  if (typeof value === 'boolean') return value
  const text = String(value).toLowerCase()
  return text === 'true' || text === 'false' ? text === 'true' : { misfit: 'a checkbox takes true or false' }
}

function fitNumber(value: string | number | boolean, { type }: FieldDescription): number | Misfit {
  const isPlain = typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(value)
  const number = isPlain ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return { misfit: 'the field takes a number' }
  if ((type === 'int' || type === 'long') && !Number.isInteger(number))
    return { misfit: 'the field takes a whole number' }
  return number
}

function fitDate(value: string | number | boolean, shape: 'date' | 'datetime'): string | Misfit {
  const at = typeof value === 'string' ? readDate(value) : undefined
  if (!at)
    return {
      misfit: `the field takes a ${shape === 'date' ? 'date such as 2026-01-31' : 'datetime such as 2026-01-31T09:30:00Z'}`,
    }
  return shape === 'date' ? at.toISOString().slice(0, 10) : at.toISOString()
}

/** A time without a zone is UTC wherever Heed runs. JavaScript would take the 30th of February for the 2nd of March. */
function readDate(text: string): Date | undefined {
  const [, day, time = 'T00:00', zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text) ?? []
  const at = new Date(`${day}${time.replace(' ', 'T')}${zone}`)
  const isDay = new Date(`${day}T00:00Z`).toJSON()?.slice(0, 10) === day
  return isDay && !Number.isNaN(at.getTime()) ? at : undefined
}

function fitText(text: string, field: FieldDescription): string | null | Misfit {
  // A text of blanks is stored as none.
  if (text === '' || (!field.nillable && text.trim() === '')) return fitNothing(field)
  const allowed = allowedValues(field)
  if (allowed) {
    const parts = field.type === 'multipicklist' ? text.split(';') : [text]
    const unknown = parts.filter(part => !allowed.has(part))
    if (unknown.length > 0)
      return { misfit: `the picklist does not hold ${unknown.map(part => `“${part}”`).join(', ')}` }
  }
  // Only what no address can be: one such value and Salesforce refuses the row, with the withdrawal in it.
  if (field.type === 'email' && !/^[^\s@]+@[^\s@]+$/.test(text.trim()))
    return { misfit: 'the field takes an e-mail address' }
  // A picklist's length is that of one value; those of a multi-select picklist do not add up against it.
  if (field.type !== 'multipicklist' && field.length > 0 && isLongerThan(text, field.length))
    return { misfit: `the text is longer than the field’s ${field.length} characters` }
  return text
}

/** In characters: most texts have no more code units than that. */
const isLongerThan = (text: string, characters: number): boolean =>
  text.length > characters && [...text].length > characters

export const separatorOf = ({ type }: FieldDescription, format: string | undefined): string =>
  type === 'multipicklist' ? ';' : (format ?? ',')
