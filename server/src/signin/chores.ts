/** What this room does by itself, on every node: each step is taken by one of them, or harmless to repeat. */

import { removeOldThrottles } from '../access/throttle.ts'
import { removeOldCodes } from './codes.ts'
import { type ConfirmationGround, expireConfirmations, mailDueConfirmations } from './confirmations.ts'
import { removeOldLinks } from './links.ts'
import { mailDueReminders } from './reminders.ts'

const LOOK_EVERY_MS = 2_000
const CLEAN_EVERY_MS = 600_000

export interface SigninChores {
  /** Something may wait to be confirmed. */
  wake(): void
  stop(): Promise<void>
}

export function startSigninChores(ground: ConfirmationGround): SigninChores {
  const { db, log } = ground
  let running: Promise<void> = Promise.resolve()
  let waits = false
  const look = (): void => {
    if (waits) return
    waits = true
    running = running
      .then(async () => {
        waits = false
        await mailDueConfirmations(ground)
        await expireConfirmations(ground)
        await mailDueReminders(ground)
      })
      .catch(error => log.error({ err: error }, 'pending events were not seen to'))
  }
  const clean = () =>
    Promise.all([removeOldLinks(db), removeOldCodes(db), removeOldThrottles(db)]).catch(error =>
      log.error({ err: error }, 'what expired in sign-in was not removed'),
    )
  const timers = [setInterval(look, LOOK_EVERY_MS).unref(), setInterval(clean, CLEAN_EVERY_MS).unref()]
  return {
    wake: look,
    stop() {
      for (const timer of timers) clearInterval(timer)
      return running
    },
  }
}
