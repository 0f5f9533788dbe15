/** Ingest jobs: what they hold, and how their rows are written, in batches of 10,000 beside each other. */
import { setTimeout as pause, setImmediate as yieldToOthers } from 'node:timers/promises'
import type { Touched } from '../effort.ts'
import { RowRefusal } from '../errors.ts'
import { makeId } from '../ids.ts'
import type { Api } from '../rest.ts'
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
} from '../rows.ts'
import type { FieldDefinition } from '../schema.ts'
import { keyOf } from '../soql/literals.ts'
import { parseCell } from '../values.ts'
import { JobFailure, readCsv } from './csv.ts'

export const BATCH_ROWS = 10_000
/** Triggers see so many rows at a time. */
const CHUNK_ROWS = 200

export type JobState = 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Aborted' | 'Failed'
export const ENDED: ReadonlySet<JobState> = new Set(['JobComplete', 'Aborted', 'Failed'])
export type Operation = 'insert' | 'update' | 'upsert' | 'delete'

export interface BulkPace {
  /** From UploadComplete until the first row. */
  startDelayMs: number
  /** Fewer let a small job have batches beside each other. */
  batchRows: number
}

/** Places of rows. */
interface Stops {
  failsAfter?: number | undefined
  pausesAt?: number | undefined
}

export interface JobRequest {
  object: string
  operation: Operation
  externalIdFieldName: string | undefined
  columnDelimiter: string
  lineEnding: string
}

export interface Job extends JobRequest {
  id: string
  state: JobState
  createdAt: Date
  changedAt: Date
  upload: string | undefined
  header: string[]
  rows: string[][]
  /** By the row's place; a row without one is unprocessed. */
  results: (RowResult | undefined)[]
  processed: number
  failed: number
  activeMs: number
  totalMs: number
  errorMessage: string | undefined
}

export class BulkJobs {
  readonly all = new Map<string, Job>()
  batchesRun = 0
  readonly #api: Api
  readonly #pace: BulkPace
  readonly #now: () => Date
  readonly #closing = new AbortController()
  /** How many batches of each job are neither paused nor done. */
  readonly #atWork = new Map<Job, number>()
  readonly #paused = new Set<() => void>()
  /** Jobs that begin now stop after this share of their rows. */
  pauseAfter: number | undefined

  constructor(api: Api, pace: BulkPace, now: () => Date) {
    this.#api = api
    this.#pace = pace
    this.#now = now
  }

  open(request: JobRequest): Job {
    const at = this.#now()
    const job: Job = {
      ...request,
      id: makeId('Job', this.all.size + 1),
      state: 'Open',
      createdAt: at,
      changedAt: at,
      upload: undefined,
      header: [],
      rows: [],
      results: [],
      processed: 0,
      failed: 0,
      activeMs: 0,
      totalMs: 0,
      errorMessage: undefined,
    }
    this.all.set(job.id, job)
    return job
  }

  /** Rows that are written stay written; nothing is written after the answer. */
  abort(job: Job): void {
    this.#move(job, 'Aborted')
  }

