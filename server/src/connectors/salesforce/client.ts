/** The few resources of the REST API that the connector needs, with the token, the version and the org's errors seen to. */
import { z } from 'zod'
import type { Usage } from '../contract.ts'
import { CallError, isKnown, judge } from './errors.ts'
import { NEWEST_VERSION, OLDEST_VERSION, type Patience } from './limits.ts'
import type { Tokens } from './token.ts'
import type { Answer, Asked, Kind, Send } from './transport.ts'

export interface Subrequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT'
  /** What follows `/services/data/vXX.0`. */
  path: string
  body?: unknown
  headers?: Record<string, string>
  /** Instead of a body. */
  csv?: string
  /** Records in it. */
  rows?: number
}

export interface SubAnswer {
  status: number
  body: unknown
  /** The id of the call that brought it. */
  call?: string
}

export interface Client {
  send(kind: Kind, request: Subrequest, signal?: AbortSignal): Promise<unknown>
  /** As send, with the call that was answered. */
  ask(kind: Kind, request: Subrequest, signal?: AbortSignal): Promise<SubAnswer>
  /** Independent subrequests, answered in their order; costs one call. */
  composite(kind: Kind, subrequests: readonly Subrequest[], signal?: AbortSignal): Promise<SubAnswer[]>
  version(): Promise<string>
  /** Gets a token, or says why not. */
  authorize(): Promise<void>
  /** Of the rolling 24 hours, as the last answer said. */
  usage(): Usage | undefined
}

const versionList = z.array(z.object({ version: z.string() }))
const orgErrors = z
  .array(
    z.object({
      errorCode: z.string().nullish(),
      statusCode: z.string().nullish(),
      message: z
        .string()
        .nullish()
        .transform(text => text ?? ''),
    }),
  )
  .min(1)
const compositeAnswer = z.object({
  compositeResponse: z.array(
    z.object({ referenceId: z.string(), httpStatusCode: z.number(), body: z.unknown() }),
  ),
})

/**
 * Always speaks to the address that was configured, never to the `instance_url` of the token's answer: with this flow
 * they are the same org's domain, and the token must not go to a host that nobody named.
 */
export function createClient(send: Send, tokens: Tokens, patience: Patience): Client {
  let version: Promise<string> | undefined
  let usage: Usage | undefined

  async function authorized(asked: Asked): Promise<Answer> {
    const token = await tokens.get()
    const answer = await attempt(asked, token)
    if (answer.status !== 401 || !isCuredByToken(answer)) return answer
    return attempt(asked, await tokens.renew(token))
  }

  async function attempt(asked: Asked, token: string): Promise<Answer> {
    const answer = await send({ ...asked, headers: { ...asked.headers, authorization: `Bearer ${token}` } })
    usage = usageOf(answer) ?? usage
    return answer
  }

  async function request(kind: Kind, subrequest: Subrequest, signal?: AbortSignal): Promise<Answer> {
    const { method, path, rows = 0 } = subrequest
    const content = contentOf(subrequest)
    const timeoutMs =
      kind === 'composite' || kind === 'bulk' ? patience.writeTimeoutMs : patience.requestTimeoutMs
    const answer = await authorized({ kind, method, path, ...content, rows, timeoutMs, signal })
    if (answer.status >= 200 && answer.status < 300) return answer
    throw refusalOf(answer)
  }

  function findVersion(): Promise<string> {
    version ??= askVersion(send, patience.requestTimeoutMs).catch(error => {
      version = undefined
      throw error
    })
    return version
  }

  const root = async (): Promise<string> => `/services/data/v${await findVersion()}`

  const ask: Client['ask'] = async (kind, subrequest, signal) => {
    const path = (await root()) + subrequest.path
    return request(kind, { ...subrequest, path, headers: headersOf(subrequest) }, signal)
  }

  return {
    usage: () => usage,
    version: findVersion,
    async authorize() {
      await tokens.get()
    },
    async send(kind, subrequest, signal) {
      return (await ask(kind, subrequest, signal)).body
    },
    ask,
    async composite(kind, subrequests, signal) {
      const base = await root()
      const body = {
        allOrNone: false,
        // Collated subrequests may be reordered.
        collateSubrequests: false,
        compositeRequest: subrequests.map((subrequest, i) => {
          const { method, path, body } = subrequest
          const headers = headersOf(subrequest)
          return {
            method,
            url: base + path,
            referenceId: `r${i}`,
            ...(Object.keys(headers).length > 0 ? { httpHeaders: headers } : {}),
            ...(body === undefined ? {} : { body }),
          }
        }),
      }
      const rows = subrequests.reduce((sum, one) => sum + (one.rows ?? 0), 0)
      const whole = await request(kind, { method: 'POST', path: `${base}/composite`, body, rows }, signal)
      const { call } = whole
      const answer = compositeAnswer.safeParse(whole.body)
      if (!answer.success)
        throw new CallError('SERVER_ERROR', 'the answer to a Composite call has an unknown shape', { call })
      const byReference = new Map(answer.data.compositeResponse.map(one => [one.referenceId, one]))
      return subrequests.map((_, i) => {
        const one = byReference.get(`r${i}`)
        return one
          ? { status: one.httpStatusCode, body: one.body, call }
          : { status: 500, body: undefined, call }
      })
    },
  }
}

