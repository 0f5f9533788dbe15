import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { cloneDatabase } from '../../test/database.ts'
import { type Database, inTransaction, isOutage, isReachable, openDatabase, type Runner } from './database.ts'
import { migrate } from './migrate.ts'

const clone = await cloneDatabase()
const other = openDatabase(clone.url)
after(async () => {
  await other.close()
  await clone.drop()
})

async function breakOff(trx: Runner): Promise<void> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
  await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(other.db)
}

const whatBecomesOf = (db: Database, work: (trx: Runner) => Promise<unknown>): Promise<unknown> =>
  inTransaction(db, work).then(
    () => assert.fail('the connection was broken'),
    error => error,
  )

for (const writes of [false, true])
  test(`a connection that breaks inside a transaction is an outage to its caller alone (writes: ${writes})`, async t => {
    const { db, close } = openDatabase(clone.url, 2, { writes })
    t.after(close)
    const betweenStatements = await whatBecomesOf(db, async trx => {
      await breakOff(trx)
      await sql`select 1`.execute(trx)
    })
    assert.ok(isOutage(betweenStatements), String(betweenStatements))
    const atTheCommit = await whatBecomesOf(db, breakOff)
    assert.ok(isOutage(atTheCommit), String(atTheCommit))
    const insideOne = await whatBecomesOf(db, trx =>
      sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx),
    )
    assert.ok(isOutage(insideOne), String(insideOne))
    assert.ok(await isReachable(db))
  })

test('a database of a newer Heed is left alone, and says which migration is not known', async t => {
  const newer = await cloneDatabase()
  t.after(newer.drop)
  const { db, close } = openDatabase(newer.url)
  t.after(close)
  await sql`insert into kysely_migration (name, timestamp) values ('9999_later', '2099-01-01T00:00:00.000Z')`.execute(
    db,
  )
  await assert.rejects(migrate(db), /made by a newer Heed, whose migration 9999_later/)
})
