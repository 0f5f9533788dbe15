/** What this room does by itself, on every node: harmless to repeat. */
import type { Logger } from 'pino'
import type { Database } from '../store/database.ts'
import { removeUnnamedProofs } from './proofs.ts'

const EVERY_MS = 600_000

/** @param proofDays how long an uploaded proof waits for an event that names it */
export function startRecordChores(db: Database, log: Logger, proofDays: number): { stop(): Promise<void> } {
  let running = Promise.resolve()
  const timer = setInterval(() => {
    running = removeUnnamedProofs(db, proofDays).catch(error =>
      log.error({ err: error }, 'proofs that no event names were not removed'),
    )
  }, EVERY_MS).unref()
  return {
    stop() {
      clearInterval(timer)
      return running
    },
  }
}
