/** The WHERE clause, as a test of a row. */
import type { Records } from '../records.ts'
import type { ObjectDefinition } from '../schema.ts'
import type { OrgRecord } from '../store.ts'
import { filterOf } from './columns.ts'
import { keyOf, likePattern, literalReader, malformed } from './literals.ts'

type Test = (row: OrgRecord) => boolean

/** One comparison, as the parser gives it. */
interface Comparison {
  field: string
  operator: string
  value: string | string[]
  literalType: string | string[]
}
export type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | Comparison

/** The parser's chain of conditions with counted parentheses, as a flat list. */
export function tokensOf(where: unknown): Token[] {
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
export function readCondition(records: Records, object: ObjectDefinition, tokens: Token[]): Test {
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
    return comparison(records, object, token)
  }
  return or()
}

function comparison(
  records: Records,
  object: ObjectDefinition,
  { field: name, operator, value, literalType }: Comparison,
): Test {
  const { field, read: heldIn } = filterOf(records, object, name)
  const read = literalReader(field, Array.isArray(literalType) ? (literalType[0] as string) : literalType)
  if (operator === 'IN' || operator === 'NOT IN') {
    const wanted = new Set((Array.isArray(value) ? value : [value]).map(read))
    const isIn: Test = row => wanted.has(keyOf(field, heldIn(row)))
    return operator === 'IN' ? isIn : row => !isIn(row)
  }
  const wanted = read(String(value))
  const held = (row: OrgRecord) => keyOf(field, heldIn(row))
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
    return row => {
      const value = heldIn(row)
      return typeof value === 'string' && pattern.test(value)
    }
  }
  throw malformed(`the operator ${operator} is not known here`)
}
