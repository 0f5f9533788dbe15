/** The REST API below `/services/data/vXX.X`: one resource after the other, the same for a request and a subrequest. */

import type { BulkJobs } from './bulk/jobs.ts'
import { bulkResource } from './bulk/resource.ts'
import { collectionResource, refuseGivenId, retrieveResource, upsertCollection } from './collections.ts'
import { compositeResource } from './composite.ts'
import { type Effort, type Strain, touchedBy } from './effort.ts'
import { Ambiguous, Refusal, RowRefusal } from './errors.ts'
import type { Faults } from './faults.ts'
import { normalizeId, sobjectOf } from './ids.ts'
import type { Fields, Records } from './records.ts'
import { createOne, refuseByFault, removeOne, updateOne, upsertOne } from './rows.ts'
import { describeObject, summary } from './schema.ts'
import { queryResource } from './soql/resource.ts'
import type { OrgRecord } from './store.ts'
import { type Writer, writerOf } from './writers.ts'

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
  writer: Writer
  strain: Strain
  /** Open query results by locator. */
  cursors: Map<string, { rows: Record<string, unknown>[]; sobject: string }>
  usage(): { used: number; limit: number }
  countRows(rows: number): void
  effort: Effort
}

const MAX_URI_BYTES = 16_384
/** A day's batches, shared by all bulk jobs. */
const MAX_BULK_BATCHES = 15_000

/** A request takes the time and the locks that its rows cost; a Composite does so for each of its subrequests. */
export async function answerInTime(api: Api, request: ApiRequest): Promise<ApiAnswer> {
  const writing = { ...api, writer: writerOf(request.headers) }
  if (/^\/composite\/?$/.test(request.path))
    return compositeResource(writing, request).catch(error => answerTo(error, request))
  return api.effort.perform(writing, touchedBy(api.records, request), inside => answer(inside, request))
}

export function answer(api: Api, request: ApiRequest): ApiAnswer {
  try {
    return route(api, request)
  } catch (error) {
    return answerTo(error, request)
  }
}

/** What an API error becomes; rows have theirs in the collections. */
function answerTo(error: unknown, request: ApiRequest): ApiAnswer {
  if (error instanceof Refusal) return { status: error.status, body: error.body }
  if (error instanceof RowRefusal) {
    const { statusCode, message, fields } = error.error
    const isGone = statusCode === 'ENTITY_IS_DELETED' || statusCode === 'INVALID_CROSS_REFERENCE_KEY'
    // With a field, it is another record that is not there.
    const status = isGone && fields.length === 0 ? 404 : 400
    const duplicates = error.duplicates && { duplicateResut: error.duplicates }
    return { status, body: [{ ...duplicates, message, errorCode: statusCode, fields }] }
  }
  if (error instanceof Ambiguous) {
    const sobject = request.path.split('/')[2]
    return { status: 300, body: error.ids.map(id => `${request.root}/sobjects/${sobject}/${id}`) }
  }
  throw error
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
  if (resource === 'query' || resource === 'queryAll') return queryResource(api, request, second)
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
  return { status: 201, body: createOne(api, sobject, api.records.parse(sobject, fields)) }
}

function byId(api: Api, { method, query, body, root }: ApiRequest, sobject: string, id: string): ApiAnswer {
  if (method === 'GET') {
    const row = sobjectOf(id) === sobject ? api.records.store.get(normalizeId(id) ?? '') : undefined
    if (!row || row.IsDeleted) throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
    return {
      status: 200,
      body: show(sobject, row, fieldsAsked(api, sobject, query), root),
    }
  }
  if (method === 'DELETE') {
    removeOne(api, api.records.find(sobject, id).Id as string)
    return { status: 204 }
  }
  if (method !== 'PATCH') throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'HTTP Method not allowed')
  const fields = fieldsOf(body)
  if ('Id' in fields || 'id' in fields)
    throw new Refusal(400, 'INVALID_FIELD', 'The Id field should not be specified in the sobject data.', [
      'Id',
    ])
  refuseByFault(api, { id, ...fields })
  updateOne(api, sobject, id, api.records.parse(sobject, fields))
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
  const values = api.records.parse(sobject, found ? fields : { ...fields, [field]: value })
  const done = upsertOne(api, sobject, field, value, values)
  return { status: done.created ? 201 : 200, body: done }
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
