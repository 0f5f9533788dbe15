import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { cloneDatabase } from '../../test/database.ts'
import { openDatabase } from '../store/database.ts'
import { maintainLogs } from './maintain.ts'

const clone = await cloneDatabase()
const { db, close } = openDatabase(clone.url, 2)
after(async () => {
  await close()
  await clone.drop()
})

const DAY_MS = 86_400_000
const begin = new Date('2026-03-01T12:00:00Z')
const day = (n: number) => new Date(begin.getTime() + n * DAY_MS)

async function write(at: Date): Promise<void> {
  await sql`
    insert into delivery_log (organization_id, integration_id, person_id, at, round, version, state)
    values ('acme', 'i', 'p', ${at}, gen_random_uuid(), 1, 'delivered')`.execute(db)
}
async function count(table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(db)
  return rows[0]?.n ?? 0
}

test('the delivery log has a partition for each of the next days, and keeps 30 days', async () => {
  await maintainLogs(db, begin)
  await write(begin)
  assert.equal(await count('delivery_log_20260301'), 1)
  assert.equal(await count('delivery_log_default'), 0)
  for (let n = 1; n <= 30; n++) await maintainLogs(db, day(n))
  assert.equal(await count('delivery_log'), 1)
  await maintainLogs(db, day(31))
  assert.equal(await count('delivery_log'), 0)
  await assert.rejects(count('delivery_log_20260301'), /does not exist/)
})

test('lines of days for which no partition was made are kept in the default one, and go in their time', async () => {
  await write(day(60))
  assert.equal(await count('delivery_log_default'), 1)
  await maintainLogs(db, day(60))
  await write(day(60))
  assert.equal(await count('delivery_log_default'), 2)
  await maintainLogs(db, day(91))
  assert.equal(await count('delivery_log_default'), 0)
})

test('two nodes may maintain at the same time', async () => {
  await Promise.all([maintainLogs(db, day(120)), maintainLogs(db, day(120))])
})
