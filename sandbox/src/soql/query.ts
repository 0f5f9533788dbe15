/** Runs SOQL over the records: one object, its fields, WHERE, ORDER BY, LIMIT, OFFSET, COUNT(). */
import { parseQuery, type Query } from '@jetstreamapp/soql-parser-js'
import { Refusal } from '../errors.ts'
import type { Records } from '../records.ts'
import type { ObjectDefinition } from '../schema.ts'
import type { OrgRecord } from '../store.ts'
import { type Column, cannot, columnOf, filterOf } from './columns.ts'
import { readCondition, type Token, tokensOf } from './condition.ts'
import { keyOf, malformed, textOf } from './literals.ts'

const MAX_STATEMENT_CHARACTERS = 100_000
const MAX_OFFSET = 2_000

export interface QueryResult {
  sobject: string
  columns: Column[]
  rows: OrgRecord[]
  /** For `SELECT COUNT()`, which has no rows. */
  count: number | undefined
}

export function runQuery(records: Records, soql: string, withDeleted: boolean): QueryResult {
  if (soql.length > MAX_STATEMENT_CHARACTERS)
    throw malformed('SOQL statements cannot be longer than 100000 characters.')
  const query = parse(soql)
  // What is left out here must not be passed over: its answer would look right and be wrong.
  if (query.groupBy || query.having || query.withDataCategory)
    throw malformed('there is no GROUP BY, HAVING or DATA CATEGORY here')
  const object = objectOf(records, query)
  const columns = selectOf(records, query, object)
  const tokens = tokensOf(query.where)
  const test = tokens.length > 0 ? readCondition(records, object, tokens) : () => true
  let rows: OrgRecord[] = []
  for (const row of candidates(records, object, tokens))
    if ((withDeleted || !row.IsDeleted) && test(row)) rows.push(row)
  const [first] = query.fields ?? []
  if (first?.type === 'FieldFunctionExpression' && first.functionName.toUpperCase() === 'COUNT')
    return { sobject: object.name, columns: [], rows: [], count: rows.length }
  sort(records, rows, query, object)
  const offset = query.offset ?? 0
  if (offset > MAX_OFFSET)
    throw new Refusal(400, 'NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${MAX_OFFSET}`)
  rows = rows.slice(offset, query.limit === undefined ? undefined : offset + query.limit)
  return { sobject: object.name, columns, rows, count: undefined }
}

function parse(soql: string): Query {
  try {
    return parseQuery(soql)
  } catch (error) {
    throw malformed(`unexpected token: ${(error as Error).message}`)
  }
}

function objectOf(records: Records, query: Query): ObjectDefinition {
  const found = [...records.schema.values()].find(
    ({ name }) => name.toLowerCase() === query.sObject?.toLowerCase(),
  )
  if (!found) throw new Refusal(400, 'INVALID_TYPE', `sObject type '${query.sObject}' is not supported.`)
  return found
}

function selectOf(records: Records, query: Query, object: ObjectDefinition): Column[] {
  const column = (path: string) => columnOf(records, object, path)
  return (query.fields ?? []).flatMap(field => {
    if (field.type === 'Field') return [column(field.field)]
    if (field.type === 'FieldRelationship') return [column(`${field.relationships.join('.')}.${field.field}`)]
    if (field.type === 'FieldFunctionExpression' && field.functionName.toUpperCase() === 'FIELDS') {
      if (query.limit === undefined || query.limit > 200)
        throw malformed('The SOQL FIELDS function must have a LIMIT of at most 200')
      const [which = 'ALL'] = field.parameters.map(name => String(name).toUpperCase())
      const chosen = [...object.fields.values()].filter(
        ({ custom }) => which === 'ALL' || custom === (which === 'CUSTOM'),
      )
      return chosen.map(({ name }) => column(name))
    }
    const isCount = field.type === 'FieldFunctionExpression' && field.functionName.toUpperCase() === 'COUNT'
    if (isCount && field.parameters.length === 0) return []
    throw malformed('only fields, FIELDS() and COUNT() are selected here')
  })
}

/** Where every condition must hold, one that asks an index leaves few rows to look at. */
function candidates(
  records: Records,
  object: ObjectDefinition,
  tokens: readonly Token[],
): Iterable<OrgRecord> {
  if (tokens.includes('OR') || tokens.includes('NOT')) return records.store.all(object.name)
  for (const token of tokens) {
    if (typeof token !== 'object' || !['=', 'IN'].includes(token.operator)) continue
    const { field, over } = filterOf(records, object, token.field)
    if (over) continue
    const literals = Array.isArray(token.value) ? token.value : [token.value]
    if (literals.some(literal => !literal.startsWith("'"))) continue
    const ids = new Set<string>()
    for (const literal of literals) {
      const found = records.store.lookUp(object.name, field.name, textOf(literal))
      if (!found) break
      for (const id of found) ids.add(id)
    }
    if (records.store.lookUp(object.name, field.name, '') !== undefined)
      return [...ids].map(id => records.store.get(id) as OrgRecord)
  }
  return records.store.all(object.name)
}

function sort(records: Records, rows: OrgRecord[], query: Query, object: ObjectDefinition): void {
  const orders = query.orderBy ? (Array.isArray(query.orderBy) ? query.orderBy : [query.orderBy]) : []
  for (const order of orders.toReversed()) {
    if (!('field' in order)) throw malformed('only fields are ordered by here')
    const { field, read } = columnOf(records, object, order.field)
    if (field.encrypted) throw cannot(field, 'sorted')
    const sign = order.order === 'DESC' ? -1 : 1
    const nulls = (order.nulls ?? (sign === 1 ? 'FIRST' : 'LAST')) === 'FIRST' ? -1 : 1
    rows.sort((a, b) => {
      const x = keyOf(field, read(a))
      const y = keyOf(field, read(b))
      if (x === null || y === null) return x === y ? 0 : x === null ? nulls : -nulls
      return x < y ? -sign : x > y ? sign : 0
    })
  }
}
