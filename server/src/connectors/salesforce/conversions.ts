/**
 * Which remembered leads have become contacts since. A converted lead must never be written, and the error is no guide:
 * orgs whose users may edit converted leads take the write and nobody reads it.
 *
 * Asking for every remembered lead costs a call per 4,400 of them; asking the org for its conversions costs one call
 * however many people a round has. So the first sweep of a session takes all conversions of the org, later ones those
 * since the last, once a minute at most; whatever was looked up in between is fresh anyway. In an org with more
 * conversions than can be kept, leads are asked for by id, every time.
 */
import type { Client } from './client.ts'
import { shortId } from './match.ts'
import { ask, type Query, type Result } from './query.ts'
import { literal, pack } from './soql.ts'

const SWEEP_INTERVAL_MS = 60_000
const CONVERSIONS_KEPT = 20_000
/** Changes become visible when their transaction ends, stamped with its start; clocks differ as well. */
const OVERLAP_MS = 15 * 60_000

const SELECT = ['Id', 'ConvertedContactId']
const CONVERTED = 'IsConverted = true'

export interface Conversions {
  /** To ride along with other queries; undefined while the last one is fresh. */
  dueSweep(): { query: Query; take(result: Result | undefined): void } | undefined
  /** Makes sure that `contactOf` knows these leads. */
  refresh(leadIds: readonly string[], signal: AbortSignal): Promise<void>
  /** Undefined: not converted, as far as known; null: converted, its contact is gone or hidden. */
  contactOf(leadId: string): string | null | undefined
}

export function createConversions(client: Client, now: () => Date): Conversions {
  let known = new Map<string, string | null>()
  let sweptAtMs: number | undefined
  let isTooMany = false

  function remember({ records }: Result): void {
    for (const { Id, ConvertedContactId } of records)
      known.set(shortId(String(Id)), typeof ConvertedContactId === 'string' ? ConvertedContactId : null)
  }

  function dueSweep(): ReturnType<Conversions['dueSweep']> {
    const atMs = now().getTime()
    if (isTooMany || (sweptAtMs !== undefined && atMs - sweptAtMs < SWEEP_INTERVAL_MS)) return undefined
    const since =
      sweptAtMs === undefined ? '' : ` AND SystemModstamp > ${new Date(sweptAtMs - OVERLAP_MS).toISOString()}`
    return {
      query: {
        soql: `SELECT ${SELECT.join(',')} FROM Lead WHERE ${CONVERTED}${since}`,
        atMost: CONVERSIONS_KEPT,
        isOptional: true,
      },
      take(result) {
        if (result?.isComplete && known.size + result.records.length <= CONVERSIONS_KEPT) {
          remember(result)
          sweptAtMs = atMs
        } else {
          isTooMany = true
          known = new Map()
        }
      },
    }
  }

  return {
    dueSweep,
    contactOf: leadId => known.get(shortId(leadId)),
    async refresh(leadIds, signal) {
      if (leadIds.length === 0) return
      const sweep = dueSweep()
      if (sweep) {
        const [result] = await ask(client, [sweep.query], signal)
        sweep.take(result)
      }
      if (!isTooMany) return
      const literals = leadIds.map(id => literal(shortId(id)))
      const statements = pack({
        object: 'Lead',
        select: SELECT,
        anyOf: [{ field: 'Id', literals }],
        and: CONVERTED,
      })
      const results = await ask(
        client,
        statements.map(soql => ({ soql })),
        signal,
      )
      known = new Map()
      for (const result of results) if (result) remember(result)
    },
  }
}
