/**
 * A row that the org refuses because of one field, without that field: a withdrawal must not wait for a phone number that
 * is too long. Pure.
 */
import type { FieldValue } from '../fit.ts'
import type { Row } from '../plan.ts'
import { type Failed, isNamed } from '../written.ts'

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

/** Undefined: nothing would be left to write, or it is not about a field. `held`: fields that hold what was withdrawn. */
export function withoutRefused(
  row: Row,
  { code, verdict, fields = [] }: Failed,
  held: (row: Row) => ReadonlySet<string>,
): Row | undefined {
  if (verdict !== 'person') return undefined
  // Named, it is the field whatever the code: an empty one that the org wants filled, or a reference to what is gone.
  if (isNamed(row, fields)) {
    const named = new Set(fields.map(field => field.toLowerCase()))
    const isNeeded = [...(row.required ?? [])].some(field => named.has(field.toLowerCase()))
    return isNeeded ? undefined : withOnly(row, field => !named.has(field.toLowerCase()))
  }
  if (!row.isWithdrawal || !OF_A_VALUE.has(code)) return undefined
  // Where the org does not say which, opt-outs alone are tried; then checkboxes alone, which have no wrong value.
  const withdrawn = held(row)
  const isCheckbox = (_field: string, value: FieldValue) => typeof value === 'boolean'
  return (
    withOnly(row, (field, value) => isCheckbox(field, value) || withdrawn.has(field)) ??
    withOnly(row, isCheckbox)
  )
}

/** And what a new record needs. Undefined: that would be all of the row, or nothing of it. */
function withOnly(row: Row, isWanted: (field: string, value: FieldValue) => boolean): Row | undefined {
  const isRequired = (field: string): boolean => row.required?.has(field) === true
  const all = Object.entries(row.fields)
  const kept = all.filter(([field, value]) => isRequired(field) || isWanted(field, value))
  const isWhole = kept.some(([field]) => !isRequired(field))
  return isWhole && kept.length < all.length ? { ...row, fields: Object.fromEntries(kept) } : undefined
}
