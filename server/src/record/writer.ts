/**
 * Grouped commits: requests that arrive together share a transaction. A request is answered after its commit.
 * Some groups are on their way at a time: while one waits for the disk, another is merged.
 */
import type { Counter, Histogram } from 'prom-client'
import { Refusal } from '../http/errors.ts'
import { type Database, isOutage } from '../store/database.ts'
import { type AppendAnswer, type AppendRequest, appendGroup } from './append.ts'
import type { RecordedEvent } from './event.ts'

/** Also how many connections it keeps busy. */
export const GROUPS_AT_A_TIME = 3
const MAX_EVENTS_PER_GROUP = 500
/** Above this the collector is slower than its callers: better a 503 that says so than a queue without end. */
const MAX_QUEUED_EVENTS = 50_000

export interface Writer {
  /** All events of the request are committed when this resolves; none when it rejects. */
  append(request: AppendRequest): Promise<RecordedEvent[]>
  /** Takes nothing more and resolves when all that was taken is answered. */
  close(): Promise<void>
}

interface Waiting {
  request: AppendRequest
  resolve(events: RecordedEvent[]): void
  reject(error: unknown): void
}

export interface WriterOptions {
  db: Database
  commitSeconds: Histogram
  events: Counter
  /** After a commit that may have made something due. */
  onOwed(): void
}

export function createWriter({ db, commitSeconds, events, onOwed }: WriterOptions): Writer {
  const queue: Waiting[] = []
  let queuedEvents = 0
  let eventsOnTheirWay = 0
  let groups = 0
  let closed: (() => void) | undefined

  function next(): void {
    // Another group starts when as much waits as one on its way holds. Started at once it would take the first request that
    // comes and make many small transactions (measured: a third of the throughput); never, it would leave the log idle.
    while (
      queue.length > 0 &&
      (groups === 0 || (groups < GROUPS_AT_A_TIME && queuedEvents >= eventsOnTheirWay / groups))
    ) {
      const before = queuedEvents
      const group = takeGroup()
      const events = before - queuedEvents
      groups++
      eventsOnTheirWay += events
      void commit(group).finally(() => {
        groups--
        eventsOnTheirWay -= events
        next()
      })
    }
    if (closed && groups === 0 && queue.length === 0) closed()
  }

  function takeGroup(): Waiting[] {
    let events = 0
    let n = 0
    while (
      n < queue.length &&
      (n === 0 || events + (queue[n] as Waiting).request.events.length <= MAX_EVENTS_PER_GROUP)
    )
      events += (queue[n++] as Waiting).request.events.length
    queuedEvents -= events
    return queue.splice(0, n)
  }

  async function commit(group: Waiting[]): Promise<void> {
    try {
      const answers = await appendGroup(
        db,
        group.map(({ request }) => request),
      )
      group.forEach((waiting, i) => {
        answer(waiting, answers[i] as AppendAnswer)
      })
      onOwed()
    } catch (error) {
      // One request's fault must not sink its neighbours: each is tried alone.
      if (group.length === 1 || isOutage(error)) for (const waiting of group) waiting.reject(error)
      else for (const waiting of group) await commit([waiting])
    }
  }

  function answer(waiting: Waiting, answer: AppendAnswer): void {
    if (answer instanceof Refusal) {
      waiting.reject(answer)
      return
    }
    const seconds = (Date.now() - waiting.request.receivedAt.getTime()) / 1000
    commitSeconds.observe(seconds)
    events.inc(answer.length)
    waiting.resolve(answer)
  }

  return {
    append(request) {
      if (closed) throw new Refusal('unavailable', 'Heed is stopping')
      if (queuedEvents >= MAX_QUEUED_EVENTS)
        throw new Refusal('unavailable', 'more events wait than can be taken')
      return new Promise((resolve, reject) => {
        queue.push({ request, resolve, reject })
        queuedEvents += request.events.length
        // Whatever else has arrived in this turn of the event loop joins the group.
        setImmediate(next)
      })
    },
    close: () =>
      new Promise(resolve => {
        closed = resolve
        next()
      }),
  }
}
