/** Keeps the logs in days: makes tomorrow's partitions, drops those past their retention. */
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { type Database, inTransaction, type Runner } from '../store/database.ts'

const RETENTION_DAYS = 30
const DAYS_AHEAD = 3
const EVERY_MS = 3600_000
/** Several nodes do this; the lock lets one at a time. */
const LOCK_KEY = 0x6c6f6773 // 'logs'

export interface Maintenance {
  stop(): void
}

export async function startMaintenance(db: Database, log: Logger): Promise<Maintenance> {
  const tick = () =>
    maintainLogs(db, new Date()).catch(error => log.error({ err: error }, 'the logs were not maintained'))
  await tick()
  const timer = setInterval(tick, EVERY_MS).unref()
  return { stop: () => clearInterval(timer) }
}

/** Partitioned by day on their column `at`. */
const LOGS = ['delivery_log', 'target_calls'] as const
type LogTable = (typeof LOGS)[number]

export async function maintainLogs(db: Database, now: Date): Promise<void> {
  await inTransaction(db, async trx => {
    await sql`select pg_advisory_xact_lock(${LOCK_KEY})`.execute(trx)
    for (const log of LOGS) await maintain(trx, log, now)
    await sql`delete from calls_by_hour where hour < ${startOfDay(now, -2)}`.execute(trx)
    await sql`delete from creations where claimed_at < ${startOfDay(now, -1)}`.execute(trx)
  })
}

async function maintain(trx: Runner, log: LogTable, now: Date): Promise<void> {
  const rest = sql.table(`${log}_default`)
  const existing = new Set(await partitions(trx, log))
  for (let day = 0; day <= DAYS_AHEAD; day++) {
    const from = startOfDay(now, day)
    const name = nameOf(log, from)
    if (existing.has(name)) continue
    // Rows of that day that lie in the default partition (Heed slept for days) would forbid the new one.
    const range = sql`at >= ${from} and at < ${startOfDay(from, 1)}`
    const { rows } = await sql`select from ${rest} where ${range} limit 1`.execute(trx)
    if (rows.length > 0) continue
    await sql`create table ${sql.table(name)} partition of ${sql.table(log)}
      for values from (${sql.lit(from.toISOString())}) to (${sql.lit(startOfDay(from, 1).toISOString())})`.execute(
      trx,
    )
  }
  const oldest = nameOf(log, startOfDay(now, -RETENTION_DAYS))
  for (const name of existing) if (name < oldest) await sql`drop table ${sql.table(name)}`.execute(trx)
  await sql`delete from ${rest} where at < ${startOfDay(now, -RETENTION_DAYS)}`.execute(trx)
}

const nameOf = (log: LogTable, day: Date): string =>
  `${log}_${day.toISOString().slice(0, 10).replaceAll('-', '')}`

const startOfDay = (day: Date, plus: number): Date =>
  new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + plus))

async function partitions(trx: Runner, log: LogTable): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${log}::regclass and c.relname ~ '_[0-9]{8}$'`.execute(trx)
  return rows.map(row => row.name)
}