  start(job: Job): void {
    this.#move(job, 'UploadComplete')
    this.#atWork.set(job, 1)
    void this.#run(job)
      .catch(error => {
        if (!this.#closing.signal.aborted) this.#fail(job, `UNKNOWN_EXCEPTION : ${error}`)
      })
      .finally(() => this.#atWork.delete(job))
  }

  /** Resolves when no job is at work; paused ones are not. */
  async idle(): Promise<void> {
    const isAtWork = () => [...this.#atWork.values()].some(batches => batches > 0)
    while (isAtWork() && !this.#closing.signal.aborted) await yieldToOthers()
  }

  /** Paused jobs go on; resolves with how many, when none is at work. */
  async resume(): Promise<number> {
    const paused = [...this.#paused]
    for (const goOn of paused) goOn()
    await this.idle()
    return paused.length
  }

  /** As an administrator does in Setup: what has not ended yet. Returns how many. */
  abortAll(): number {
    const open = [...this.all.values()].filter(({ state }) => !ENDED.has(state))
    for (const job of open) this.abort(job)
    return open.length
  }

  close(): void {
    this.#closing.abort()
    void this.resume()
  }

  async #run(job: Job): Promise<void> {
    const { startDelayMs, batchRows } = this.#pace
    const options = { signal: this.#closing.signal }
    await (startDelayMs > 0 ? pause(startDelayMs, undefined, options) : yieldToOthers(undefined, options))
    if (job.state !== 'UploadComplete') return
    const beganAt = performance.now()
    try {
      const [header = [], ...rows] = readCsv(job.upload ?? '', job)
      Object.assign(job, { upload: undefined, header, rows, results: new Array(rows.length) })
      const columns = this.#columnsOf(job)
      this.#move(job, 'InProgress')
      const batches = Array.from({ length: Math.ceil(rows.length / batchRows) }, (_, i) => i * batchRows)
      this.batchesRun += batches.length
      const failure = this.#api.faults.onJob(`${job.operation} ${job.object}`)
      const failsAfter = failure && Math.floor(rows.length * (failure.after ?? 0.5))
      const pausesAt = this.pauseAfter && Math.floor(rows.length * this.pauseAfter)
      this.#count(job, batches.length - 1)
      await Promise.all(
        batches.map(start =>
          this.#runBatch(job, columns, start, { failsAfter, pausesAt }).finally(() => this.#count(job, -1)),
        ),
      )
      this.#count(job, 1)
      if (failure && isRunning(job))
        throw new JobFailure(
          failure.message ?? 'InternalServerError : Unable to process the batch. Max retries exceeded.',
        )
    } catch (error) {
      if (!(error instanceof JobFailure)) throw error
      this.#fail(job, error.message)
    }
    job.totalMs = Math.round(performance.now() - beganAt)
    if (isRunning(job)) this.#move(job, 'JobComplete')
  }

  async #runBatch(
    job: Job,
    columns: readonly (FieldDefinition | undefined)[],
    start: number,
    { failsAfter = Number.POSITIVE_INFINITY, pausesAt }: Stops,
  ): Promise<void> {
    const end = Math.min(start + this.#pace.batchRows, job.rows.length)
    for (let at = start, next = at; at < end; at = next) {
      next = Math.min(at + CHUNK_ROWS, end)
      if (at === pausesAt) await this.#pausedJob(job)
      else if (pausesAt !== undefined && at < pausesAt) next = Math.min(next, pausesAt)
      const places = Array.from({ length: next - at }, (_, i) => at + i)
      await yieldToOthers(undefined, { signal: this.#closing.signal })
      const beganAt = performance.now()
      await this.#api.effort.perform(this.#api, touchedBy(this.#api, job, places), api =>
        this.#writeChunk(api, job, columns, places, failsAfter),
      )
      job.activeMs += performance.now() - beganAt
      if (!isRunning(job) || job.processed >= failsAfter) return
    }
  }

  #writeChunk(
    api: Api,
    job: Job,
    columns: readonly (FieldDefinition | undefined)[],
    places: readonly number[],
    failsAfter: number,
  ): void {
    if (!isRunning(job)) return
    const keys = keysOf(api, job, places)
    for (const [i, place] of places.entries()) {
      if (job.processed >= failsAfter) return
      const result = attempt(() => writeRow(api, job, columns, place, keys, i))
      job.results[place] = result
      job.processed++
      if (!result.success) job.failed++
    }
  }

  /** Names what the file says of each row's fields; a name that is none fails the job before any row. */
  #columnsOf({ object, operation, externalIdFieldName, header }: Job): (FieldDefinition | undefined)[] {
    const { fields } = this.#api.records.object(object)
    const byName = new Map([...fields.values()].map(field => [field.name.toLowerCase(), field]))
    const needed = operation === 'upsert' ? externalIdFieldName : operation === 'insert' ? undefined : 'Id'
    const has = (name: string) => header.some(one => one.toLowerCase() === name.toLowerCase())
    const unknown = header.find(name => !byName.has(name.toLowerCase()))
    const missing = unknown ?? (needed !== undefined && !has(needed) ? needed : undefined)
    if (missing !== undefined) throw new JobFailure(`InvalidBatch : Field name not found : ${missing}`)
    return header.map(name => (isId(name) ? undefined : byName.get(name.toLowerCase())))
  }

  async #pausedJob(job: Job): Promise<void> {
    this.#count(job, -1)
    await new Promise<void>(resolve => {
      const goOn = () => {
        this.#paused.delete(goOn)
        this.#count(job, 1)
        resolve()
      }
      this.#paused.add(goOn)
    })
  }

  #count(job: Job, more: number): void {
    this.#atWork.set(job, (this.#atWork.get(job) ?? 0) + more)
  }

  #fail(job: Job, message: string): void {
    job.errorMessage = message
    this.#move(job, 'Failed')
  }

  #move(job: Job, state: JobState): void {
    job.state = state
    job.changedAt = this.#now()
  }
}

