/**
 * A row that the org refuses because of one field, without that field: a withdrawal must not wait for a phone number that
 * is too long. Pure.
 */
import type { FieldValue } from './fit.ts'
import type { Row } from './plan.ts'
import { isNamed, type Written } from './write.ts'

type Refusal = Extract<Written, { ok: false }>

/** Codes that are about a value although the answer may not name its field. */
const OF_A_VALUE = new Set([
  'STRING_TOO_LONG',
  'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
  'INVALID_TYPE_ON_FIELD_IN_RECORD',
  'INVALID_EMAIL_ADDRESS',
  'NUMBER_OUTSIDE_VALID_RANGE',
  'JSON_PARSER_ERROR',
  'DUPLICATE_VALUE',
  'FIELD_INTEGRITY_EXCEPTION',
  'FIELD_CUSTOM_VALIDATION_EXCEPTION',
  'FIELD_FILTER_VALIDATION_EXCEPTION',
  'INVALID_CROSS_REFERENCE_KEY',
  'ENTITY_IS_DELETED',
  'MALFORMED_ID',
])

/** Undefined: nothing would be left to write, or it is not about a field. */
export function withoutRefused(row: Row, { code, verdict, fields = [] }: Refusal): Row | undefined {
  const named = new Set(fields.map(field => field.toLowerCase()))
  if (verdict !== 'person') return undefined
  // Named, it is the field whatever the code: an empty one that the org wants filled, or a reference to what is gone.
  const tellsWhich = isNamed(row, fields)
  // Where the org does not say which, opt-outs alone are tried: a checkbox has no wrong value.
  if (!tellsWhich && !(row.isWithdrawal && OF_A_VALUE.has(code))) return undefined
  const isKept = (field: string, value: FieldValue): boolean =>
    tellsWhich
      ? !named.has(field.toLowerCase())
      : typeof value === 'boolean' || row.required?.has(field) === true
  const kept = Object.entries(row.fields).filter(([field, value]) => isKept(field, value))
  const lost = Object.keys(row.fields).length - kept.length
  const isWhole = kept.some(([field]) => !row.required?.has(field))
  if (lost === 0 || !isWhole) return undefined
  if (row.required && [...row.required].some(field => !kept.some(([name]) => name === field)))
    return undefined
  return { ...row, fields: Object.fromEntries(kept) }
}
