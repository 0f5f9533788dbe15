/** What a person's token may do in a day: generous for people, a bound for whoever lets a program run with one. */
import type { Database } from '../store/database.ts'
import type { PersonGrant } from './personTokens.ts'
import { throttle } from './throttle.ts'
import type { Vault } from './vault.ts'

const DAY_SECONDS = 86_400

/** Per person and day. */
export interface DailyLimits {
  events: number
  /** Files that come with events. */
  proofs: number
  /** Receipts by mail. */
  copies: number
}

export const defaultDailyLimits: DailyLimits = { events: 1000, proofs: 50, copies: 20 }

type Whose = Pick<PersonGrant, 'organizationId' | 'organizationUserId'>

export interface PersonLimits {
  /** Counts so many more; throws too_many_requests. */
  take(person: Whose, what: keyof DailyLimits, count?: number): Promise<void>
}

/** Counted in the database: with several nodes there is not more of it. */
export const createPersonLimits = (db: Database, vault: Vault, limits: DailyLimits): PersonLimits => ({
  async take({ organizationId, organizationUserId }, what, count = 1) {
    if (count === 0) return
    const limit = { times: limits[what], seconds: DAY_SECONDS }
    await throttle(db, vault, organizationId, `${what} of ${organizationUserId}`, [limit], count)
  },
})
