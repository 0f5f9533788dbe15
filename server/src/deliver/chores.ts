/** What is done beside delivering, by whichever node comes first: looks for new records, audits, and starting them. */
import { setTimeout as pause } from 'node:timers/promises'
import { type AuditGround, auditOnce } from './audit/run.ts'
import { startDueAudits } from './audit/schedule.ts'
import { lookOnce, type WaitingGround } from './waiting.ts'

const LONGEST_POLL_MS = 1_000

export interface Chores {
  stop(): Promise<void>
}

export function startChores(ground: WaitingGround & AuditGround): Chores {
  const stopping = new AbortController()
  const { signal } = stopping
  const pollMs = Math.min(LONGEST_POLL_MS, ground.lookEverySeconds * 1000)
  /** Each does one piece of work, and says whether there was one. */
  const chores = [
    () => lookOnce(ground, signal),
    () => startDueAudits(ground.db),
    () => auditOnce(ground, signal),
  ]

  async function repeat(chore: () => Promise<boolean>): Promise<void> {
    while (!signal.aborted) {
      const didSomething = await chore().catch(error => {
        if (!signal.aborted) ground.log.error({ err: error }, 'a chore failed')
        return false
      })
      if (!didSomething) await pause(pollMs, undefined, { ref: false, signal }).catch(() => undefined)
    }
  }
  const loops = chores.map(repeat)
  return {
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}
