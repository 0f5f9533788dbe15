/** Whether a field holds what was to be written, as Salesforce would see it: it keeps values otherwise than it gets them. */
import { type FieldDescription, isPicklist } from './describe.ts'
import { type FieldValue, shapeOf } from './fit.ts'
import { shortId } from './match.ts'

/** Must never say no to what was just written, or every comparison would report everybody. */
export function isSame(now: unknown, would: FieldValue, field: FieldDescription): boolean {
  // Classic encryption shows a mask to whoever may not see the value.
  if (field.type === 'encryptedstring') return true
  const [held, wanted] = [now ?? null, would].map(value => (value === '' ? null : value))
  if (held === wanted) return true
  // A text of blanks is stored as none.
  if (typeof held !== 'string' && typeof held !== 'number') return held === null && isBlank(wanted)
  if (typeof wanted !== typeof held) return wanted === null && isBlank(held)
  if (typeof held === 'number') return Math.abs(held - (wanted as number)) <= roundingOf(field)
  return normalized(held, field) === normalized(wanted as string, field)
}

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === ''

/** Half a unit of the last decimal place that the field keeps, and what binary fractions add. */
const roundingOf = ({ scale }: FieldDescription): number =>
  scale === undefined ? Number.EPSILON : 0.5 * 10 ** -scale + 1e-9

function normalized(text: string, field: FieldDescription): string {
  const { type } = field
  // Seconds are all that a time field keeps.
  if (shapeOf(field) === 'datetime') return String(Math.floor(Date.parse(text) / 1000))
  if (type === 'date') return text.slice(0, 10)
  // The org gives the chosen values in the order of its picklist.
  if (type === 'multipicklist')
    return [...new Set(text.split(';').map(plain))].map(lower).toSorted().join(';')
  if (type === 'reference') return shortId(text)
  // The org's pages write the numbers that they save in their country's way.
  if (type === 'phone') return text.replace(/[\s().\-/]/g, '')
  return type === 'email' || isPicklist(field) ? lower(plain(text)) : plain(text)
}

/** Trimmed, as the org does; control characters and line ends come back otherwise than they went. */
const plain = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()

const lower = (text: string): string => text.toLowerCase()
