import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startDelivering } from '../../test/delivering.ts'
import type { Runner } from '../store/database.ts'
import { abandonLease, claim, readDue, release } from './claim.ts'
import { type IntegrationRow, readIntegration } from './integration.ts'

const { db, integration, choose } = await startDelivering()
// Heed leaves its people to us.
await sql`update integrations set rest_until = now() + interval '1 day'`.execute(db)
const row = (await readIntegration(db, 'acme', integration)) as IntegrationRow
const people = ['ann@acme.test', 'ben@acme.test', 'eve@acme.test']
for (const id of people) await choose(id, id !== 'eve@acme.test')

const claimAll = (runner: Runner = db, id = randomUUID()) => claim(runner, row, id, 10)
const leaseOf = (personIds: readonly string[], id: string) => ({ integration: row, id, personIds })

test('a claim touches no index', async () => {
  const rolledBack = new Error('rolled back')
  await assert.rejects(
    db.transaction().execute(async trx => {
      const claims = await claimAll(trx)
      const { rows } = await sql`
        select pg_stat_get_xact_tuples_updated('deliveries'::regclass)::int as updated,
          pg_stat_get_xact_tuples_hot_updated('deliveries'::regclass)::int as "inPlace"`.execute(trx)
      assert.equal(claims.length, people.length)
      assert.deepEqual(rows, [{ updated: people.length, inPlace: people.length }])
      throw rolledBack
    }),
    rolledBack,
  )
})

test('whoever is claimed is nobody else’s until they are handed back', async () => {
  const lease = randomUUID()
  const claims = await claimAll(db, lease)
  assert.deepEqual(claims.map(({ organization_user_id }) => organization_user_id).sort(), people)
  assert.deepEqual(await claimAll(), [])
  assert.deepEqual(await readDue(db, row, 10), { withdrawals: 0, others: 0 })
  const personIds = claims.map(({ person_id }) => person_id)
  await release(db, leaseOf(personIds, lease))
  assert.deepEqual(await readDue(db, row, 10), { withdrawals: 1, others: 2 })
})

test('who is taken from a holder that may still be at work is marked, who was handed back is not', async () => {
  const marked = async () => {
    const { rows } = await sql`select from deliveries where unsettled_until is not null`.execute(db)
    return rows.length
  }
  const lease = randomUUID()
  const claims = await claimAll(db, lease)
  assert.equal(await marked(), 0)
  await abandonLease(
    db,
    leaseOf(
      claims.map(({ person_id }) => person_id),
      lease,
    ),
  )
  assert.equal((await claimAll()).length, people.length)
  assert.equal(await marked(), people.length)
})
