import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startDelivering } from '../../test/delivering.ts'
import { eventually } from '../../test/heed.ts'
import { budgetOf } from './budget.ts'

const now = new Date('2026-05-01T12:00:00Z')
const given = { usage: { used: 0, limit: 100_000 }, usageAt: now, share: 0.5, spent: 0, now }
const stateOf = (more: Partial<typeof given>) => budgetOf({ ...given, ...more }).state

test('Heed slows down at half of its share, keeps the last fifth for withdrawals, and then stops', () => {
  assert.equal(stateOf({ spent: 24_999 }), 'free')
  assert.equal(stateOf({ spent: 25_000 }), 'slowed')
  assert.equal(stateOf({ spent: 40_000 }), 'withdrawals_only')
  assert.equal(stateOf({ spent: 50_000 }), 'spent')
})

test('what others spend of the target’s allowance counts as well, as long as it was told lately', () => {
  assert.equal(stateOf({ usage: { used: 80_000, limit: 100_000 } }), 'slowed')
  assert.equal(stateOf({ usage: { used: 90_000, limit: 100_000 } }), 'withdrawals_only')
  assert.equal(stateOf({ usage: { used: 99_500, limit: 100_000 } }), 'spent')
  assert.equal(
    stateOf({ usage: { used: 99_500, limit: 100_000 }, usageAt: new Date(now.getTime() - 3600_000) }),
    'free',
  )
})

test('the pause grows as less is left, and a target that tells no allowance costs none', () => {
  const pauses = [26_000, 30_000, 35_000, 39_990].map(spent => budgetOf({ ...given, spent }).pauseMs)
  assert.deepEqual(
    pauses,
    pauses.toSorted((a, b) => a - b),
  )
  assert.ok((pauses[0] ?? 0) > 1000 && (pauses.at(-1) ?? 0) === 10 * 60_000)
  assert.deepEqual(budgetOf({ ...given, usage: null as never }).state, 'free')
})

const delivering = await startDelivering()
const { ledger, db, own, choose, holds, inState, deliveryOf } = delivering
/** All that is counted, also if the hour has ended since. */
const spend = (calls: number) =>
  sql`
    with others as (update calls_by_hour set calls = 0 where hour < date_trunc('hour', now()))
    insert into calls_by_hour (organization_id, integration_id, hour, calls)
    values ('acme', ${delivering.integration}, date_trunc('hour', now()), ${calls})
    on conflict (organization_id, integration_id, hour) do update set calls = excluded.calls`.execute(db)

test('when little is left only withdrawals are delivered; with more they all are', async () => {
  ledger.usage = { used: 10, limit: 1000 }
  await choose('first@acme.test', true)
  await holds('first@acme.test', true)
  await eventually(async () => (await own('GET status')).body.budget.target_limit === 1000)
  await spend(450)
  await choose('grants@acme.test', true)
  await choose('leaves@acme.test', false)
  await holds('leaves@acme.test', false)
  assert.equal((await deliveryOf('grants@acme.test'))?.state, 'owed')
  const { body } = await own('GET status')
  assert.deepEqual(
    [body.health, body.reasons[0].code, body.budget.state, body.budget.allowance],
    ['degraded', 'BUDGET', 'withdrawals_only', 500],
  )
  const { body: metrics } = await delivering.call('GET /metrics')
  assert.match(metrics, /^heed_target_calls_limit\{.*\} 1000$/m)
  assert.match(metrics, /^heed_budget_calls_spent\{.*\} 45\d$/m)
  await own('PATCH', { daily_call_share: 1 })
  await inState('grants@acme.test', 'delivered')
})

test('a spent share stops withdrawals too, and says so', async () => {
  await own('PATCH', { daily_call_share: 0.5 })
  await spend(500)
  await choose('late@acme.test', false)
  const { body } = await own('GET status')
  assert.deepEqual([body.health, body.budget.state], ['stopped', 'spent'])
  assert.equal(ledger.held.has('late@acme.test'), false)
  await spend(0)
  await holds('late@acme.test', false)
})
