/**
 * Sends rows: up to 5 collections of up to 200 in a Composite call, every row's result read by its position. One row's
 * refusal never touches another's: where a whole collection is refused, it is cut into pieces until the row is found.
 */
import { type Client, errorOf, type SubAnswer, type Subrequest } from './client.ts'
import type { Conversions } from './conversions.ts'
import { CallError, judge } from './errors.ts'
import { SUBREQUESTS_PER_CALL } from './limits.ts'
import { shortId } from './match.ts'
import { LEAST_ROWS, type Pace } from './pace.ts'
import { inSendingOrder, type Row } from './plan.ts'
import { failure, type RowResult, resultsOf, type Written, writtenOf } from './written.ts'

export interface WriteGround {
  client: Client
  conversions: Pick<Conversions, 'rider'>
  pace: Pace
  lane<T>(work: () => Promise<T>): Promise<T>
  signal: AbortSignal
  /** No call is begun after this. */
  deadlineMs: number
}

export interface WriteResult {
  written: Map<Row, Written>
  /** What ended the writing before all rows were sent. */
  stoppedBy?: unknown
}

type Method = 'update' | 'create' | 'upsert'

/** Rows that travel together: one method, and one object where they are upserts. */
type Collection = readonly Row[]

const PIECES = 5
/** Refused collections that a round takes apart; with a changed field all would be, and each costs several calls. */
const CUTS = 20
/** Salesforce reads `@{...}` in a Composite body as a reference to another subrequest's answer, and knows no escape. */
const REFERENCE = '@{'

/**
 * A record that exists is no new duplicate: rules that only alert must not stop its update. A rule that blocks still does; and
 * nobody is created against a rule.
 */
const ALLOW_SAVE = { 'Sforce-Duplicate-Rule-Header': 'allowSave=true' }

export async function write(ground: WriteGround, rows: readonly Row[]): Promise<WriteResult> {
  const { client, pace, lane, signal, deadlineMs } = ground
  const written = new Map<Row, Written>()
  let cuts = 0
  const queue = collectionsOf(inSendingOrder(rows), pace.rows())

  /** Cuts what may hold one bad row; enters the error for what cannot be cut. */
  function refuse(collection: Collection, error: CallError): void {
    if (collection.length > LEAST_ROWS && isTooMuch(error) && !error.mayStillRun) {
      lighten(collection, collection)
      return
    }
    const pieces = cuts < CUTS ? piecesOf(collection, error) : []
    cuts += pieces.length > 0 ? 1 : 0
    queue.unshift(...pieces)
    if (pieces.length > 0) return
    const isUncut = collection.length > 1 && judge(error.code, error.message).verdict === 'person'
    for (const row of collection)
      written.set(row, isUncut ? { ...failure(error), verdict: 'transient' } : failure(error))
  }

  /** What the org's automation could not do in one transaction is sent in smaller ones. */
  function enter(collection: Collection, results: readonly Written[]): void {
    const heavy: Row[] = []
    for (const [i, row] of collection.entries()) {
      const result = results[i] as Written
      if (collection.length > LEAST_ROWS && !result.ok && isTooMuch(result)) heavy.push(row)
      else written.set(row, result)
    }
    if (heavy.length > 0) lighten(collection, heavy)
  }

  function lighten(collection: Collection, heavy: readonly Row[]): void {
    pace.lighter(collection.length)
    queue.unshift(...chunks(heavy, Math.ceil(collection.length / 2)))
  }

  while (queue.length > 0) {
    const call = takeCall(queue, pace.collections())
    const isLate = Date.now() > deadlineMs
    try {
      if (isLate) throw new CallError('REQUEST_RUNNING_TOO_LONG', 'the round took too long')
      const rider = hasRoom(call) ? ground.conversions.rider() : undefined
      const answers = await lane(() => send(client, call, rider?.request, signal))
      pace.wentWell()
      const converted = rider?.take(answers[call.length] as SubAnswer)
      for (const [i, collection] of call.entries()) {
        const answer = answers[i] as SubAnswer
        const results = answer.status === 200 ? resultsOf(answer.body) : undefined
        if (results?.length === collection.length)
          enter(
            collection,
            collection.map((row, j) => {
              const result = writtenOf(row, results[j] as RowResult, answer.call)
              const id = shortId((result.ok ? result.id : row.id) ?? '')
              return converted?.has(id) ? failure(new CallError(...WAS_CONVERTED)) : result
            }),
          )
        else refuse(collection, errorOf(answer))
      }
    } catch (error) {
      if (error instanceof CallError && judge(error.code, error.message).verdict === 'person') {
        for (const collection of call) refuse(collection, error)
        continue
      }
      if (error instanceof CallError && !isLate && (error.code === 'TIMEOUT' || isTooMuch(error)))
        pace.slower()
      if (error instanceof CallError && error.code === 'REQUEST_TOO_LARGE' && call.flat().length > 1) {
        queue.unshift(
          ...(call.length > 1 ? call : chunks(call[0] as Collection, Math.ceil(call.flat().length / 2))),
        )
        continue
      }
      const stop =
        error instanceof CallError
          ? error
          : new CallError('TIMEOUT', 'the round was stopped', { mayStillRun: true })
      for (const row of call.flat()) written.set(row, failure(stop))
      for (const row of queue.flat()) written.set(row, { ...failure(stop), mayStillRun: false })
      return { written, stoppedBy: error }
    }
  }
  return { written }
}

