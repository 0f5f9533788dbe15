import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startDelivering } from '../../test/delivering.ts'
import { eventually } from '../../test/heed.ts'
import { createLog } from '../observe/log.ts'
import { createMetrics } from '../observe/metrics.ts'
import { budgetOf } from './budget.ts'
import { openCallBook } from './calls.ts'
import { type IntegrationRow, readIntegration } from './integration.ts'
import { intend } from './intent.ts'

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
  // Others spent it: the org itself says when it takes no more, often well beyond.
  assert.equal(stateOf({ usage: { used: 120_000, limit: 100_000 } }), 'withdrawals_only')
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

test('withdrawals that come one by one gather where the calls kept for them would not last, for five minutes at most', () => {
  const pauses = [40_000, 45_000, 49_000, 49_990].map(spent => budgetOf({ ...given, spent }).pauseMs)
  assert.deepEqual(pauses, [8_640, 17_280, 86_400, 300_000])
  assert.equal(budgetOf({ ...given, usage: { used: 99_000, limit: 100_000 } }).pauseMs, 86_400)
  assert.equal(budgetOf({ ...given, usage: { used: 120_000, limit: 100_000 } }).pauseMs, 300_000)
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
  await choose('leaves-next@acme.test', false)
  assert.equal((await deliveryOf('leaves-next@acme.test'))?.state, 'owed', 'gathers with others')
  const row = (await readIntegration(db, 'acme', delivering.integration)) as IntegrationRow
  const whomOf = async (mayTake: boolean) =>
    (
      await intend(
        { db },
        { ...row, rests: false },
        { roundSize: 100 },
        {
          countDue: async () => ({ withdrawals: 1, others: 1 }),
          isBulkRunning: false,
          mayTake: whom => whom === 'withdrawals' && mayTake,
        },
      )
    )?.whom
  assert.deepEqual([await whomOf(false), await whomOf(true)], [undefined, 'withdrawals'])
  const { body: metrics } = await delivering.call('GET /metrics')
  assert.match(metrics, /^heed_target_calls_limit\{.*\} 1000$/m)
  assert.match(metrics, /^heed_budget_calls_spent\{.*\} 45\d$/m)
  await sql`update integrations set target_usage = '{"used": 970, "limit": 1000}', target_usage_at = now()`.execute(
    db,
  )
  await spend(0)
  const [byOthers] = (await own('GET status')).body.reasons
  assert.match(byOthers.message, /970 of 1000/)
  assert.match(byOthers.cure, /who else spends/)
  await own('PATCH', { daily_call_share: 1 })
  await sql`update integrations set target_usage = '{"used": 10, "limit": 1000}', target_usage_at = now()`.execute(
    db,
  )
  await inState('grants@acme.test', 'delivered')
  await inState('leaves-next@acme.test', 'delivered')
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

test('calls are counted once, also where what the target told with them cannot be saved at first', async () => {
  await own('PATCH', { paused: true })
  const owner = { organization_id: 'acme', id: delivering.integration }
  const counted = async () => (await own('GET status')).body.budget.spent
  await spend(7)
  await sql`alter table integrations add constraint refused check (target_usage ->> 'used' <> '77')`.execute(
    db,
  )
  const book = openCallBook(db, createMetrics(), createLog('silent'))
  const call = {
    id: 'told',
    kind: 'line',
    method: 'POST',
    path: '/lines',
    rows: 1,
    beganAt: new Date(),
    durationMs: 1,
  }
  book.record(owner, call, { used: 77, limit: 1000 })
  await book.flush()
  await sql`alter table integrations drop constraint refused`.execute(db)
  await book.close()
  assert.equal(await counted(), 8)
})
