/** Record locks: a write holds its records and their parents until it is done; who comes later waits, then is refused. */
import { setTimeout as pause } from 'node:timers/promises'
import { normalizeId } from './ids.ts'
import type { Records } from './records.ts'

export interface Held {
  /** Those that did not become free in time. */
  refused: ReadonlySet<string>
  release(): void
}

export class Locks {
  readonly #held = new Map<string, Promise<void>>()

  /** As a transaction of somebody else, until it is called. */
  hold(keys: readonly string[]): () => void {
    const { promise: freed, resolve: free } = Promise.withResolvers<void>()
    const mine = keys.filter(key => !this.#held.has(key))
    for (const key of mine) this.#held.set(key, freed)
    return () => {
      for (const key of mine) this.#held.delete(key)
      free()
    }
  }

  /** Taken in one order by everybody, so that no two wait for each other. */
  async take(keys: Iterable<string>, waitMs: number): Promise<Held> {
    const until = performance.now() + waitMs
    const { promise: freed, resolve: free } = Promise.withResolvers<void>()
    const mine: string[] = []
    const refused = new Set<string>()
    for (const key of [...new Set(keys)].sort()) {
      for (let holder = this.#held.get(key); holder; holder = this.#held.get(key)) {
        const left = until - performance.now()
        if (left <= 0) break
        await Promise.race([holder, pause(left, undefined, { ref: false })])
      }
      if (this.#held.has(key)) refused.add(key)
      else {
        this.#held.set(key, freed)
        mine.push(key)
      }
    }
    return {
      refused,
      release: () => {
        for (const key of mine) this.#held.delete(key)
        free()
      },
    }
  }
}

/** What writing a row locks: the record, and the account of a contact, before and after. */
export function locksOf(records: Records, sobject: string, given: unknown, accountId: unknown): string[] {
  const id = normalizeId(given)
  const row = id === undefined ? undefined : records.store.get(id)
  const keys = id === undefined ? [] : [id]
  if (sobject !== 'Contact') return keys
  const parents = [row?.AccountId, normalizeId(accountId)]
  return [...keys, ...parents.filter(parent => typeof parent === 'string')]
}
