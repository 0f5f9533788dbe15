/** The REST API below `/services/data/vXX.X`: one resource after the other, the same for a request and a subrequest. */

import type { BulkJobs } from './bulk/jobs.ts'
import { bulkResource } from './bulk/resource.ts'
import { collectionResource, refuseGivenId, retrieveResource, upsertCollection } from './collections.ts'
import { compositeResource } from './composite.ts'
import { Ambiguous, Refusal, RowRefusal } from './errors.ts'
import type { Faults } from './faults.ts'
import { normalizeId, sobjectOf } from './ids.ts'
import type { Fields, OrgRecord, Records } from './records.ts'
import { refuseByFault } from './rows.ts'
import { describeObject, summary } from './schema.ts'
import { runQuery } from './soql.ts'

export interface ApiRequest {
  method: string
  /** Below the version, without the query string. */
  path: string
  query: URLSearchParams
  headers: Record<string, unknown>
  body: unknown
  /** The body as it came. */
  text: string
  /** `/services/data/v67.0` */
  root: string
}

export interface ApiAnswer {
  status: number
  body?: unknown
  /** CSV, in place of a body. */
  text?: string
}

export interface Api {
  jobs: () => BulkJobs
  records: Records
  faults: Faults
  /** Open query results by locator. */
  cursors: Map<string, { rows: Record<string, unknown>[]; sobject: string }>
  usage(): { used: number; limit: number }
  countRows(rows: number): void
}

const MAX_URI_BYTES = 16_384
const PAGE_ROWS = 2_000
/** A day's batches, shared by all bulk jobs. */
const MAX_BULK_BATCHES = 15_000
/** The oldest open result makes room for a new one: a client that pages through a big table keeps one. */
const MAX_CURSORS = 10
let cursorsOpened = 0

/** What an API error becomes; rows have theirs in the collections. */
export function answer(api: Api, request: ApiRequest): ApiAnswer {
  try {
    return route(api, request)
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: error.body }
    if (error instanceof RowRefusal) {
      const { statusCode, message, fields } = error.error
      const isGone = statusCode === 'ENTITY_IS_DELETED' || statusCode === 'INVALID_CROSS_REFERENCE_KEY'
      // With a field, it is another record that is not there.
      const status = isGone && fields.length === 0 ? 404 : 400
      return { status, body: [{ message, errorCode: statusCode, fields }] }
    }
    if (error instanceof Ambiguous) {
      const sobject = request.path.split('/')[2]
      return { status: 300, body: error.ids.map(id => `${request.root}/sobjects/${sobject}/${id}`) }
    }
    throw error
  }
}

function route(api: Api, request: ApiRequest): ApiAnswer {
  const { method, path, root } = request
  const parts = path.split('/').filter(Boolean).map(decodePart)
  const [resource, second, third, fourth] = parts
  if (!resource)
    return {
      status: 200,
      body: {
        sobjects: `${root}/sobjects`,
        query: `${root}/query`,
        composite: `${root}/composite`,
        limits: `${root}/limits`,
      },
    }
  if (resource === 'limits') {
    const { used, limit } = api.usage()
    return {
      status: 200,
      body: {
        DailyApiRequests: remaining(limit, used),
        DailyBulkApiBatches: remaining(MAX_BULK_BATCHES, api.jobs().batchesRun),
      },
    }
  }
  if (resource === 'jobs' && second === 'ingest') return bulkResource(api, api.jobs(), request, third, fourth)
  if (resource === 'query' || resource === 'queryAll') return query(api, request, second)
  if (resource === 'composite' && !second) return compositeResource(api, request)
  if (resource === 'composite' && second === 'sobjects') {
    if (!third) return collectionResource(api, request)
    if (fourth) return upsertCollection(api, request, third, fourth)
    return retrieveResource(api, request, third)
  }
  if (resource !== 'sobjects') throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
  if (!second) {
    const sobjects = [...api.records.schema.values()].map(({ name, label }) => summary(name, label, root))
    return { status: 200, body: { encoding: 'UTF-8', maxBatchSize: 200, sobjects } }
  }
  const object = api.records.object(second)
  if (third === 'describe') return { status: 200, body: describeObject(object, root) }
  if (!third)
    return method === 'POST'
      ? create(api, object.name, request.body)
      : { status: 200, body: { objectDescribe: summary(object.name, object.label, root), recentItems: [] } }
  if (fourth !== undefined && third.toLowerCase() !== 'id')
    return byExternalId(api, request, object.name, third, fourth)
  return byId(api, request, object.name, fourth ?? third)
}

const remaining = (limit: number, used: number) => ({ Max: limit, Remaining: Math.max(0, limit - used) })

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
  }
}

function create(api: Api, sobject: string, body: unknown): ApiAnswer {
  const fields = fieldsOf(body)
  refuseGivenId(fields.Id ?? fields.id)
  refuseByFault(api, fields)
  const id = api.records.create(sobject, api.records.parse(sobject, fields))
  api.countRows(1)
  return { status: 201, body: { id, success: true, errors: [] } }
}

