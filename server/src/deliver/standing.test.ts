import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startDelivering } from '../../test/delivering.ts'
import { eventually } from '../../test/heed.ts'
import { targetAway } from '../../test/ledger.ts'
import type { Owed } from '../connectors/contract.ts'

const delivering = await startDelivering({}, { withdrawalThresholdSeconds: 60 })
const { ledger, db, own, choose, inState, call } = delivering
const status = async () => (await own('GET status')).body
const error = { code: 'TOO_LONG', message: 'too long', cure: 'Shorten it.' }

test('a quiet integration is in good health', async () => {
  await choose('a@acme.test', true)
  await inState('a@acme.test', 'delivered')
  const { health, reasons, people, oldest_withdrawal_owed_seconds: oldest } = await status()
  assert.deepEqual([health, reasons, people.delivered, people.owed, oldest], ['good', [], 1, 0, 0])
  assert.deepEqual((await own('GET failures')).body, { data: [] })
  assert.equal((await call('GET /ready')).body.status, 'ready')
})

test('a withdrawal that failed turns the integration yellow, one that is late /ready too; a grant does neither', async () => {
  ledger.outcomeOf = () => ({ state: 'failed', error })
  await choose('grant@acme.test', true)
  await choose('leaving@acme.test', false)
  await inState('leaving@acme.test', 'failed')
  await inState('grant@acme.test', 'failed')
  const none = (await own('GET deliveries?state=failed&$limit=0')).body
  assert.deepEqual([none.total, none.data], [2, []], 'a page without rows still says how many there are')
  await sql`update deliveries set owed_since = now() - interval '30 seconds' where withdrawal`.execute(db)
  await sql`update deliveries set owed_since = now() - interval '1 hour' where not withdrawal and state = 'failed'`.execute(
    db,
  )
  const codes = ({ reasons }: { reasons: { code: string }[] }) => reasons.map(({ code }) => code)
  const failed = await status()
  assert.deepEqual([failed.health, codes(failed)], ['degraded', ['WITHDRAWAL_FAILED']])
  assert.match(failed.reasons[0].cure, /withdrawal=true/)
  const { body } = await own('GET deliveries?withdrawal=true')
  assert.deepEqual(
    body.data.map((one: { organization_user_id: string }) => one.organization_user_id),
    ['leaving@acme.test'],
  )
  assert.deepEqual((await own('GET failures')).body, { data: [{ ...error, people: 2, withdrawals: 1 }] })
  const coded = async (code: string) => (await own(`GET deliveries?code=${code}`)).body.total
  assert.deepEqual([await coded('TOO_LONG'), await coded('OTHER')], [2, 0])
  const { body: metrics } = await call('GET /metrics')
  assert.match(metrics, /^heed_failed_withdrawals\{.*\} 1$/m)
  assert.match(metrics, /^heed_failed_people\{.*\} 2$/m)
  assert.match(metrics, /^heed_deliveries_owed\{.*\} 2$/m)
  assert.match(metrics, /^heed_oldest_owed_seconds\{.*\} 3[67]\d\d/m)
  assert.match(metrics, /^heed_oldest_withdrawal_owed_seconds\{.*\} [345]\d/m)
  assert.deepEqual([failed.people.delivered, failed.people.failed], [1, 2])
  await sql`update deliveries set owed_since = now() - interval '61 seconds' where withdrawal`.execute(db)
  const other = { message: 'a message', cure: 'Zip it.' }
  await sql`update deliveries set error = error || ${JSON.stringify(other)}::jsonb where withdrawal`.execute(
    db,
  )
  const [{ message, cure }] = (await own('GET failures')).body.data
  assert.ok(
    [error, other].some(one => one.message === message && one.cure === cure),
    'a cure is its message’s',
  )
  assert.deepEqual(codes(await status()), ['WITHDRAWAL_FAILED', 'WITHDRAWAL_LATE'])
  const ready = await call('GET /ready')
  assert.deepEqual([ready.status, ready.body.status], [200, 'degraded'])
  assert.ok(ready.body.oldest_withdrawal_owed_seconds > 60)
  ledger.outcomeOf = () => undefined
  await own('POST replay', { state: 'failed' })
  await inState('leaving@acme.test', 'delivered')
  assert.equal((await call('GET /ready')).body.status, 'ready')
})

