/** Composite: up to 25 subrequests in one call, at most 5 of them collections or queries. */
import { touchedBy } from './effort.ts'
import { Refusal } from './errors.ts'
import {
  type Api,
  type ApiAnswer,
  type ApiRequest,
  answer,
  answerInTime,
  fieldsOf,
  refuseLongUri,
} from './rest.ts'
import { writerOf } from './writers.ts'

const MAX_SUBREQUESTS = 25
const MAX_HEAVY_SUBREQUESTS = 5
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
const NESTED = /^\/services\/data\/v[\d.]+\/composite\/?(\?|$)/
const FORBIDDEN_HEADERS = new Set(['accept', 'authorization', 'content-type'])

interface Subrequest {
  method: string
  url: string
  referenceId: string
  body?: unknown
  httpHeaders?: Record<string, string>
}

interface Subanswer {
  body: unknown
  httpHeaders: object
  httpStatusCode: number
  referenceId: string
}

export async function compositeResource(api: Api, request: ApiRequest): Promise<ApiAnswer> {
  if (request.method !== 'POST') throw new Refusal(405, 'METHOD_NOT_ALLOWED', 'HTTP Method not allowed')
  const { compositeRequest: subrequests, allOrNone } = fieldsOf(request.body) as {
    compositeRequest?: Subrequest[]
    allOrNone?: boolean
  }
  if (!Array.isArray(subrequests) || subrequests.length === 0)
    throw new Refusal(400, 'MISSING_ARGUMENT', 'compositeRequest is required')
  if (subrequests.some(one => typeof one !== 'object' || one === null))
    throw new Refusal(400, 'JSON_PARSER_ERROR', 'each subrequest must be an object')
  refuseMalformed(subrequests)
  let written = 0
  const countRows = (rows: number) => {
    written += rows
  }
  if (allOrNone !== true) {
    const compositeResponse: Subanswer[] = []
    for (const subrequest of subrequests) {
      const read = () => requestOf(request, subrequest, compositeResponse, false)
      compositeResponse.push(await answerOne(api, subrequest, read))
    }
    return { status: 200, body: { compositeResponse } }
  }
  const runAll = (inside: Api) => {
    const done: Subanswer[] = []
    for (const subrequest of subrequests) done.push(runOne(inside, request, subrequest, done))
    return done
  }
  // One transaction from the first row to the last: it costs the time and the locks of all of them.
  const answers = await api.effort.perform(api, touchedBy(api.records, request), inside =>
    api.records.store.transact(
      () => runAll({ ...inside, countRows }),
      done => !done.some(hasFailed),
    ),
  )
  const isHalted = answers.some(hasFailed)
  if (!isHalted) api.countRows(written)
  return { status: 200, body: { compositeResponse: isHalted ? answers.map(halted) : answers } }
}

function refuseMalformed(subrequests: readonly Subrequest[]): void {
  if (subrequests.length > MAX_SUBREQUESTS)
    throw new Refusal(400, 'LIMIT_EXCEEDED', `at most ${MAX_SUBREQUESTS} subrequests`)
  const heavy = subrequests.filter(({ url }) =>
    /\/(composite\/sobjects|query|queryAll)\b/.test(String(url)),
  ).length
  if (heavy > MAX_HEAVY_SUBREQUESTS)
    throw new Refusal(
      400,
      'LIMIT_EXCEEDED',
      `at most ${MAX_HEAVY_SUBREQUESTS} subrequests can be sObject Collections or query operations`,
    )
  const seen = new Set<string>()
  for (const { method, url, referenceId, httpHeaders } of subrequests) {
    if (!METHODS.has(method)) throw new Refusal(400, 'JSON_PARSER_ERROR', `unknown method ${method}`)
    if (typeof url !== 'string' || !url.startsWith('/services/data/v') || NESTED.test(url))
      throw new Refusal(
        400,
        'INVALID_INPUT',
        'url must start with /services/data/vXX.X/ and name no other composite request',
      )
    if (!/^[A-Za-z0-9][A-Za-z0-9_]*$/.test(referenceId ?? ''))
      throw new Refusal(400, 'INVALID_INPUT', `Provided referenceId ('${referenceId}') is invalid`)
    if (seen.has(referenceId))
      throw new Refusal(400, 'INVALID_INPUT', `referenceId ${referenceId} is used twice`)
    seen.add(referenceId)
    if (Object.keys(httpHeaders ?? {}).some(name => FORBIDDEN_HEADERS.has(name.toLowerCase())))
      throw new Refusal(400, 'INVALID_INPUT', 'a subrequest cannot set Accept, Authorization or Content-Type')
  }
}

