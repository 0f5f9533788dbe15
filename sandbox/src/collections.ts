/** sObject Collections: up to 200 rows a request, one result per row in their order; 2,000 ids a retrieval. */
import { Refusal, RowRefusal } from './errors.ts'
import { normalizeId, sobjectOf } from './ids.ts'
import type { Fields } from './records.ts'
import { type Api, type ApiAnswer, type ApiRequest, fieldsOf, show } from './rest.ts'
import {
  attempt,
  createOne,
  type ParsedRow,
  type RowResult,
  refuseByFault,
  refuseRepeatedKey,
  removeOne,
  updateOne,
  upsertOne,
} from './rows.ts'
import type { FieldDefinition } from './schema.ts'
import { keyOf } from './soql/literals.ts'
import type { Value } from './values.ts'

const MAX_ROWS = 200
const MAX_RETRIEVED = 2_000
const MAX_CHUNKS = 10

export function collectionResource(api: Api, request: ApiRequest): ApiAnswer {
  const { method, query } = request
  if (method === 'DELETE') {
    const ids = (query.get('ids') ?? '').split(',')
    refuseTooMany(ids.length)
    return runRows(api, query.get('allOrNone') === 'true', ids, id => removeOne(api, id))
  }
  if (method !== 'POST' && method !== 'PATCH')
    throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'HTTP Method not allowed')
  const { rows, allOrNone } = readBody(request)
  refuseTooManyChunks(rows)
  // Everything is parsed before anything is written: a wrong field or JSON type refuses the whole request.
  const parsed = rows.map(row => ({
    sobject: typeOf(row),
    id: row.Id ?? row.id,
    values: api.records.parse(typeOf(row), row),
  }))
  if (method === 'PATCH') refuseRepeatedIds(parsed.map(({ id }) => id))
  return runRows(api, allOrNone, parsed, ({ sobject, id, values }, i) => {
    refuseByFault(api, rows[i])
    if (method === 'PATCH') return updateOne(api, sobject, id, values)
    refuseGivenId(id)
    return createOne(api, sobject, values)
  })
}

export function upsertCollection(api: Api, request: ApiRequest, sobject: string, field: string): ApiAnswer {
  if (request.method !== 'PATCH') throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'HTTP Method not allowed')
  const { name, fields } = api.records.object(sobject)
  const { rows, allOrNone } = readBody(request)
  if (rows.some(row => typeOf(row) !== name))
    throw new Refusal(400, 'INVALID_TYPE', 'all records must be of the type in the path')
  if (rows.some(row => row.Id !== undefined || row.id !== undefined))
    throw new Refusal(400, 'INVALID_FIELD', 'The Id field should not be specified in the sobject data.', [
      'Id',
    ])
  api.records.findByExternalId(name, field, '')
  const parsed = rows.map(row => api.records.parse(name, row))
  const key = fields.get(field) as FieldDefinition
  const keys = rows.map(row => String(keyOf(key, (row[field] ?? '') as Value)))
  return runRows(api, allOrNone, rows, (row, i) => {
    refuseByFault(api, row)
    refuseRepeatedKey(keys, i, field)
    return upsertOne(api, name, field, row[field], parsed[i] as ParsedRow)
  })
}

export function retrieveResource(
  api: Api,
  { method, query, body, root }: ApiRequest,
  sobject: string,
): ApiAnswer {
  const { name, fields: known } = api.records.object(sobject)
  const given =
    method === 'POST'
      ? fieldsOf(body)
      : { ids: query.get('ids')?.split(','), fields: query.get('fields')?.split(',') }
  const { ids, fields } = given as { ids?: string[]; fields?: string[] }
  if (!Array.isArray(ids) || !Array.isArray(fields))
    throw new Refusal(400, 'MISSING_ARGUMENT', 'ids and fields are required')
  if (ids.length > MAX_RETRIEVED)
    throw new Refusal(400, 'EXCEEDED_MAX_SIZE_REQUEST', `at most ${MAX_RETRIEVED} ids`)
  const unknown = fields.find(field => !known.has(field))
  if (unknown !== undefined)
    throw new Refusal(400, 'INVALID_FIELD', `No such column '${unknown}' on sobject of type ${name}`)
  const rows = ids.map(id =>
    sobjectOf(String(id)) === name ? api.records.store.get(normalizeId(id) ?? '') : undefined,
  )
  return {
    status: 200,
    body: rows.map(row => (row && !row.IsDeleted ? show(name, row, ['Id', ...fields], root) : null)),
  }
}

function readBody({ body }: ApiRequest): { rows: Fields[]; allOrNone: boolean } {
  const { records, allOrNone } = fieldsOf(body) as { records?: Fields[]; allOrNone?: boolean }
  if (!Array.isArray(records) || records.length === 0)
    throw new Refusal(400, 'MISSING_ARGUMENT', 'records is required')
  refuseTooMany(records.length)
  return { rows: records, allOrNone: allOrNone === true }
}

function typeOf(row: Fields): string {
  const type = (row?.attributes as { type?: string } | null | undefined)?.type
  if (!type) throw new Refusal(400, 'INVALID_INPUT', 'Each record must have attributes.type')
  return type
}

/** One result per row; under `allOrNone` one that fails takes the others back. */
function runRows<T>(
  api: Api,
  allOrNone: boolean,
  rows: readonly T[],
  work: (row: T, i: number) => RowResult,
): ApiAnswer {
  const attempts = () => rows.map((row, i) => attempt(() => work(row, i)))
  if (!allOrNone) return { status: 200, body: attempts() }
  const results = api.records.store.transact(attempts, done => done.every(({ success }) => success))
  const answered = rolledBack(results)
  if (answered !== results) api.countRows(-results.filter(({ success }) => success).length)
  return { status: 200, body: answered }
}

function rolledBack(results: RowResult[]): RowResult[] {
  if (results.every(({ success }) => success)) return results
  const error = {
    statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK',
    message:
      'Record rolled back because not all records were valid and the request was using AllOrNone header',
    fields: [],
  }
  return results.map(result => (result.success ? { success: false, errors: [error] } : result))
}

function refuseTooMany(rows: number): void {
  if (rows > MAX_ROWS)
    throw new Refusal(
      400,
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${MAX_ROWS} records into this call`,
    )
}

/** Runs of one type are chunks: {A,A},{C},{A} are three. */
function refuseTooManyChunks(rows: readonly Fields[]): void {
  const chunks = rows.filter((row, i) => i === 0 || typeOf(row) !== typeOf(rows[i - 1] as Fields)).length
  if (chunks > MAX_CHUNKS) throw new Refusal(400, 'LIMIT_EXCEEDED', `at most ${MAX_CHUNKS} runs of one type`)
}

/** Whether Salesforce takes the last of them or refuses is not documented: refusing shows who relies on either. */
function refuseRepeatedIds(ids: readonly unknown[]): void {
  const seen = new Set<unknown>()
  for (const id of ids) {
    const normal = normalizeId(id) ?? id
    if (normal !== undefined && seen.has(normal))
      throw new Refusal(400, 'INVALID_INPUT', `duplicate id in list: ${normal}`)
    seen.add(normal)
  }
}

export function refuseGivenId(id: unknown): void {
  if (id !== undefined && id !== null)
    throw new RowRefusal('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id'])
}
