import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { gate, startDelivering } from './delivering.ts'
import { eventually } from './heed.ts'

const delivering = await startDelivering({ roundSize: 10, bulk: { from: 20, roundSize: 25 } })
const { ledger, db, choose, holds, inState, paused } = delivering

const jobs = async () =>
  (await sql<{ job: string }>`select job from bulk_jobs`.execute(db)).rows.map(({ job }) => job)

test('a backlog goes by bulk in large rounds, behind the withdrawals, which go by themselves', async () => {
  const bulks: number[] = []
  const ordinary: number[] = []
  ledger.onDeliver = (people, { bulk }) => void (bulk ? bulks : ordinary).push(people.length)
  await paused(async () => {
    for (let i = 0; i < 40; i++) await choose(`many-${i}@acme.test`, true)
    for (let i = 0; i < 3; i++) await choose(`leaving-${i}@acme.test`, false)
  })
  for (let i = 0; i < 40; i++) await inState(`many-${i}@acme.test`, 'delivered')
  assert.deepEqual(
    ledger.rounds[0]?.toSorted(),
    [0, 1, 2].map(i => `leaving-${i}@acme.test`),
  )
  assert.equal(bulks[0], 25)
  assert.ok(ordinary.every(size => size <= 10))
})

test('who withdraws while a bulk job runs does not wait for it', async () => {
  const busy = gate()
  ledger.onDeliver = async (_, { bulk }) => {
    if (!bulk) return
    await bulk.began('job-1')
    await busy.opened
    await bulk.ended('job-1')
  }
  await paused(async () => {
    for (let i = 0; i < 25; i++) await choose(`queue-${i}@acme.test`, true)
  })
  await eventually(async () => (await jobs()).length === 1)
  await choose('hurry@acme.test', false)
  await holds('hurry@acme.test', false)
  const status = (await delivering.own('GET status')).body
  assert.equal(status.bulk_jobs[0].job, 'job-1')
  assert.equal(status.people.owed, 25)
  busy.open()
  await inState('queue-24@acme.test', 'delivered')
  assert.deepEqual(await jobs(), [])
})

test('a bulk job whose holder died is ended before its people are taken again', async () => {
  await paused(async () => {
    await choose('left@acme.test', true)
    // As a node leaves it that died long ago: the lease is over, the job may still write.
    await sql`update deliveries set lease = gen_random_uuid(), due_at = now() where state = 'owed'`.execute(
      db,
    )
    await sql`
      insert into bulk_jobs (organization_id, integration_id, job, lease, renewed_at)
      select organization_id, integration_id, 'job-of-the-dead', lease, now() - interval '2 minutes'
      from deliveries where lease is not null`.execute(db)
  })
  await holds('left@acme.test', true)
  assert.deepEqual(ledger.abandoned, ['job-of-the-dead'])
  assert.deepEqual(await jobs(), [])
})

test('while somebody may still end the job of a dead holder, its people are not taken', async () => {
  await paused(async () => {
    await choose('held@acme.test', true)
    await sql`update deliveries set lease = gen_random_uuid(), due_at = now() where state = 'owed'`.execute(
      db,
    )
    await sql`
      insert into bulk_jobs (organization_id, integration_id, job, lease)
      select organization_id, integration_id, 'job-being-ended', lease from deliveries where lease is not null`.execute(
      db,
    )
  })
  await choose('other@acme.test', true)
  await holds('other@acme.test', true)
  assert.equal(ledger.held.has('held@acme.test'), false)
  await sql`delete from bulk_jobs`.execute(db)
  await holds('held@acme.test', true)
})

test('who is taken from a dead holder is written once more when no call of theirs can be under way', async () => {
  await paused(async () => {
    await choose('again@acme.test', true)
    await sql`update deliveries set lease = gen_random_uuid(), due_at = now() where state = 'owed'`.execute(
      db,
    )
  })
  const delivery = await inState('again@acme.test', 'delivered')
  const inMinutes = (Date.parse(delivery.next_attempt_at ?? '') - Date.now()) / 60_000
  assert.ok(inMinutes > 9 && inMinutes <= 10, String(inMinutes))
  const rounds = ledger.rounds.length
  await sql`update deliveries set due_at = now() where due_at is not null`.execute(db)
  await eventually(() => ledger.rounds.slice(rounds).flat().includes('again@acme.test'))
  await eventually(async () => (await inState('again@acme.test', 'delivered')).next_attempt_at === null)
})
