/** The names of those who changed records, where the integration user may see users; else their ids. */
import type { Difference } from '../contract.ts'
import type { Client } from './client.ts'
import { shortId } from './match.ts'
import { ask } from './query.ts'
import { literal, pack } from './soql.ts'

const NAMES_KEPT = 10_000

export interface Names {
  /** The same differences, changed by names. */
  fill(differences: readonly Difference[], signal: AbortSignal): Promise<Difference[]>
}

export function createNames(client: Client): Names {
  /** By short id; undefined: hidden, and not asked for again. */
  const names = new Map<string, string | undefined>()

  async function learn(ids: readonly string[], signal: AbortSignal): Promise<void> {
    if (names.size + ids.length > NAMES_KEPT) names.clear()
    const anyOf = [{ field: 'Id', literals: ids.map(literal) }]
    const queries = pack({ object: 'User', select: ['Id', 'Name'], anyOf }).map(soql => ({
      soql,
      isOptional: true,
    }))
    const results = await ask(client, queries, signal)
    for (const id of ids) names.set(id, undefined)
    for (const { Id, Name } of results.flatMap(result => result?.records ?? []))
      names.set(shortId(String(Id)), String(Name))
  }

  return {
    async fill(differences, signal) {
      const ids = new Set(differences.flatMap(({ changedBy }) => (changedBy ? [shortId(changedBy)] : [])))
      const unknown = [...ids].filter(id => !names.has(id))
      if (unknown.length > 0) await learn(unknown, signal)
      return differences.map(one =>
        one.changedBy ? { ...one, changedBy: names.get(shortId(one.changedBy)) ?? one.changedBy } : one,
      )
    },
  }
}
