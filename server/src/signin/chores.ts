/** Removes what has served its time. Every node does so: each statement is harmless to repeat. */
import type { Logger } from 'pino'
import type { Database } from '../store/database.ts'
import { removeOldCodes } from './codes.ts'
import { removeOldLinks } from './links.ts'
import { removeOldThrottles } from './throttle.ts'

const EVERY_MS = 600_000

export function startSigninChores(db: Database, log: Logger): { stop(): void } {
  const tick = () =>
    Promise.all([removeOldLinks(db), removeOldCodes(db), removeOldThrottles(db)]).catch(error =>
      log.error({ err: error }, 'what expired in sign-in was not removed'),
    )
  void tick()
  const timer = setInterval(tick, EVERY_MS).unref()
  return { stop: () => clearInterval(timer) }
}