/**
 * The REST API runs the org's assignment rules over whatever is written, edits as well, unless it is told not to: a choice
 * would take a lead from the salesperson who works on it. Who is created is assigned, as anybody new.
 */
const headersOf = ({ method, path, headers = {} }: Subrequest): Record<string, string> =>
  method === 'PATCH' && path === '/composite/sobjects'
    ? { ...headers, 'Sforce-Auto-Assign': 'FALSE' }
    : headers

function contentOf({ body, csv, headers = {} }: Subrequest): Pick<Asked, 'headers' | 'body'> {
  if (csv !== undefined)
    return { headers: { ...headers, 'content-type': 'text/csv; charset=UTF-8' }, body: csv }
  if (body === undefined) return { headers }
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** A call's error, from its status and whichever of the org's error shapes the body has. */
export function errorOf({ status, body, call }: SubAnswer): CallError {
  const of = call === undefined ? {} : { call }
  const [first] = orgErrors.safeParse(body).data ?? []
  const code = first?.errorCode ?? first?.statusCode
  const mayStillRun = status === 504
  // An unknown code with a server's status is the server's trouble, not a person's.
  if (first && code && (status < 500 || judge(code, first.message).verdict === 'transient'))
    return new CallError(code, first.message || code, { mayStillRun, ...of })
  if (status >= 500)
    return new CallError('SERVER_ERROR', first?.message || `Salesforce answered ${status}`, {
      mayStillRun,
      ...of,
    })
  if (status === 401) return new CallError('INVALID_SESSION_ID', 'Salesforce refused the session', of)
  if (status === 200) return new CallError('SERVER_ERROR', 'the answer has an unknown shape', of)
  return new CallError(
    'NOT_SALESFORCE',
    `the address answers ${status}, but not as a Salesforce org does`,
    of,
  )
}

/** Of a whole call. Whoever may not make it is not told by a row, whatever the code is that nobody knows yet. */
function refusalOf(answer: Answer): CallError {
  const error = errorOf(answer)
  const isForbidden = answer.status === 401 || answer.status === 403
  if (!isForbidden || isKnown(error.code)) return error
  return new CallError('FORBIDDEN', `${error.code}: ${error.message}`, { call: answer.call })
}

/** Needs no credentials, so it also proves that the address is an org's. */
async function askVersion(send: Send, timeoutMs: number): Promise<string> {
  const answer = await send({ kind: 'describe', method: 'GET', path: '/services/data', timeoutMs })
  if (answer.status >= 500) throw errorOf(answer)
  const listed = versionList.safeParse(answer.body).data?.map(({ version }) => Number(version)) ?? []
  if (listed.length === 0) throw new CallError('NOT_SALESFORCE', 'the address lists no API versions')
  const newest = Math.max(...listed.filter(version => version <= NEWEST_VERSION))
  if (newest < OLDEST_VERSION)
    throw new CallError(
      'UNSUPPORTED_API_VERSION',
      `the org speaks no API version from ${OLDEST_VERSION}.0 to ${NEWEST_VERSION}.0`,
    )
  return newest.toFixed(1)
}

function isCuredByToken({ body }: Answer): boolean {
  const [first] = orgErrors.safeParse(body).data ?? []
  return judge(first?.errorCode ?? 'INVALID_SESSION_ID', first?.message ?? '').verdict === 'transient'
}

/** `Sforce-Limit-Info: api-usage=18/15000` */
function usageOf({ headers }: Answer): Usage | undefined {
  const [, used, limit] = /api-usage=(\d+)\/(\d+)/.exec(String(headers['sforce-limit-info'] ?? '')) ?? []
  return used && limit ? { used: Number(used), limit: Number(limit) } : undefined
}
