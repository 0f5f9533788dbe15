/** One ingest job of Bulk API 2.0: create, upload, close, wait, and read what became of every row. */
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Passage } from '../../contract.ts'
import type { Client } from '../client.ts'
import { CallError } from '../errors.ts'

const LONGEST_POLL_MS = 20_000
/** In a row. */
const FAILED_POLLS = 30
/** For ending a job while we are being stopped. */
const ENDING_MS = 4_000
const ENDING_ATTEMPTS = 5
const ENDED = new Set(['JobComplete', 'Aborted', 'Failed'])

export interface JobOrder {
  object: string
  operation: 'update' | 'upsert'
  externalIdField?: string | undefined
  csv: string
  rows: number
}

export interface JobEnd {
  state: string
  errorMessage: string | undefined
  successful: string
  failed: string
  /** The call that brought the results. */
  call: string | undefined
}

export interface JobGround {
  client: Client
  bulk: NonNullable<Passage['bulk']>
  signal: AbortSignal
  firstPollMs: number
  againMs: number
  /** The job is ended after this. */
  deadlineMs: number
}

const jobInfo = z.object({
  id: z.string(),
  state: z.string(),
  errorMessage: z.string().optional(),
  numberRecordsProcessed: z.number().default(0),
  numberRecordsFailed: z.number().default(0),
})
type JobInfo = z.infer<typeof jobInfo>

/** The org takes no bulk job from this user: the rows go by another way. */
export class NoBulk extends Error {
  override name = 'NoBulk'
}

/** Throws where the job could not be begun, or where nobody knows what became of it. */
export async function runJob(ground: JobGround, order: JobOrder): Promise<JobEnd> {
  const { client, bulk, signal, againMs } = ground
  const id = await createJob(ground, order)
  const path = `/jobs/ingest/${id}`
  await bulk.began(id)
  let end: JobInfo
  try {
    const { csv, rows } = order
    await client.send('bulk', { method: 'PUT', path: `${path}/batches`, csv, rows }, signal)
    await ask(client, { method: 'PATCH', path, body: { state: 'UploadComplete' } }, signal)
    end = await waitFor(ground, path)
  } catch (error) {
    await endIt(ground, id, error)
    throw error
  }
  await bulk.ended(id)
  const { numberRecordsProcessed: processed, numberRecordsFailed: failures } = end
  const read = (part: string) =>
    persist(() => client.ask('bulk', { method: 'GET', path: `${path}/${part}` }, signal), againMs, signal)
  const successful = processed > failures ? await read('successfulResults') : undefined
  const failed = failures > 0 ? await read('failedResults') : undefined
  return {
    state: end.state,
    errorMessage: end.errorMessage,
    successful: String(successful?.body ?? ''),
    failed: String(failed?.body ?? ''),
    call: (successful ?? failed)?.call,
  }
}

async function createJob({ client, signal }: JobGround, order: JobOrder): Promise<string> {
  const { object, operation, externalIdField } = order
  const body = {
    object,
    operation,
    contentType: 'CSV',
    lineEnding: 'LF',
    ...(externalIdField === undefined ? {} : { externalIdFieldName: externalIdField }),
  }
  try {
    return (await ask(client, { method: 'POST', path: '/jobs/ingest', body }, signal)).id
  } catch (cause) {
    if (cause instanceof CallError && isOfBulkAlone(cause)) throw new NoBulk(cause.message, { cause })
    throw cause
  }
}

/** That of the day's jobs, which all programs share, is a limit of its own. */
const isOfBulkAlone = ({ kind, code, retryAfterMs }: CallError): boolean =>
  kind === 'hold' && (retryAfterMs === undefined || code === 'LIMIT_EXCEEDED')

/** Whoever comes next must not meet it at work. Where it cannot be ended now, it stays marked as begun. */
async function endIt({ client, bulk, againMs }: JobGround, id: string, because: unknown): Promise<void> {
  try {
    await abandon(client, id, againMs, AbortSignal.timeout(ENDING_MS))
    await bulk.ended(id)
  } catch (cause) {
    const message = `a bulk job may still run: ${because instanceof Error ? because.message : because}`
    throw new CallError('TIMEOUT', message, { mayStillRun: true, cause })
  }
}

/** What was done is there to be read, also where the first answers are lost. */
async function persist<T>(read: () => Promise<T>, againMs: number, signal: AbortSignal): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof CallError) || error.kind !== 'transient' || failures >= FAILED_POLLS) throw error
      await pause(againMs, undefined, { signal })
    }
  }
}

async function waitFor(
  { client, bulk, signal, firstPollMs, againMs, deadlineMs }: JobGround,
  path: string,
): Promise<JobInfo> {
  for (let waitMs = firstPollMs; ; waitMs = Math.min(LONGEST_POLL_MS, waitMs * 2)) {
    await pause(waitMs, undefined, { signal })
    const info = await persist(() => ask(client, { method: 'GET', path }, signal), againMs, signal)
    bulk.progress(info.numberRecordsProcessed)
    if (ENDED.has(info.state)) return info
    if (Date.now() > deadlineMs)
      throw new CallError(
        'REQUEST_RUNNING_TOO_LONG',
        `the bulk job was ended after hours in state ${info.state}`,
      )
  }
}

/** Resolves when the job writes nothing any more: it was ended, had ended by itself, or is gone. */
export async function abandon(
  client: Client,
  id: string,
  againMs: number,
  signal: AbortSignal,
): Promise<void> {
  const path = `/jobs/ingest/${id}`
  for (let attempt = 1; ; attempt++) {
    const refusal = await refusalOf(
      ask(client, { method: 'PATCH', path, body: { state: 'Aborted' } }, signal),
    )
    if (!refusal || refusal.code === 'NOT_FOUND') return
    // What a job in a state that cannot be aborted is refused with is not documented: its state says.
    const { state } = await ask(client, { method: 'GET', path }, signal)
    if (ENDED.has(state)) return
    if (attempt === ENDING_ATTEMPTS) throw refusal
    await pause(againMs, undefined, { signal })
  }
}

async function refusalOf(work: Promise<unknown>): Promise<CallError | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    if (error instanceof CallError) return error
    throw error
  }
}

async function ask(
  client: Client,
  request: Parameters<Client['send']>[1],
  signal?: AbortSignal,
): Promise<JobInfo> {
  const answer = await client.ask('bulk', request, signal)
  const parsed = jobInfo.safeParse(answer.body)
  if (parsed.success) return parsed.data
  throw new CallError('SERVER_ERROR', 'the answer about a bulk job has an unknown shape', {
    ...(answer.call === undefined ? {} : { call: answer.call }),
  })
}
