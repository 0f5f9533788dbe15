/** Runs SOQL over the records: one object, its fields, WHERE, ORDER BY, LIMIT, OFFSET, COUNT(). */
import { parseQuery, type Query } from '@jetstreamapp/soql-parser-js'
import { Refusal } from './errors.ts'
import { normalizeId } from './ids.ts'
import type { OrgRecord, Records } from './records.ts'
import type { FieldDefinition, ObjectDefinition } from './schema.ts'
import type { Value } from './values.ts'

const MAX_STATEMENT_CHARACTERS = 100_000
const MAX_LITERAL_CHARACTERS = 4_000
const MAX_OFFSET = 2_000

export interface QueryResult {
  sobject: string
  fields: string[]
  rows: OrgRecord[]
  /** For `SELECT COUNT()`, which has no rows. */
  count: number | undefined
}

type Test = (row: OrgRecord) => boolean

/** One comparison of the WHERE clause, as the parser gives it. */
interface Comparison {
  field: string
  operator: string
  value: string | string[]
  literalType: string | string[]
}
type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | Comparison

export function runQuery(records: Records, soql: string, withDeleted: boolean): QueryResult {
  if (soql.length > MAX_STATEMENT_CHARACTERS)
    throw malformed('SOQL statements cannot be longer than 100000 characters.')
  const query = parse(soql)
  // What is left out here must not be passed over: its answer would look right and be wrong.
  if (query.groupBy || query.having || query.withDataCategory)
    throw malformed('there is no GROUP BY, HAVING or DATA CATEGORY here')
  const object = objectOf(records, query)
  const fields = selectOf(query, object)
  const tokens = tokensOf(query.where)
  const test = tokens.length > 0 ? readCondition(tokens, object) : () => true
  let rows: OrgRecord[] = []
  for (const row of candidates(records, object, tokens))
    if ((withDeleted || !row.IsDeleted) && test(row)) rows.push(row)
  const [first] = query.fields ?? []
  if (first?.type === 'FieldFunctionExpression' && first.functionName.toUpperCase() === 'COUNT')
    return { sobject: object.name, fields: [], rows: [], count: rows.length }
  sort(rows, query, object)
  const offset = query.offset ?? 0
  if (offset > MAX_OFFSET)
    throw new Refusal(400, 'NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${MAX_OFFSET}`)
  rows = rows.slice(offset, query.limit === undefined ? undefined : offset + query.limit)
  return { sobject: object.name, fields, rows, count: undefined }
}

function parse(soql: string): Query {
  try {
    return parseQuery(soql)
  } catch (error) {
    throw malformed(`unexpected token: ${(error as Error).message}`)
  }
}

const malformed = (message: string): Refusal => new Refusal(400, 'MALFORMED_QUERY', message)

function objectOf(records: Records, query: Query): ObjectDefinition {
  const found = [...records.schema.values()].find(
    ({ name }) => name.toLowerCase() === query.sObject?.toLowerCase(),
  )
  if (!found) throw new Refusal(400, 'INVALID_TYPE', `sObject type '${query.sObject}' is not supported.`)
  return found
}

function fieldOf(object: ObjectDefinition, name: string): FieldDefinition {
  const found =
    object.fields.get(name) ??
    [...object.fields.values()].find(field => field.name.toLowerCase() === name.toLowerCase())
  if (!found) throw new Refusal(400, 'INVALID_FIELD', `No such column '${name}' on entity '${object.name}'.`)
  return found
}

function selectOf(query: Query, object: ObjectDefinition): string[] {
  return (query.fields ?? []).flatMap(field => {
    if (field.type === 'Field') return [fieldOf(object, field.field).name]
    if (field.type === 'FieldFunctionExpression' && field.functionName.toUpperCase() === 'FIELDS') {
      if (query.limit === undefined || query.limit > 200)
        throw malformed('The SOQL FIELDS function must have a LIMIT of at most 200')
      const [which = 'ALL'] = field.parameters.map(name => String(name).toUpperCase())
      const chosen = [...object.fields.values()].filter(
        ({ custom }) => which === 'ALL' || custom === (which === 'CUSTOM'),
      )
      return chosen.map(({ name }) => name)
    }
    const isCount = field.type === 'FieldFunctionExpression' && field.functionName.toUpperCase() === 'COUNT'
    if (isCount && field.parameters.length === 0) return []
    throw malformed('only fields, FIELDS() and COUNT() are selected here')
  })
}

/** The parser's chain of conditions with counted parentheses, as a flat list. */
function tokensOf(where: unknown): Token[] {
  const tokens: Token[] = []
  for (let node = where as Node | undefined; node; node = node.right) {
    const { left, operator } = node
    for (let i = 0; i < (left?.openParen ?? 0); i++) tokens.push('(')
    if (left && 'field' in left && left.value !== undefined) tokens.push(left as Comparison & Parens)
    else if (left && ('field' in left || 'fn' in left))
      throw malformed('there are no functions and subqueries in WHERE here')
    for (let i = 0; i < (left?.closeParen ?? 0); i++) tokens.push(')')
    if (operator) tokens.push(operator)
  }
  return tokens
}

interface Parens {
  openParen?: number
  closeParen?: number
}
interface Node {
  left: (Parens & Partial<Comparison>) | null
  operator?: 'AND' | 'OR' | 'NOT'
  right?: Node
}

/** NOT binds closest; AND and OR beside each other need parentheses, as in Salesforce. */
function readCondition(tokens: Token[], object: ObjectDefinition): Test {
  let at = 0
  const or = (): Test => {
    const tests = [and()]
    while (tokens[at] === 'OR') {
      at++
      tests.push(not())
      refuseMixed('AND')
    }
    return tests.length === 1 ? (tests[0] as Test) : row => tests.some(test => test(row))
  }
  const refuseMixed = (other: Token) => {
    if (tokens[at] === other) throw malformed(`unexpected token: '${other.toString().toLowerCase()}'`)
  }
  const and = (): Test => {
    const tests = [not()]
    while (tokens[at] === 'AND') {
      at++
      tests.push(not())
    }
    if (tests.length > 1) refuseMixed('OR')
    return tests.length === 1 ? (tests[0] as Test) : row => tests.every(test => test(row))
  }
  const not = (): Test => {
    const token = tokens[at++]
    if (token === 'NOT') {
      const test = not()
      return row => !test(row)
    }
    if (token === '(') {
      const test = or()
      at++
      return test
    }
    if (typeof token !== 'object') throw malformed('the WHERE clause cannot be read')
    return comparison(object, token)
  }
  return or()
}

function comparison(
  object: ObjectDefinition,
  { field: name, operator, value, literalType }: Comparison,
): Test {
  const field = fieldOf(object, name)
  const read = literalReader(field, Array.isArray(literalType) ? (literalType[0] as string) : literalType)
  if (operator === 'IN' || operator === 'NOT IN') {
    const wanted = new Set((Array.isArray(value) ? value : [value]).map(read))
    const isIn: Test = row => wanted.has(keyOf(field, row[field.name] ?? null))
    return operator === 'IN' ? isIn : row => !isIn(row)
  }
  const wanted = read(String(value))
  const held = (row: OrgRecord) => keyOf(field, row[field.name] ?? null)
  const compare = (test: (a: string | number | boolean, b: string | number | boolean) => boolean): Test => {
    return row => {
      const is = held(row)
      return is !== null && wanted !== null && test(is, wanted)
    }
  }
  if (operator === '=') return row => held(row) === wanted
  if (operator === '!=') return row => held(row) !== wanted
  if (operator === '<') return compare((a, b) => a < b)
  if (operator === '<=') return compare((a, b) => a <= b)
  if (operator === '>') return compare((a, b) => a > b)
  if (operator === '>=') return compare((a, b) => a >= b)
  if (operator.toUpperCase() === 'LIKE') {
    const pattern = likePattern(String(value))
    return row => typeof row[field.name] === 'string' && pattern.test(row[field.name] as string)
  }
  throw malformed(`the operator ${operator} is not known here`)
}

/** How a stored value compares: text without case, times as numbers, ids in their 18 characters. */
function keyOf(field: FieldDefinition, value: Value): string | number | boolean | null {
  if (value === null || typeof value !== 'string') return value
  if (field.type === 'datetime' || field.type === 'date') return Date.parse(value.replace(/\+0000$/, 'Z'))
  if (field.type === 'id' || field.type === 'reference') return normalizeId(value) ?? value
  return value.toLowerCase()
}

function literalReader(
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
    if (type === 'DATE' || type === 'DATETIME') return Date.parse(literal)
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

function textOf(literal: string): string {
  return literal.slice(1, -1).replaceAll(/\\(u[0-9A-Fa-f]{4}|[\s\S])/g, (_, code: string) => {
    if (code.length === 5) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    const character = ESCAPES[code]
    if (character === undefined) throw malformed(`invalid escape: \\${code}`)
    return character
  })
}

/** `%` any text, `_` one character; `\%` and `\_` stand for themselves. */
function likePattern(literal: string): RegExp {
  const source = literal
    .slice(1, -1)
    .replaceAll(/\\([%_\\'"])|[%_]|[\s\S]/g, (match, escaped: string | undefined) => {
      if (match === '%') return '[\\s\\S]*'
      if (match === '_') return '[\\s\\S]'
      return (escaped ?? match).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    })
  return new RegExp(`^${source}$`, 'i')
}

/** Where every condition must hold, one that asks an index leaves few rows to look at. */
function candidates(
  records: Records,
  object: ObjectDefinition,
  tokens: readonly Token[],
): Iterable<OrgRecord> {
  if (tokens.includes('OR') || tokens.includes('NOT')) return records.all(object.name)
  for (const token of tokens) {
    if (typeof token !== 'object' || !['=', 'IN'].includes(token.operator)) continue
    const { name } = fieldOf(object, token.field)
    const literals = Array.isArray(token.value) ? token.value : [token.value]
    if (literals.some(literal => !literal.startsWith("'"))) continue
    const ids = new Set<string>()
    for (const literal of literals) {
      const found = records.lookUp(object.name, name, textOf(literal))
      if (!found) break
      for (const id of found) ids.add(id)
    }
    if (records.lookUp(object.name, name, '') !== undefined)
      return [...ids].map(id => records.get(id) as OrgRecord)
  }
  return records.all(object.name)
}

function sort(rows: OrgRecord[], query: Query, object: ObjectDefinition): void {
  const orders = query.orderBy ? (Array.isArray(query.orderBy) ? query.orderBy : [query.orderBy]) : []
  for (const order of orders.toReversed()) {
    if (!('field' in order)) throw malformed('only fields are ordered by here')
    const field = fieldOf(object, order.field)
    const sign = order.order === 'DESC' ? -1 : 1
    const nulls = (order.nulls ?? (sign === 1 ? 'FIRST' : 'LAST')) === 'FIRST' ? -1 : 1
    rows.sort((a, b) => {
      const x = keyOf(field, a[field.name] ?? null)
      const y = keyOf(field, b[field.name] ?? null)
      if (x === null || y === null) return x === y ? 0 : x === null ? nulls : -nulls
      return x < y ? -sign : x > y ? sign : 0
    })
  }
}
