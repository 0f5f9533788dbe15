import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { TargetError } from '../src/connectors/contract.ts'
import { gate, startDelivering } from './delivering.ts'
import { eventually } from './heed.ts'

const delivering = await startDelivering({ roundSize: 10, bulk: { from: 20, roundSize: 25 } })
const { ledger, db, own, choose, holds, inState, tried, paused } = delivering

const jobs = async () =>
  (await sql<{ job: string }>`select job from bulk_jobs`.execute(db)).rows.map(({ job }) => job)

/** As a node leaves somebody that died while it delivered them, long ago. Gives its lease. */
async function dies(id: string): Promise<string> {
  const { rows } = await sql<{ lease: string }>`
    update deliveries d set lease = gen_random_uuid(), due_at = now()
    from people p
    where p.organization_id = d.organization_id and p.id = d.person_id and p.organization_user_id = ${id}
    returning d.lease`.execute(db)
  assert.equal(rows.length, 1)
  return rows[0]?.lease as string
}

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
    const lease = await dies('left@acme.test')
    // The lease is over, the job may still write.
    await sql`
      insert into bulk_jobs (organization_id, integration_id, job, lease, renewed_at)
      select organization_id, id, 'job-of-the-dead', ${lease}, now() - interval '2 minutes' from integrations`.execute(
      db,
    )
  })
  await holds('left@acme.test', true)
  assert.deepEqual(ledger.abandoned, ['job-of-the-dead'])
  assert.deepEqual(await jobs(), [])
})

test('while somebody may still end the job of a dead holder, its people are not taken', async () => {
  await paused(async () => {
    await choose('held@acme.test', true)
    const lease = await dies('held@acme.test')
    await sql`
      insert into bulk_jobs (organization_id, integration_id, job, lease)
      select organization_id, id, 'job-being-ended', ${lease} from integrations`.execute(db)
  })
  await choose('other@acme.test', true)
  await holds('other@acme.test', true)
  assert.equal(ledger.held.has('held@acme.test'), false)
  await sql`delete from bulk_jobs`.execute(db)
  await holds('held@acme.test', true)
})

/** As time that passes. */
const passes = () =>
  sql`update deliveries set due_at = now(), unsettled_until = now() where unsettled_until is not null`.execute(
    db,
  )

const isWrittenOnceMore = async (id: string) => {
  const { next_attempt_at } = await inState(id, 'delivered')
  const inMinutes = (Date.parse(next_attempt_at ?? '') - Date.now()) / 60_000
  assert.ok(inMinutes > 9 && inMinutes <= 10, String(inMinutes))
  const rounds = ledger.rounds.length
  await passes()
  await eventually(() => ledger.rounds.slice(rounds).flat().includes(id))
  await eventually(async () => (await inState(id, 'delivered')).next_attempt_at === null)
}

test('who is taken from a dead holder is written once more when no call of theirs can be under way', async () => {
  await paused(async () => {
    await choose('again@acme.test', true)
    await dies('again@acme.test')
  })
  await isWrittenOnceMore('again@acme.test')
})

test('whatever happens meanwhile, who was taken from a dead holder is written once more', async () => {
  let failures = 1
  ledger.outcomeOf = ({ key, links }) =>
    failures-- > 0 ? { key, state: 'retry', links, written: [] } : undefined
  await paused(async () => {
    await choose('much@acme.test', true)
    await dies('much@acme.test')
  })
  await tried('much@acme.test')
  await choose('much@acme.test', false)
  await holds('much@acme.test', false)
  assert.deepEqual((await own('POST replay', { organization_user_id: ['much@acme.test'] })).body, { owed: 1 })
  await eventually(() => ledger.rounds.flat().filter(id => id === 'much@acme.test').length >= 3)
  await isWrittenOnceMore('much@acme.test')
})

test('whose write was not answered is written once more, also when another node has delivered since', async () => {
  let unanswered = 1
  ledger.outcomeOf = ({ key, links }) =>
    unanswered-- > 0 ? { key, state: 'retry', links, written: [], mayStillRun: true } : undefined
  await choose('late@acme.test', true)
  await tried('late@acme.test')
  await choose('late@acme.test', false)
  await holds('late@acme.test', false)
  // The call that nobody waited for comes last.
  ledger.held.set('late@acme.test', { newsletter: true })
  await isWrittenOnceMore('late@acme.test')
  assert.equal(ledger.held.get('late@acme.test')?.newsletter, false)
})

test('a round whose writes were not answered at all leaves the same mark', async () => {
  let isLost = true
  ledger.onDeliver = () => {
    if (!isLost) return
    isLost = false
    throw new TargetError({
      code: 'TIMEOUT',
      message: 'no answer',
      cure: 'none',
      kind: 'transient',
      retryAfterMs: 1,
      mayStillRun: true,
    })
  }
  await choose('lost@acme.test', true)
  await isWrittenOnceMore('lost@acme.test')
})