export const isTooMuch = ({ code, message }: Pick<CallError, 'code' | 'message'>): boolean =>
  judge(code, message).isTooMuch === true

const methodOf = ({ id, externalIdField }: Row): Method =>
  id !== undefined ? 'update' : externalIdField === undefined ? 'create' : 'upsert'

function holdsReference({ fields }: Row): boolean {
  for (const field in fields) {
    const value = fields[field]
    if (typeof value === 'string' && value.includes(REFERENCE)) return true
  }
  return false
}

/** Rows of several objects may share a collection, but not those of several methods, nor upserts of several objects. */
function collectionsOf(rows: readonly Row[], size: number): Collection[] {
  const kindOf = (row: Row): string => {
    const method = methodOf(row)
    const kind = method === 'upsert' ? `upsert ${row.object}` : method
    return holdsReference(row) ? `alone ${kind}` : kind
  }
  return [...Map.groupBy(rows, kindOf).values()].flatMap(group => chunks(group, size))
}

function chunks(rows: Collection, size: number): Collection[] {
  const pieces: Collection[] = []
  for (let i = 0; i < rows.length; i += size) pieces.push(rows.slice(i, i + size))
  return pieces
}

const goesAlone = ([row]: Collection): boolean => row !== undefined && holdsReference(row)

function takeCall(queue: Collection[], most: number): Collection[] {
  const [first] = queue
  const together = first && goesAlone(first) ? 1 : queue.slice(0, most).findIndex(goesAlone)
  return queue.splice(0, together === -1 ? most : together)
}

/** For a query behind writes of leads. */
const hasRoom = (call: readonly Collection[]): boolean =>
  call.length < SUBREQUESTS_PER_CALL &&
  !goesAlone(call[0] as Collection) &&
  call.flat().some(row => row.object === 'Lead' && methodOf(row) !== 'create')

/** The org took the row, perhaps; nobody reads it there. */
const WAS_CONVERTED = ['CANNOT_UPDATE_CONVERTED_LEAD', 'the lead had been converted'] as const

async function send(
  client: Client,
  call: readonly Collection[],
  rider: Subrequest | undefined,
  signal: AbortSignal,
): Promise<SubAnswer[]> {
  const [only, ...others] = call.map(requestOf)
  if (only && others.length === 0 && goesAlone(call[0] as Collection))
    return [{ ...(await client.ask('composite', only, signal)), status: 200 }]
  const requests = call.map(requestOf)
  return client.composite('composite', rider ? [...requests, rider] : requests, signal)
}

function requestOf(collection: Collection): Subrequest {
  const [first] = collection as [Row]
  const method = methodOf(first)
  const records = collection.map(({ object, id, fields }) => {
    const attributes = { type: object }
    return id === undefined ? { attributes, ...fields } : { attributes, id, ...fields }
  })
  return {
    method: method === 'create' ? 'POST' : 'PATCH',
    path:
      method === 'upsert'
        ? `/composite/sobjects/${first.object}/${first.externalIdField}`
        : '/composite/sobjects',
    body: { allOrNone: false, records },
    rows: records.length,
    ...(method === 'update' ? { headers: ALLOW_SAVE } : {}),
  }
}

/** None: the error is everybody's. */
function piecesOf(collection: Collection, error: CallError): Collection[] {
  const { verdict } = judge(error.code, error.message)
  const byObject = [...Map.groupBy(collection, ({ object }) => object).values()]
  // A field that one object lacks must not stop the rows of another.
  if (verdict === 'stop' && byObject.length > 1) return byObject
  const isCut = collection.length > 1 && (verdict === 'person' || verdict === 'anew')
  return isCut ? chunks(collection, Math.ceil(collection.length / PIECES)) : []
}