const isId = (name: string): boolean => name.toLowerCase() === 'id'

const isRunning = (job: Job): boolean => job.state === 'InProgress'

/** What two rows of one chunk must not share. */
function keysOf(
  api: Api,
  { object, operation, externalIdFieldName, header, rows }: Job,
  places: readonly number[],
): string[] {
  const name = operation === 'upsert' ? (externalIdFieldName ?? 'Id') : 'Id'
  const field = api.records.object(object).fields.get(name)
  const column = header.findIndex(one => one.toLowerCase() === name.toLowerCase())
  return places.map(place => {
    const cell = rows[place]?.[column] ?? ''
    return String(field ? keyOf(field, cell) : cell)
  })
}

function writeRow(
  api: Api,
  job: Job,
  columns: readonly (FieldDefinition | undefined)[],
  place: number,
  keys: readonly string[],
  i: number,
): RowResult {
  const { object, operation, externalIdFieldName: field } = job
  const cells = job.rows[place] as string[]
  const given = Object.fromEntries(job.header.map((name, column) => [name, cells[column]]))
  const id = given[job.header.find(isId) ?? 'Id']
  if (operation === 'delete') return removeOne(api, id ?? '')
  refuseByFault(api, given)
  const values: ParsedRow = new Map()
  for (const [column, definition] of columns.entries()) {
    const value = definition && parseCell(definition, cells[column] as string)
    if (definition && value !== undefined) values.set(definition, value)
  }
  if (operation === 'upsert' && field && !isId(field)) {
    refuseRepeatedKey(keys, i, field)
    return upsertOne(api, object, field, given[field], values)
  }
  if (operation === 'insert' || (operation === 'upsert' && !id)) {
    if (id)
      throw new RowRefusal('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id'])
    return { ...createOne(api, object, values), created: true }
  }
  if (keys.indexOf(keys[i] as string) !== keys.lastIndexOf(keys[i] as string))
    throw new RowRefusal('INVALID_INPUT', `duplicate id in list: ${id}`, ['Id'])
  return updateOne(api, object, id, values)
}

/** The rows of a chunk as locks see them. */
function touchedBy(api: Api, job: Job, places: readonly number[]): Touched[] {
  const { object, operation, externalIdFieldName, header, rows } = job
  const cell = (place: number, name: string) => rows[place]?.[header.indexOf(name)]
  return places.map(place => {
    const isKey = operation === 'upsert' && externalIdFieldName !== undefined
    const id = isKey
      ? api.records.store.living(object, externalIdFieldName, cell(place, externalIdFieldName) ?? '')[0]
      : cell(place, 'Id')
    return { sobject: object, id, accountId: cell(place, 'AccountId') }
  })
}
