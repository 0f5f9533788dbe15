/** Keeps the delivery log in days: makes tomorrow's partition, drops those past their retention. */
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
    maintainLog(db, new Date()).catch(error =>
      log.error({ err: error }, 'the delivery log was not maintained'),
    )
  await tick()
  const timer = setInterval(tick, EVERY_MS).unref()
  return { stop: () => clearInterval(timer) }
}

export async function maintainLog(db: Database, now: Date): Promise<void> {
  await inTransaction(db, async trx => {
    await sql`select pg_advisory_xact_lock(${LOCK_KEY})`.execute(trx)
    const existing = new Set(await partitions(trx))
    for (let day = 0; day <= DAYS_AHEAD; day++) {
      const from = startOfDay(now, day)
      if (existing.has(nameOf(from))) continue
      // Rows of that day that lie in the default partition (Heed slept for days) would forbid the new one.
      const range = sql`at >= ${from} and at < ${startOfDay(from, 1)}`
      const { rows } = await sql`select from delivery_log_default where ${range} limit 1`.execute(trx)
      if (rows.length > 0) continue
      await sql`create table ${sql.table(nameOf(from))} partition of delivery_log
        for values from (${sql.lit(from.toISOString())}) to (${sql.lit(startOfDay(from, 1).toISOString())})`.execute(
        trx,
      )
    }
    const oldest = nameOf(startOfDay(now, -RETENTION_DAYS))
    for (const name of existing) if (name < oldest) await sql`drop table ${sql.table(name)}`.execute(trx)
    await sql`delete from delivery_log_default where at < ${startOfDay(now, -RETENTION_DAYS)}`.execute(trx)
  })
}

const nameOf = (day: Date): string => `delivery_log_${day.toISOString().slice(0, 10).replaceAll('-', '')}`

const startOfDay = (day: Date, plus: number): Date =>
  new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() + plus))

async function partitions(trx: Runner): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'delivery_log'::regclass and c.relname ~ '^delivery_log_[0-9]{8}$'`.execute(trx)
  return rows.map(row => row.name)
}
