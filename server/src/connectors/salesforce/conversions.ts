/**
 * Which remembered leads have been converted since. A converted lead must never be written, and the error is no guide:
 * orgs whose users may edit converted leads take the write, and nobody reads it.
 *
 * Asking for every remembered lead costs a call per 4,400 of them; asking the org for its conversions costs one call
 * however many people a round has. So the first sweep of a session takes all conversions of the org, later ones those
 * since the last, once a minute at most; in quiet times people are looked up anyway. In an org with more conversions
 * than can be kept, and for an hour where a sweep fails, leads are asked for by id: among millions of leads no index helps the
 * first sweep, and the org can take longer over it than anybody should wait twice.
 *
 * What is converted between that and the write is seen behind the write, where its call has room for a query: Salesforce
 * takes five collections and queries in a call. A fifth collection instead saves a call in five, and a lead that was
 * written in such a call is found by the waiting room's look. A bulk job has no room for one, but thousands of people: it is
 * asked for before each.
 */
import type { Client, SubAnswer, Subrequest } from './client.ts'
import { shortId } from './match.ts'
import { ask, foundBy, type Query, type Result } from './query.ts'
import { literal, pack, queryPath } from './soql.ts'

const SWEEP_INTERVAL_MS = 60_000
const CONVERSIONS_KEPT = 20_000
const FAILED_SWEEP_RESTS_MS = 3600_000
/** Changes become visible when their transaction ends, stamped with its start; clocks differ as well. */
const OVERLAP_MS = 15 * 60_000

const CONVERTED = 'SELECT Id FROM Lead WHERE IsConverted = true'

interface Sweep {
  query: Query
  /** Undefined: the query failed. */
  take(result: Result | undefined): void
}

/** Goes behind writes, in their call. */
interface Rider {
  request: Subrequest
  /** The leads that were converted lately, by their short ids. */
  take(answer: SubAnswer): ReadonlySet<string>
}

export interface Conversions {
  /** To ride along with other queries; undefined while the last one is fresh. */
  dueSweep(): Sweep | undefined
  /** Those of the leads that are converted, by their short ids. `asOfNow`: whatever the last sweep's age. */
  among(leadIds: readonly string[], asOfNow: boolean, signal: AbortSignal): Promise<ReadonlySet<string>>
  rider(): Rider
}

export function createConversions(client: Client, now: () => Date): Conversions {
  const swept = new Set<string>()
  let sweptAtMs: number | undefined
  let restsUntilMs = 0
  let isTooMany = false

  const isFresh = (): boolean => sweptAtMs !== undefined && now().getTime() - sweptAtMs < SWEEP_INTERVAL_MS

  function dueSweep(asOfNow = false): Sweep | undefined {
    const atMs = now().getTime()
    if (isTooMany || (isFresh() && !asOfNow) || atMs < restsUntilMs) return undefined
    const since =
      sweptAtMs === undefined ? '' : ` AND SystemModstamp > ${new Date(sweptAtMs - OVERLAP_MS).toISOString()}`
    // One too many tells as much as all of them.
    const soql = `${CONVERTED}${since} LIMIT ${CONVERSIONS_KEPT + 1}`
    return {
      query: { soql, atMost: CONVERSIONS_KEPT, isOptional: true },
      take(result) {
        if (!result) {
          restsUntilMs = atMs + FAILED_SWEEP_RESTS_MS
          return
        }
        isTooMany = !result.isComplete || swept.size + result.records.length > CONVERSIONS_KEPT
        for (const { Id } of isTooMany ? [] : result.records) swept.add(shortId(String(Id)))
        sweptAtMs = atMs
      },
    }
  }

  async function askById(leadIds: readonly string[], signal: AbortSignal): Promise<Set<string>> {
    const anyOf = [{ field: 'Id', literals: leadIds.map(id => literal(shortId(id))) }]
    const statements = pack({ object: 'Lead', select: ['Id'], anyOf, and: 'IsConverted = true' })
    const results = await ask(
      client,
      statements.map(soql => ({ soql })),
      signal,
    )
    return new Set(results.flatMap(result => result?.records ?? []).map(({ Id }) => shortId(String(Id))))
  }

  return {
    dueSweep: () => dueSweep(),
    rider() {
      const since = new Date(now().getTime() - OVERLAP_MS).toISOString()
      return {
        request: { method: 'GET', path: queryPath(`${CONVERTED} AND SystemModstamp > ${since}`) },
        take(answer) {
          const ids = new Set(foundBy(answer).map(({ Id }) => shortId(String(Id))))
          if (swept.size + ids.size <= CONVERSIONS_KEPT) for (const id of ids) swept.add(id)
          return ids
        },
      }
    },
    async among(leadIds, asOfNow, signal) {
      if (leadIds.length === 0) return new Set()
      const sweep = dueSweep(asOfNow)
      if (sweep) sweep.take((await ask(client, [sweep.query], signal))[0])
      return isTooMany || !isFresh() ? askById(leadIds, signal) : swept
    },
  }
}
