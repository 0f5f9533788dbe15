/** How much goes into one write: all that Salesforce takes, less in an org whose automation is too slow for that. */
import { ROWS_PER_COLLECTION, SUBREQUESTS_PER_CALL } from './limits.ts'

export const LEAST_ROWS = 10
/** Calls that went well before more is tried again. */
const CALLS_TO_RECOVER = 20

export interface Pace {
  rows(): number
  collections(): number
  slower(): void
  /** So many rows in a transaction are too much for the org's automation. */
  lighter(rows: number): void
  wentWell(): void
}

export function createPace(): Pace {
  let rows = ROWS_PER_COLLECTION
  let collections = SUBREQUESTS_PER_CALL
  let wellInARow = 0
  return {
    rows: () => rows,
    collections: () => collections,
    // The time limit is the whole call's: fewer collections first, then smaller ones.
    slower() {
      wellInARow = 0
      if (collections > 1) collections = Math.floor(collections / 2)
      else rows = Math.max(LEAST_ROWS, Math.floor(rows / 2))
    },
    lighter(most) {
      wellInARow = 0
      rows = Math.max(LEAST_ROWS, Math.min(rows, Math.ceil(most / 2)))
    },
    wentWell() {
      if (++wellInARow < CALLS_TO_RECOVER) return
      wellInARow = 0
      if (rows < ROWS_PER_COLLECTION) rows = Math.min(ROWS_PER_COLLECTION, rows * 2)
      else collections = Math.min(SUBREQUESTS_PER_CALL, collections + 1)
    },
  }
}