test('a withdrawal is as old as itself, not as an older choice that had failed', async () => {
  const id = 'older@acme.test'
  ledger.outcomeOf = () => ({ state: 'failed', error })
  await choose(id, true)
  await inState(id, 'failed')
  await sql`update deliveries set owed_since = now() - interval '1 day' where state = 'failed'`.execute(db)
  await delivering.paused(() => choose(id, false))
  assert.ok((await status()).oldest_withdrawal_owed_seconds < 60)
  await inState(id, 'failed')
  await sql`update deliveries set owed_since = now() - interval '1 day' where withdrawal`.execute(db)
  ledger.outcomeOf = () => undefined
  await delivering.paused(async () => {
    await choose(id, false)
    assert.ok((await status()).oldest_withdrawal_owed_seconds > 60, 'a second one makes the first no younger')
  })
  await inState(id, 'delivered')
})

test('a withdrawal that is written beside what was refused is outstanding no more; a newer one is', async () => {
  const id = 'half@acme.test'
  await choose(id, true)
  await inState(id, 'delivered')
  const brought: Owed[] = []
  ledger.onDeliver = people => void brought.push(...people)
  ledger.outcomeOf = () => ({ state: 'failed', error, isWithdrawn: true })
  await choose(id, false)
  await inState(id, 'failed')
  const channel = 'consents_purposes_newsletter_preferences_channel_value'
  assert.deepEqual([...(brought[0]?.withdrawn ?? [])].sort(), [channel, 'newsltr'])
  const { people, oldest_owed_seconds, oldest_withdrawal_owed_seconds } = await status()
  assert.deepEqual([people.failed, oldest_owed_seconds > 0, oldest_withdrawal_owed_seconds], [1, true, 0])

  ledger.outcomeOf = () => ({ state: 'failed', error })
  await choose(id, true)
  await inState(id, 'failed')
  assert.deepEqual(brought.at(-1)?.withdrawn, new Set([channel]), 'to choose something else drops a value')
  ledger.outcomeOf = () => undefined
  await own('POST replay', { state: 'failed' })
  await inState(id, 'delivered')
  ledger.outcomeOf = () => ({ state: 'failed', error })
  await choose(id, false)
  await inState(id, 'failed')
  assert.ok((await status()).oldest_withdrawal_owed_seconds > 0)
  ledger.outcomeOf = () => undefined
  await own('POST replay', { state: 'failed' })
  await inState(id, 'delivered')
})

test('what several withdrawals on their way withdraw is kept together, each once', async () => {
  const id = 'several@acme.test'
  await delivering.paused(async () => {
    for (const enabled of [false, true, false, true, true]) await choose(id, enabled)
    const { rows } = await sql<{ withdrawal: boolean; withdrawn: string[] }>`
      select withdrawal, withdrawn from deliveries where state = 'owed'`.execute(db)
    assert.deepEqual(rows[0]?.withdrawn.sort(), [
      'gdpr/purposes/newsletter/enabled',
      'gdpr/purposes/newsletter/values/channel',
    ])
    assert.deepEqual([rows.length, rows[0]?.withdrawal], [1, true])
  })
  await inState(id, 'delivered')
})

test('one that holds itself has stopped, with its reason and cure; the metrics tell it, too', async () => {
  assert.match((await call('GET /metrics')).body, /^heed_integration_held\{.*\} 0$/m)
  ledger.onDeliver = () => {
    throw targetAway('hold', 3600_000)
  }
  await choose('held@acme.test', true)
  const held = await eventually(async () => {
    const now = await status()
    return now.health === 'stopped' ? now : undefined
  })
  assert.deepEqual(held.reasons, [{ code: 'AWAY', message: 'nobody answers', cure: 'Wait.' }])
  assert.match((await call('GET /metrics')).body, /^heed_integration_held\{.*\} 1$/m)
})

test('explain leads a written record to the call that wrote it, and a refusal to the call that was answered so', async () => {
  ledger.onDeliver = () => undefined
  ledger.outcomeOf = () => ({ state: 'failed', error: { ...error, call: `call-${ledger.rounds.length}` } })
  await own('PATCH', { paused: false })
  await choose('why@acme.test', true)
  await inState('why@acme.test', 'failed')
  ledger.outcomeOf = () => undefined
  await choose('why@acme.test', false)
  await inState('why@acme.test', 'delivered')
  const explained = await eventually(async () => {
    const { body } = await call(
      `GET /v1/consents/users/why@acme.test/explain?$by_organization_user_id=true&integration_id=${delivering.integration}`,
    )
    return body.last_attempts[0].records[0].call && body
  })
  const [written, refused] = explained.last_attempts
  assert.deepEqual(
    [written.records[0].call.method, written.records[0].call.path, written.records[0].call.status],
    ['POST', '/lines', 200],
  )
  assert.equal(written.error_call, null)
  assert.equal(refused.error_call.path, '/lines')
  assert.equal('call' in refused.error, false)
})
