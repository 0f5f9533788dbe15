/** `/jobs/ingest`: Bulk API 2.0 over HTTP. Every request is an API call, whatever the number of rows. */
import { Refusal, type RowError } from '../errors.ts'
import { type Api, type ApiAnswer, type ApiRequest, fieldsOf } from '../rest.ts'
import { formatDateTime } from '../values.ts'
import { INTEGRATION_USER } from '../writers.ts'
import { delimiters, lineEndings, writeCsv } from './csv.ts'
import { type BulkJobs, ENDED, type Job, type Operation } from './jobs.ts'

const OPERATIONS: readonly string[] = ['insert', 'update', 'upsert', 'delete']
const MAX_UPLOAD_BYTES = 150_000_000

export function bulkResource(
  api: Api,
  jobs: BulkJobs,
  request: ApiRequest,
  id: string | undefined,
  part: string | undefined,
): ApiAnswer {
  const { method } = request
  if (id === undefined) {
    if (method === 'POST') return openJob(api, jobs, request)
    if (method === 'GET') return listJobs(jobs, request)
    throw notAllowed()
  }
  const job = jobs.all.get(id)
  if (!job) throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
  if (part === 'batches' && method === 'PUT') return upload(job, request)
  if (part !== undefined && method === 'GET') return results(job, part)
  if (part !== undefined) throw notAllowed()
  if (method === 'GET') return { status: 200, body: { ...summaryOf(job, request), ...countsOf(job) } }
  if (method === 'PATCH') return moveJob(jobs, job, request)
  if (method !== 'DELETE') throw notAllowed()
  if (job.state !== 'UploadComplete' && !ENDED.has(job.state)) throw wrongState(job, 'deleted')
  if (job.state === 'UploadComplete') jobs.abort(job)
  jobs.all.delete(id)
  return { status: 204 }
}

function openJob(api: Api, jobs: BulkJobs, request: ApiRequest): ApiAnswer {
  const given = fieldsOf(request.body)
  const { operation, externalIdFieldName, columnDelimiter = 'COMMA', lineEnding = 'LF' } = given
  if (typeof given.object !== 'string' || typeof operation !== 'string')
    throw new Refusal(400, 'INVALIDJOB', 'object and operation are required')
  const object = [...api.records.schema.values()].find(
    ({ name }) => name.toLowerCase() === (given.object as string).toLowerCase(),
  )
  if (!object) throw new Refusal(400, 'INVALIDENTITY', `Unable to find object: ${given.object}`)
  if (operation === 'hardDelete')
    throw new Refusal(
      400,
      'FEATURENOTENABLED',
      'hardDelete operation requires special user profile permission',
    )
  if (!OPERATIONS.includes(operation)) throw invalidEnum('operation', operation)
  if ((given.contentType ?? 'CSV') !== 'CSV') throw invalidEnum('contentType', given.contentType)
  if (!(String(columnDelimiter) in delimiters)) throw invalidEnum('columnDelimiter', columnDelimiter)
  if (!(String(lineEnding) in lineEndings)) throw invalidEnum('lineEnding', lineEnding)
  let keyField: string | undefined
  if (operation === 'upsert') {
    const field = object.fields.get(String(externalIdFieldName))
    if (!field || !(field.externalId || field.idLookup))
      throw new Refusal(
        400,
        'INVALIDJOB',
        `InvalidJob : Field name provided, ${externalIdFieldName} does not match an External ID for ${object.name}`,
      )
    keyField = field.name
  }
  const job = jobs.open({
    object: object.name,
    operation: operation as Operation,
    externalIdFieldName: keyField,
    columnDelimiter: String(columnDelimiter),
    lineEnding: String(lineEnding),
  })
  const contentUrl = `${request.root.slice(1)}/jobs/ingest/${job.id}/batches`
  return { status: 200, body: { ...summaryOf(job, request), contentUrl } }
}

function listJobs(jobs: BulkJobs, request: ApiRequest): ApiAnswer {
  const records = [...jobs.all.values()].map(job => summaryOf(job, request))
  return { status: 200, body: { done: true, records, nextRecordsUrl: null } }
}

