/** The numbers the connector lives by: Salesforce's documented limits, and our own patience. */

/** sObject Collections: rows of one create, update or upsert. */
export const ROWS_PER_COLLECTION = 200
/** Composite: collections or queries among the subrequests of one call. */
export const SUBREQUESTS_PER_CALL = 5
/** A URI with its headers may have 16,384 bytes; the rest is for the path and for what proxies add. */
export const QUERY_BYTES = 16_000
export const STATEMENT_CHARACTERS = 100_000
/** Retrieval by id: `POST /composite/sobjects/{object}`. */
export const IDS_PER_RETRIEVAL = 2_000
/** A literal in a WHERE clause. */
export const LITERAL_CHARACTERS = 4_000
/** How long Salesforce itself may go on with a call whose caller has left. */
export const CALL_LIFE_MS = 10 * 60_000
/** A write that takes longer is too large: from 20 s on it counts against the org's long-running requests, 25 or 5 at a time. */
export const SLOW_CALL_MS = 15_000
/** Beyond what 1,000 row results or a page of 2,000 records need; a larger answer is not what was asked for. */
export const ANSWER_BYTES = 32 * 1024 * 1024

/** The newest version this connector was built against (Summer '26), and the oldest it is known to work with. */
export const NEWEST_VERSION = 67
export const OLDEST_VERSION = 60

/** What tests shorten. */
export interface Patience {
  /** Token, description, query. */
  requestTimeoutMs: number
  /** 1,000 rows in an org with many triggers take tens of seconds. */
  writeTimeoutMs: number
  describeLifetimeMs: number
  /**
   * A description that does not fit the mapping is asked for again after this time: somebody may have mended it. A call for each
   * object, which in a large company comes up with every withdrawal.
   */
  describeRecheckMs: number
  /** Well below the lease of a round (15 min). */
  roundMs: number
  /** The same for a bulk round: jobs wait in a queue of the org's. */
  bulkMs: number
  /** Below so many rows a job costs more calls and time than collections do. */
  bulkFewestRows: number
  /** Until the first look at a job; each look is a call. */
  bulkFirstPollMs: number
  /** Until a question about a job that was not answered is asked again. */
  bulkAgainMs: number
  /** What holds a lock lets go within moments, mostly; who still cannot be written then waits for a back-off. */
  lockPausesMs: readonly number[]
}

export const PATIENCE: Patience = {
  requestTimeoutMs: 30_000,
  writeTimeoutMs: 120_000,
  describeLifetimeMs: 10 * 60_000,
  describeRecheckMs: 60_000,
  roundMs: 10 * 60_000,
  bulkMs: 6 * 3600_000,
  bulkFewestRows: 2_000,
  bulkFirstPollMs: 1_000,
  bulkAgainMs: 1_000,
  lockPausesMs: [250, 1_000],
}
