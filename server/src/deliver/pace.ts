/** When the rounds of an integration may begin. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Pace {
  /** Waits until the next round may begin, so that changes gather into fewer calls. */
  turn(integrationId: string, intervalMs: number, signal: AbortSignal): Promise<void>
  /** A round that was not full began then. */
  begun(integrationId: string, atMs: number): void
  /** Whether the pause since the last round that took so is over. */
  mayTake(whom: Paced, integrationId: string, pauseMs: number): boolean
  took(whom: Paced, integrationId: string): void
}

/** Rounds that hold a withdrawal, and those that hold none. */
export type Paced = 'withdrawals' | 'others'

export function createPace(): Pace {
  const begunAtMs = new Map<string, number>()
  const tookAtMs = { withdrawals: new Map<string, number>(), others: new Map<string, number>() }
  return {
    async turn(id, intervalMs, signal) {
      const waitMs = (begunAtMs.get(id) ?? 0) + intervalMs - Date.now()
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    },
    begun: (id, atMs) => void begunAtMs.set(id, atMs),
    mayTake: (whom, id, pauseMs) => Date.now() - (tookAtMs[whom].get(id) ?? 0) >= pauseMs,
    took: (whom, id) => void tookAtMs[whom].set(id, Date.now()),
  }
}
