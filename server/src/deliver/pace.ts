/** When the rounds of an integration may begin. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Pace {
  /** Waits until the next round may begin, so that changes gather into fewer calls. */
  turn(integrationId: string, intervalMs: number, signal: AbortSignal): Promise<void>
  /** A round that was not full began then. */
  begun(integrationId: string, atMs: number): void
  /** Whether the pause between rounds without a withdrawal is over. */
  mayTakeOthers(integrationId: string, pauseMs: number): boolean
  tookOthers(integrationId: string): void
}

export function createPace(): Pace {
  const begunAtMs = new Map<string, number>()
  const tookOthersAtMs = new Map<string, number>()
  return {
    async turn(id, intervalMs, signal) {
      const waitMs = (begunAtMs.get(id) ?? 0) + intervalMs - Date.now()
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    },
    begun: (id, atMs) => void begunAtMs.set(id, atMs),
    mayTakeOthers: (id, pauseMs) => Date.now() - (tookOthersAtMs.get(id) ?? 0) >= pauseMs,
    tookOthers: id => void tookOthersAtMs.set(id, Date.now()),
  }
}