function byId(api: Api, { method, query, body, root }: ApiRequest, sobject: string, id: string): ApiAnswer {
  if (method === 'GET') {
    const row = sobjectOf(id) === sobject ? api.records.get(normalizeId(id) ?? '') : undefined
    if (!row || row.IsDeleted) throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
    return {
      status: 200,
      body: show(sobject, row, fieldsAsked(api, sobject, query), root),
    }
  }
  if (method === 'DELETE') {
    refuseByFault(api, api.records.find(sobject, id))
    api.records.remove(sobject, id)
    api.countRows(1)
    return { status: 204 }
  }
  if (method !== 'PATCH') throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'HTTP Method not allowed')
  const fields = fieldsOf(body)
  if ('Id' in fields || 'id' in fields)
    throw new Refusal(400, 'INVALID_FIELD', 'The Id field should not be specified in the sobject data.', [
      'Id',
    ])
  refuseByFault(api, { id, ...fields })
  api.records.update(sobject, id, api.records.parse(sobject, fields))
  api.countRows(1)
  return { status: 204 }
}

function byExternalId(
  api: Api,
  request: ApiRequest,
  sobject: string,
  field: string,
  value: string,
): ApiAnswer {
  const { method, query, body, root } = request
  const found = api.records.findByExternalId(sobject, field, value)
  if (method === 'GET') {
    if (!found) throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
    return { status: 200, body: show(sobject, found, fieldsAsked(api, sobject, query), root) }
  }
  if (method === 'DELETE') {
    if (!found) throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
    return byId(api, { ...request, method }, sobject, found.Id as string)
  }
  if (method !== 'PATCH') throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'HTTP Method not allowed')
  const fields = fieldsOf(body)
  if (Object.keys(fields).some(name => name.toLowerCase() === field.toLowerCase()))
    throw new Refusal(
      400,
      'INVALID_FIELD',
      `The ${field} field should not be specified in the sobject data.`,
      [field],
    )
  if (!found && query.get('updateOnly') === 'true')
    throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
  refuseByFault(api, { [field]: value, ...fields })
  if (found) {
    api.records.update(sobject, found.Id as string, api.records.parse(sobject, fields))
    api.countRows(1)
    return { status: 200, body: { id: found.Id, success: true, errors: [], created: false } }
  }
  const id = api.records.create(sobject, api.records.parse(sobject, { ...fields, [field]: value }))
  api.countRows(1)
  return { status: 201, body: { id, success: true, errors: [], created: true } }
}

function query(api: Api, request: ApiRequest, locator: string | undefined): ApiAnswer {
  const batchSize = Number(
    /batchSize=(\d+)/.exec(String(request.headers['sforce-query-options'] ?? ''))?.[1] ?? PAGE_ROWS,
  )
  const pageRows = Math.min(PAGE_ROWS, Math.max(200, batchSize))
  if (locator) {
    const [key = '', offset = '0'] = locator.split('-')
    const cursor = api.cursors.get(key)
    if (!cursor) throw new Refusal(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
    return page(request, key, cursor.rows, Number(offset), pageRows)
  }
  const soql = request.query.get('q')
  if (!soql) throw new Refusal(400, 'MALFORMED_QUERY', 'A query string has to be specified')
  const result = runQuery(api.records, soql, request.path.startsWith('/queryAll'))
  if (result.count !== undefined)
    return { status: 200, body: { totalSize: result.count, done: true, records: [] } }
  const rows = result.rows.map(row => show(result.sobject, row, result.fields, request.root))
  const key = `0r8${(++cursorsOpened).toString(36).padStart(12, '0')}AAA`
  if (rows.length > pageRows) {
    api.cursors.set(key, { rows, sobject: result.sobject })
    if (api.cursors.size > MAX_CURSORS) api.cursors.delete(api.cursors.keys().next().value as string)
  }
  return page(request, key, rows, 0, pageRows)
}

function page(
  { root }: ApiRequest,
  key: string,
  rows: Record<string, unknown>[],
  offset: number,
  pageRows: number,
): ApiAnswer {
  const done = offset + pageRows >= rows.length
  const next = done ? {} : { nextRecordsUrl: `${root}/query/${key}-${offset + pageRows}` }
  return {
    status: 200,
    body: { totalSize: rows.length, done, ...next, records: rows.slice(offset, offset + pageRows) },
  }
}

function fieldsAsked(api: Api, sobject: string, query: URLSearchParams): string[] {
  const { fields } = api.records.object(sobject)
  const asked = query.get('fields')?.split(',') ?? [...fields.keys()]
  const unknown = asked.find(name => !fields.has(name))
  if (unknown !== undefined)
    throw new Refusal(400, 'INVALID_FIELD', `No such column '${unknown}' on sobject of type ${sobject}`)
  return asked
}

export function show(
  sobject: string,
  row: OrgRecord,
  fields: readonly string[],
  root: string,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {
    attributes: { type: sobject, url: `${root}/sobjects/${sobject}/${row.Id}` },
  }
  for (const field of fields) shown[field] = row[field] ?? null
  return shown
}

export function fieldsOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Refusal(400, 'JSON_PARSER_ERROR', 'The HTTP entity body is required and must be a JSON object')
  return body as Fields
}

export function refuseLongUri(uri: string): void {
  if (Buffer.byteLength(uri) > MAX_URI_BYTES)
    throw new Refusal(
      414,
      'URI_TOO_LONG',
      `The length of the URI exceeds the limit of ${MAX_URI_BYTES} bytes`,
    )
}
