/** Literals of SOQL, and how stored values compare with them. */
import { Refusal } from '../errors.ts'
import { normalizeId } from '../ids.ts'
import type { FieldDefinition } from '../schema.ts'
import type { Value } from '../values.ts'

const MAX_LITERAL_CHARACTERS = 4_000

export const malformed = (message: string): Refusal => new Refusal(400, 'MALFORMED_QUERY', message)

/** How a stored value compares: text without case unless the field tells cases apart, times as they are written, ids in full. */
export function keyOf(field: FieldDefinition, value: Value): string | number | boolean | null {
  if (value === null || typeof value !== 'string') return value
  if (field.type === 'datetime' || field.type === 'date') return value
  if (field.type === 'id' || field.type === 'reference') return normalizeId(value) ?? value
  return field.caseSensitive ? value : value.toLowerCase()
}

export function literalReader(
  field: FieldDefinition,
  type: string,
): (literal: string) => string | number | boolean | null {
  return literal => {
    if (type === 'NULL' || /^null$/i.test(literal)) return null
    refuseLiteral(field, type, literal)
    if (type === 'STRING') {
      if (literal.length > MAX_LITERAL_CHARACTERS) throw malformed('a literal may have 4,000 characters')
      return keyOf(field, textOf(literal))
    }
    if (type === 'BOOLEAN') return /^true$/i.test(literal)
    if (type === 'DATE') return literal
    // Stored times are UTC in one form: they sort as text.
    if (type === 'DATETIME') return new Date(literal).toISOString().replace('Z', '+0000')
    if (type === 'INTEGER' || type === 'DECIMAL') return Number(literal)
    throw malformed(`a literal of type ${type} is not known here`)
  }
}

const LITERALS: Record<string, string[]> = {
  boolean: ['BOOLEAN'],
  date: ['DATE'],
  datetime: ['DATETIME'],
  double: ['INTEGER', 'DECIMAL'],
  int: ['INTEGER', 'DECIMAL'],
}

const KNOWN_LITERALS = new Set(['STRING', ...Object.values(LITERALS).flat()])

/** A text in quotes where none is due (or the other way round) refuses the query: it never just finds nothing. */
function refuseLiteral(field: FieldDefinition, type: string, literal: string): void {
  if (!KNOWN_LITERALS.has(type)) throw malformed(`a literal of type ${type} is not known here`)
  const due = LITERALS[field.type] ?? ['STRING']
  if (!due.includes(type)) {
    const quotes = due[0] === 'STRING' ? 'should be' : 'should not be'
    throw new Refusal(
      400,
      'INVALID_FIELD',
      `value of filter criterion for field '${field.name}' must be of type ${field.type} and ${quotes} enclosed in quotes`,
    )
  }
  const isId = field.type === 'id' || field.type === 'reference'
  if (isId && normalizeId(textOf(literal)) === undefined)
    throw new Refusal(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${textOf(literal)}`)
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
}

export function textOf(literal: string): string {
  return literal.slice(1, -1).replaceAll(/\\(u[0-9A-Fa-f]{4}|[\s\S])/g, (_, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    const character = ESCAPES[code]
    if (character === undefined) throw malformed(`invalid escape: \\${code}`)
    return character
  })
}

/** `%` any text, `_` one character; `\%` and `\_` stand for themselves. */
export function likePattern(literal: string): RegExp {
  const source = literal
    .slice(1, -1)
    .replaceAll(/\\([%_\\'"])|[%_]|[\s\S]/g, (match, escaped: string | undefined) => {
      if (match === '%') return '[\\s\\S]*'
      if (match === '_') return '[\\s\\S]'
      return (escaped ?? match).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    })
  return new RegExp(`^${source}$`, 'i')
}
