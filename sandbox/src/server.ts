/** The org over HTTP: tokens, limits, faults, and the API behind them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Control } from './control.ts'
import { Refusal } from './errors.ts'
import type { Fault } from './faults.ts'
import { type Api, type ApiAnswer, answerInTime, refuseLongUri } from './rest.ts'
import { issueToken, type JwtOptions, type TokenRefusal, userInfo } from './token.ts'

/** What a bulk job takes at most. */
const MAX_BODY_BYTES = 150_000_000
const OLDEST_VERSION = 50

/** Requests that run so long count against a limit of their own; shorter ones against none. */
interface LongRunning {
  afterMs: number
  limit: number
}

export interface ServerState {
  clientId: string
  clientSecret: string
  apiVersion: number
  latencyMs: number
  dailyApiLimit: number
  tokenLifetimeMs: number | undefined
  usage: { calls: number; byKind: Record<string, number>; rowsWritten: number; tokens: number }
  /** Access token -> when it was issued. */
  tokens: Map<string, number>
  /** `no client credentials user enabled` and the like; undefined: tokens are given. */
  tokenRefusal: TokenRefusal | undefined
  /** Undefined: the app has no certificate. */
  jwt: JwtOptions | undefined
  longRunning: LongRunning
  now: () => Date
}

export function createOrgServer(state: ServerState, api: Api, control: Control): Server {
  /** When each request began that is under way. */
  const running = new Set<number>()
  // Node would answer a long address before the org can: Salesforce's own limit is checked here.
  return createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
    void handle(request, response).catch(error => {
      if (!response.headersSent)
        send(response, 500, [{ errorCode: 'UNKNOWN_EXCEPTION', message: String(error) }])
    })
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('date', state.now().toUTCString())
    const uri = request.url ?? '/'
    const url = new URL(uri, 'http://org')
    if (!url.pathname.startsWith('/services/')) return control.handle(request, response, url)
    response.setHeader('date', state.now().toUTCString())
    const body = await readBody(request)
    if (state.latencyMs > 0) await pause(state.latencyMs)
    const kind = kindOf(url.pathname)
    const fault = api.faults.onCall(kind, body)
    if (fault && fault.kind !== 'cut-after') return strike(fault, request, response)
    if (kind === 'token') return token(request, response, body)
    if (kind === 'userinfo')
      return isSignedIn(request)
        ? send(response, 200, userInfo(state, `http://${request.headers.host}`))
        : send(response, 403, 'Bad_OAuth_Token')
    if (kind === 'versions') return send(response, 200, versions())
    const version = /^\/services\/data\/v(\d+)\.\d(\/.*)?$/.exec(url.pathname)
    if (!version || Number(version[1]) > state.apiVersion || Number(version[1]) < OLDEST_VERSION)
      return send(response, 404, [
        { errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' },
      ])
    const answered = await call(kind, request, url, version[2] ?? '', body)
    if (fault) return void request.socket.destroy()
    sendAnswer(response, answered, {
      'sforce-limit-info': `api-usage=${state.usage.calls}/${state.dailyApiLimit}`,
    })
  }

  async function call(
    kind: string,
    request: IncomingMessage,
    url: URL,
    path: string,
    body: string,
  ): Promise<ApiAnswer> {
    if (!isSignedIn(request))
      return {
        status: 401,
        body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
      }
    if (state.usage.calls >= state.dailyApiLimit)
      return {
        status: 403,
        body: [{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
      }
    const { afterMs, limit } = state.longRunning
    const longest = [...running].filter(beganAt => performance.now() - beganAt >= afterMs)
    if (longest.length >= limit)
      return {
        status: 403,
        body: [{ message: 'ConcurrentPerOrgLongTxn Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
      }
    state.usage.calls++
    state.usage.byKind[kind] = (state.usage.byKind[kind] ?? 0) + 1
    const beganAt = performance.now()
    running.add(beganAt)
    try {
      return await respond(request, url, path, body)
    } finally {
      running.delete(beganAt)
    }
  }

  async function respond(request: IncomingMessage, url: URL, path: string, text: string): Promise<ApiAnswer> {
    try {
      refuseLongUri(request.url ?? '')
      const isCsv = path.endsWith('/batches')
      const body = text === '' || isCsv ? undefined : parseJson(text)
      const root = url.pathname.slice(0, url.pathname.length - path.length)
      return await answerInTime(api, {
        method: request.method ?? 'GET',
        path,
        query: url.searchParams,
        headers: request.headers,
        body,
        text,
        root,
      })
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: error.body }
      throw error
    }
  }

  async function token(request: IncomingMessage, response: ServerResponse, form: string): Promise<void> {
    const { authorization, host } = request.headers
    const { status, body } = await issueToken(
      state,
      new URLSearchParams(form),
      authorization,
      `http://${host}`,
    )
    send(response, status, body)
  }

  function isSignedIn(request: IncomingMessage): boolean {
    const given = /^(?:Bearer|OAuth) (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const issuedAt = given === undefined ? undefined : state.tokens.get(given)
    if (issuedAt === undefined) return false
    return state.tokenLifetimeMs === undefined || state.now().getTime() - issuedAt < state.tokenLifetimeMs
  }

  function strike(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
    if (fault.kind === 'hang') return
    if (fault.kind === 'cut') return void request.socket.destroy()
    if (fault.kind === 'html') {
      const page =
        '<html><head><title>Maintenance</title></head><body><h1>We are down for maintenance.</h1></body></html>'
      return void response
        .writeHead(fault.status ?? 200, { 'content-type': 'text/html; charset=UTF-8' })
        .end(page)
    }
    const { status = 503, code = 'SERVER_UNAVAILABLE', message = 'We are down for maintenance.' } = fault
    send(response, status, [{ errorCode: code, message }])
  }

  function versions(): object[] {
    return Array.from({ length: state.apiVersion - OLDEST_VERSION + 1 }, (_, i) => ({
      label: `Release ${OLDEST_VERSION + i}`,
      url: `/services/data/v${OLDEST_VERSION + i}.0`,
      version: `${OLDEST_VERSION + i}.0`,
    }))
  }
}

function sendAnswer(
  response: ServerResponse,
  { status, body, text }: ApiAnswer,
  headers: Record<string, string>,
): void {
  if (text === undefined) send(response, status, body, headers)
  else response.writeHead(status, { 'content-type': 'text/csv', ...headers }).end(text)
}

export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (body === undefined) return void response.writeHead(status, headers).end()
  response
    .writeHead(status, { 'content-type': 'application/json;charset=UTF-8', ...headers })
    .end(JSON.stringify(body))
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error('the body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'JSON_PARSER_ERROR', 'The request body is not valid JSON')
  }
}

/** What a call is: by it calls are counted and faults aimed. */
function kindOf(pathname: string): string {
  if (pathname === '/services/oauth2/token') return 'token'
  if (pathname === '/services/oauth2/userinfo') return 'userinfo'
  const path = pathname.replace(/^\/services\/data(\/v[\d.]+)?/, '')
  if (path === '' || path === '/') return 'versions'
  if (path.endsWith('/describe')) return 'describe'
  if (path.startsWith('/jobs/ingest')) return 'bulk'
  if (path === '/composite') return 'composite'
  if (path.startsWith('/composite/')) return 'collections'
  return /^\/query(All)?\b/.test(path) ? 'query' : 'other'
}
