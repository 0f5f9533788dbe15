/** The pool, and the one way to a transaction. */
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import type { Schema } from './schema.ts'
import { WritingDialect, writingPool } from './writing.ts'

/** bigint as number: our counters stay far below 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export type Database = Kysely<Schema>
/** Where a statement runs: the pool or a transaction. */
export type Runner = Database | Transaction<Schema>

export interface OpenDatabase {
  url: string
  db: Database
  pool: pg.Pool
  close(): Promise<void>
}

/** @param writes for few fixed statements that find their rows by key, the writer's and a page view's; see writing.ts */
export function openDatabase(url: string, maxConnections = 20, { writes = false } = {}): OpenDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 10_000,
    application_name: 'heed',
    ...(writes ? writingPool : {}),
  })
  // A connection that breaks is replaced at its next use, and who works on it is told by their statement; unheard, the event
  // would end the process. The pool hears the idle ones only.
  pool.on('error', () => undefined)
  pool.on('connect', client => client.on('error', () => undefined))
  const dialect = writes ? new WritingDialect({ pool }) : new PostgresDialect({ pool })
  const db = new Kysely<Schema>({ dialect })
  return { url, db, pool, close: () => db.destroy() }
}

/** Deadlock, serialization failure, lock timeout: the same transaction can succeed when run again. */
const SQLSTATES_WORTH_ANOTHER_TRY = new Set(['40001', '40P01', '55P03'])
const TRIES = 5

export async function inTransaction<T>(
  db: Database,
  work: (trx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (attempt >= TRIES || !SQLSTATES_WORTH_ANOTHER_TRY.has(sqlState(error) ?? '')) throw error
    }
  }
}

export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** Connection classes, shutdown, too many connections, out of disk or memory. */
const SQLSTATES_OF_OUTAGE = /^(08|53|57P)/
const SYSTEM_CODES_OF_OUTAGE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'])

/** Whether the database is away, rather than the statement wrong. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    SQLSTATES_OF_OUTAGE.test(sqlState(error) ?? '') ||
    SYSTEM_CODES_OF_OUTAGE.has(code) ||
    /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect|pool after calling end/.test(
      error.message,
    )
  )
}

export const isReachable = (db: Database): Promise<boolean> =>
  sql`select 1`.execute(db).then(
    () => true,
    () => false,
  )