/** Takes its own time, and commits by itself. */
async function answerOne(api: Api, { referenceId }: Subrequest, read: () => ApiRequest): Promise<Subanswer> {
  try {
    return subanswer(referenceId, await answerInTime(api, read()))
  } catch (error) {
    return refused(referenceId, error)
  }
}

function runOne(
  api: Api,
  request: ApiRequest,
  subrequest: Subrequest,
  before: readonly Subanswer[],
): Subanswer {
  const { referenceId } = subrequest
  try {
    const read = requestOf(request, subrequest, before, true)
    return subanswer(referenceId, answer({ ...api, writer: writerOf(read.headers) }, read))
  } catch (error) {
    return refused(referenceId, error)
  }
}

function requestOf(
  { root, headers }: ApiRequest,
  { method, url: given, body, httpHeaders }: Subrequest,
  before: readonly Subanswer[],
  allOrNone: boolean,
): ApiRequest {
  const url = substitute(given, before) as string
  refuseLongUri(url)
  const { pathname, searchParams } = new URL(url, 'http://org')
  return {
    method,
    path: pathname.replace(/^\/services\/data\/v[\d.]+/, ''),
    query: searchParams,
    headers: { ...headers, ...httpHeaders },
    body: withAllOrNone(substitute(body, before), pathname, allOrNone),
    text: '',
    root,
  }
}

const subanswer = (referenceId: string, { status, body }: ApiAnswer): Subanswer => ({
  body: body ?? null,
  httpHeaders: {},
  httpStatusCode: status,
  referenceId,
})

function refused(referenceId: string, error: unknown): Subanswer {
  if (!(error instanceof Refusal)) throw error
  return subanswer(referenceId, { status: error.status, body: error.body })
}

/** `@{reference.field}` stands for a part of an earlier answer. */
function substitute(value: unknown, before: readonly Subanswer[]): unknown {
  if (typeof value === 'string') {
    if (!value.includes('@{')) return value
    return value.replaceAll(/@\{(\w+)\.([^}]+)\}/g, (_, reference: string, path: string) => {
      const found = before.find(({ referenceId }) => referenceId === reference)
      const read = path
        .split(/[.[\]]+/)
        .filter(Boolean)
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], found?.body)
      if (read === undefined)
        throw new Refusal(
          400,
          'PROCESSING_HALTED',
          `Invalid reference specified. No value for ${reference}.${path} found`,
        )
      return String(read)
    })
  }
  if (Array.isArray(value)) return value.map(item => substitute(item, before))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, before)]))
  return value
}

/** That of the Composite, where it is true, spreads to the collections in it. */
function withAllOrNone(body: unknown, path: string, allOrNone: boolean): unknown {
  return allOrNone && path.includes('/composite/sobjects') && typeof body === 'object' && body !== null
    ? { ...body, allOrNone }
    : body
}

/** A collection answers 200 whatever became of its rows. */
function hasFailed({ httpStatusCode, body }: Subanswer): boolean {
  if (httpStatusCode >= 400) return true
  return Array.isArray(body) && body.some(row => row !== null && row.success === false)
}

const halted = (answer: Subanswer): Subanswer =>
  hasFailed(answer)
    ? { ...answer, httpStatusCode: Math.max(400, answer.httpStatusCode) }
    : {
        ...answer,
        httpStatusCode: 400,
        body: [
          {
            errorCode: 'PROCESSING_HALTED',
            message:
              'The transaction was rolled back since another operation in the same transaction failed.',
          },
        ],
      }