function upload(job: Job, { text, headers }: ApiRequest): ApiAnswer {
  if (job.upload !== undefined)
    throw new Refusal(
      400,
      'CLIENTINPUTERROR',
      `Found multiple contents for job: <${job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.`,
    )
  if (job.state !== 'Open') throw wrongState(job, 'uploaded to')
  if (!String(headers['content-type'] ?? '').startsWith('text/csv'))
    throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be text/csv')
  if (Buffer.byteLength(text) > MAX_UPLOAD_BYTES)
    throw new Refusal(413, 'CLIENTINPUTERROR', 'the content is larger than 150 MB')
  job.upload = text
  return { status: 201 }
}

function moveJob(jobs: BulkJobs, job: Job, request: ApiRequest): ApiAnswer {
  const { state } = fieldsOf(request.body)
  if (state !== 'UploadComplete' && state !== 'Aborted') throw invalidEnum('state', state)
  if (state === 'Aborted') {
    if (ENDED.has(job.state)) throw wrongState(job, 'aborted')
    jobs.abort(job)
  } else {
    if (job.state !== 'Open' || job.upload === undefined) throw wrongState(job, 'closed')
    jobs.start(job)
  }
  return { status: 200, body: summaryOf(job, request) }
}

/** Salesforce promises no order: the last row comes first here. */
function results(job: Job, part: string): ApiAnswer {
  if (!ENDED.has(job.state)) throw wrongState(job, 'read')
  const places = [...job.rows.keys()].reverse()
  const rowsOf = (pick: (place: number) => string[] | undefined) =>
    places.flatMap(place => {
      const extra = pick(place)
      return extra ? [[...extra, ...(job.rows[place] as string[])]] : []
    })
  const csv = (extra: string[], rows: string[][]): ApiAnswer => ({
    status: 200,
    text: writeCsv([[...extra, ...job.header], ...rows], job),
  })
  if (part === 'successfulResults')
    return csv(
      ['sf__Id', 'sf__Created'],
      rowsOf(place => {
        const result = job.results[place]
        return result?.success ? [result.id ?? '', String(result.created === true)] : undefined
      }),
    )
  if (part === 'failedResults') {
    const idColumn = job.header.findIndex(name => name.toLowerCase() === 'id')
    return csv(
      ['sf__Id', 'sf__Error'],
      rowsOf(place => {
        const result = job.results[place]
        const [error] = result?.errors ?? []
        return error ? [job.rows[place]?.[idColumn] ?? '', errorText(error)] : undefined
      }),
    )
  }
  if (part === 'unprocessedrecords')
    return csv(
      [],
      rowsOf(place => (job.results[place] === undefined ? [] : undefined)),
    )
  throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
}

const errorText = ({ statusCode, message, fields }: RowError): string =>
  `${statusCode}:${message}:${fields.length > 0 ? `${fields.join(' ')} ` : ''}--`

function summaryOf(job: Job, { root }: ApiRequest) {
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: INTEGRATION_USER,
    createdDate: formatDateTime(job.createdAt),
    systemModstamp: formatDateTime(job.changedAt),
    state: job.state,
    ...(job.externalIdFieldName === undefined ? {} : { externalIdFieldName: job.externalIdFieldName }),
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: Number.parseFloat(root.slice(root.lastIndexOf('v') + 1)),
    jobType: 'V2Ingest',
    lineEnding: job.lineEnding,
    columnDelimiter: job.columnDelimiter,
  }
}

const countsOf = (job: Job) => ({
  numberRecordsProcessed: job.processed,
  numberRecordsFailed: job.failed,
  retries: 0,
  totalProcessingTime: job.totalMs,
  apiActiveProcessingTime: Math.round(job.activeMs),
  apexProcessingTime: 0,
  ...(job.errorMessage === undefined ? {} : { errorMessage: job.errorMessage }),
})

const notAllowed = () => new Refusal(405, 'METHOD_NOT_ALLOWED', 'HTTP Method not allowed')

const wrongState = (job: Job, verb: string) =>
  new Refusal(400, 'INVALIDJOBSTATE', `A job in the state ${job.state} cannot be ${verb}`)

const invalidEnum = (name: string, value: unknown) =>
  new Refusal(
    400,
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${name} from VALUE_STRING value ${value}`,
  )
