/** How organization_user_id is compared with a match field: as Salesforce compares, so that its answers find their people. */
import type { FieldDescription } from './describe.ts'
import { LITERAL_CHARACTERS } from './limits.ts'
import { literal } from './soql.ts'

export interface Matcher {
  field: string
  /** Undefined: no record can hold this value. */
  literalOf(value: string): string | undefined
  /** What a new record holds of it: one wrong JSON type, and Salesforce refuses all rows of the call. */
  storedOf(value: string): string | number
  /** Equal for what Salesforce holds equal. */
  keyOf(value: unknown): string
  /** It tells cases apart. */
  isExact: boolean
  /** No two records of the object hold one value. */
  isUnique: boolean
  /** Set where the field identifies one record, so that a create can be an upsert by it. */
  isUniqueExternalId: boolean
}

const TEXTS = new Set(['string', 'email', 'phone', 'url', 'picklist', 'combobox'])
const NUMBERS = new Set(['double', 'int', 'long'])

/** Undefined: records cannot be found by this kind of field. */
export function matcherOf(field: FieldDescription): Matcher | undefined {
  const base = {
    field: field.name,
    storedOf: (value: string): string | number => value,
    isUnique: field.unique,
    isUniqueExternalId: field.externalId && field.unique,
  }
  if (!field.filterable || field.encrypted) return undefined
  if (TEXTS.has(field.type))
    return {
      ...base,
      literalOf: value => {
        const fits = isStorable(value) && (field.length === 0 || [...value].length <= field.length)
        return fits ? literal(value) : undefined
      },
      keyOf: value => (field.caseSensitive ? String(value) : String(value).toLowerCase()),
      isExact: field.caseSensitive,
    }
  if (NUMBERS.has(field.type))
    return {
      ...base,
      storedOf: Number,
      literalOf: value => (hasOneReading(value) ? String(Number(value)) : undefined),
      keyOf: value => (hasOneReading(String(value)) ? String(Number(value)) : String(value)),
      isExact: true,
    }
  if (field.type === 'id' || field.type === 'reference')
    return {
      ...base,
      literalOf: value => (isRecordId(value) ? literal(value) : undefined),
      keyOf: value => (isRecordId(String(value)) ? shortId(String(value)) : String(value)),
      isExact: true,
    }
  return undefined
}

/** Of more digits than these JavaScript takes some for their neighbours; an exponent is no literal of SOQL. */
const hasOneReading = (text: string): boolean =>
  /^-?\d+(\.\d+)?$/.test(text) &&
  text.replace(/\D/g, '').replace(/^0+/, '').length <= 15 &&
  !String(Number(text)).includes('e')

/** Salesforce would store these otherwise than they are; the record would not be found again, and be created again. */
const isStorable = (text: string): boolean =>
  text !== '' && text.length <= LITERAL_CHARACTERS && text.isWellFormed() && !/\p{Cc}/u.test(text)

/** The last three characters of an 18-character id only repeat the case of the others. */
export const shortId = (id: string): string => id.slice(0, 15)

/** Salesforce refuses the whole query, and everybody in it, for one text that is no id. */
export const isRecordId = (text: string): boolean =>
  /^[a-zA-Z0-9]{15}$/.test(text) || (/^[a-zA-Z0-9]{18}$/.test(text) && text.slice(15) === caseOf(text))

/** Of each five of the fifteen characters, which are capitals. */
const caseOf = (id: string): string =>
  [0, 5, 10]
    .map(begin => [...id.slice(begin, begin + 5)].map(one => (/[A-Z]/.test(one) ? 1 : 0)))
    .map(capitals => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'[Number.parseInt(capitals.reverse().join(''), 2)])
    .join('')

/** Salesforce trims what it stores: with its blanks the value would match nothing, and be created again and again. */
export const matchValueOf = (organizationUserId: string): string => organizationUserId.trim()
