/** One HTTP request to the org: bounded in time and size, and sure that what came back is JSON. Knows nothing of tokens. */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Dispatcher, request } from 'undici'
import type { Call } from '../contract.ts'
import { CallError } from './errors.ts'
import { ANSWER_BYTES } from './limits.ts'
import { keepable, parseJson } from './texts.ts'

/**
 * A connection that breaks sooner had been idle for too long and took no request any more. Later the org is at work on it, and
 * goes on: a proxy has lost patience, or the network its memory.
 */
const AT_WORK_MS = 2_000
/** Where there was no connection, nothing was sent. */
const NEVER_SENT = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  'UND_ERR_CONNECT_TIMEOUT',
])

export type Kind = 'token' | 'describe' | 'query' | 'composite' | 'retrieve' | 'bulk'

export interface Asked {
  kind: Kind
  method: 'GET' | 'POST' | 'PATCH' | 'PUT'
  path: string
  headers?: Record<string, string>
  body?: string
  /** Records that are sent or asked for. */
  rows?: number
  timeoutMs: number
  signal?: AbortSignal | undefined
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** Parsed JSON, or CSV as text; undefined where the org sent no body. */
  body: unknown
  /** The id under which it is recorded. */
  call: string
}

export type Send = (asked: Asked) => Promise<Answer>

export interface TransportGround {
  dispatcher: Dispatcher
  recordCall(call: Call): void
}

export function createTransport(origin: string, { dispatcher, recordCall }: TransportGround): Send {
  return async ({ kind, method, path, headers, body, rows = 0, timeoutMs, signal }) => {
    const timeout = AbortSignal.timeout(timeoutMs)
    const beganAt = new Date()
    signal?.throwIfAborted()
    const id = randomBytes(9).toString('base64url')
    let status: number | undefined
    let failure: CallError | undefined
    try {
      const answer = await request(new URL(path, origin), {
        dispatcher,
        method,
        headers: { accept: 'application/json', ...headers },
        body: body ?? null,
        signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
      })
      status = answer.statusCode
      const text = await readBounded(answer.body)
      return {
        call: id,
        status: answer.statusCode,
        headers: answer.headers,
        body: parse(answer.statusCode, answer.headers, text),
      }
    } catch (error) {
      if (!(error instanceof CallError)) signal?.throwIfAborted()
      failure = timeout.aborted
        ? timedOut(timeoutMs, error)
        : brokenOff(error, status === undefined && Date.now() - beganAt.getTime() > AT_WORK_MS)
      failure.call = id
      throw failure
    } finally {
      recordCall({
        id,
        kind,
        method,
        path: path.split('?', 1)[0] as string,
        ...(status === undefined ? {} : { status }),
        rows,
        beganAt,
        durationMs: Date.now() - beganAt.getTime(),
        ...(failure ? { error: failure.code } : {}),
      })
    }
  }
}

async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES)
      throw new CallError('SERVER_ERROR', 'the answer is larger than Salesforce’s answers are')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Login pages and maintenance pages come as HTML, some with status 200. */
function parse(status: number, headers: IncomingHttpHeaders, text: string): unknown {
  if (text === '' && status < 300) return undefined
  const type = String(headers['content-type'] ?? '')
  if (type.includes('csv') && status < 300) return keepable(text)
  if (type.includes('json')) {
    try {
      return parseJson(text)
    } catch (cause) {
      throw new CallError('SERVER_ERROR', 'the answer is broken JSON', { cause })
    }
  }
  if (status >= 500)
    throw new CallError('SERVER_ERROR', `Salesforce answered ${status}`, { mayStillRun: status === 504 })
  if (status === 413) throw new CallError('REQUEST_TOO_LARGE', 'the request was too large')
  if (status === 429 || status === 408) throw new CallError('SERVER_ERROR', `Salesforce answered ${status}`)
  throw new CallError('NOT_SALESFORCE', `the address answers (${status}), but not as a Salesforce org does`)
}

const timedOut = (timeoutMs: number, cause: unknown): CallError =>
  new CallError('TIMEOUT', `Salesforce did not answer within ${timeoutMs / 1000} s`, {
    mayStillRun: true,
    cause,
  })

/** Salesforce answers when it has done, so what it began to answer is done. */
function brokenOff(error: unknown, isAtWork: boolean): CallError {
  if (error instanceof CallError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'OUTBOUND_REFUSED') return new CallError(code, (error as Error).message, { cause: error })
  return new CallError('UNREACHABLE', `the connection to Salesforce failed (${code})`, {
    mayStillRun: isAtWork && !NEVER_SENT.has(code),
    cause: error,
  })
}
