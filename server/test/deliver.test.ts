import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { gate, startDelivering } from './delivering.ts'
import { eventually } from './heed.ts'
import { targetAway } from './ledger.ts'
import { misremembered } from './remembered.ts'

const delivering = await startDelivering({ roundSize: 50 })
const { ledger, call, db, choose, holds, deliveryOf, inState, tried, integration } = delivering

test('a choice reaches the target, with what each mapping reads of it', async () => {
  await choose('first@acme.test', true)
  await holds('first@acme.test', true)
  const { newsletter, channel, who } = ledger.held.get('first@acme.test') ?? {}
  assert.deepEqual([newsletter, channel, who], [true, 'email', 'first@acme.test'])
  const delivery = await inState('first@acme.test', 'delivered')
  assert.deepEqual(delivery.records, [{ sobject: 'Line', id: 'line of first@acme.test' }])
  assert.equal(delivery.next_attempt_at, null)
})

test('five changes of mind while the target is busy are one more write, of the newest state', async () => {
  const busy = gate()
  ledger.onDeliver = () => busy.opened
  await choose('mind@acme.test', true)
  await eventually(() => ledger.rounds.length === 1)
  for (const enabled of [false, true, false, true, false]) await choose('mind@acme.test', enabled)
  busy.open()
  await holds('mind@acme.test', false)
  await inState('mind@acme.test', 'delivered')
  assert.deepEqual(ledger.rounds, [['mind@acme.test'], ['mind@acme.test']])
})

test('a choice that came while an older one was written is not in force by it, and is owed since it came', async () => {
  const busy = gate()
  ledger.onDeliver = () => busy.opened
  await choose('newer@acme.test', true)
  await eventually(() => ledger.rounds.length === 1)
  const { id } = await choose('newer@acme.test', false)
  await choose('newer@acme.test', false)
  ledger.onDeliver = () => {
    ledger.outcomeOf = () => ({ state: 'failed', error: { code: 'RULE', message: 'no', cure: 'Mend it.' } })
  }
  busy.open()
  await inState('newer@acme.test', 'failed')
  const { rows } = await sql<{ isSinceThen: boolean }>`
    select d.owed_since = l.recorded_at as "isSinceThen"
    from log l join deliveries d on d.organization_id = l.organization_id and d.person_id = l.person_id
    where l.event_id = ${id}`.execute(db)
  assert.deepEqual(rows, [{ isSinceThen: true }])
  const { body } = await call('POST /v1/consents/tokens', { organization_user_id: 'newer@acme.test' })
  const standing = await call('GET /v1/consents/standing', undefined, { token: body.id_token })
  assert.deepEqual(
    standing.body.data.map((one: { places: { state: string }[] }) => one.places.map(({ state }) => state)),
    [['stuck'], ['stuck']],
  )
  ledger.onDeliver = () => undefined
  ledger.outcomeOf = () => undefined
  await delivering.own('POST replay', { state: 'failed' })
  await inState('newer@acme.test', 'delivered')
})

test('a pause stops a delivery that is running: what comes meanwhile waits', async () => {
  const busy = gate()
  ledger.onDeliver = () => busy.opened
  await choose('running@acme.test', true)
  await eventually(() => ledger.rounds.length === 1)
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { paused: true })
  await choose('paused@acme.test', true)
  busy.open()
  await inState('running@acme.test', 'delivered')
  assert.equal((await deliveryOf('paused@acme.test'))?.state, 'owed')
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { paused: false })
  await holds('paused@acme.test', true)
  assert.deepEqual(ledger.rounds, [['running@acme.test'], ['paused@acme.test']])
})

test('withdrawals are claimed before everything else that is due', async () => {
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { paused: true })
  for (let i = 0; i < 60; i++) await choose(`yes-${i}@acme.test`, true)
  await choose('no@acme.test', false)
  assert.equal((await deliveryOf('no@acme.test'))?.state, 'owed')
  assert.equal(ledger.rounds.length, 0)
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { paused: false })
  await holds('no@acme.test', false)
  assert.ok(ledger.rounds[0]?.includes('no@acme.test'))
  await inState('yes-59@acme.test', 'delivered')
})

test('a transient failure is tried again after a back-off and shown meanwhile; a new change tries at once', async () => {
  const error = { code: 'LOCKED', message: 'row is locked', cure: 'It is tried again by itself.' }
  ledger.outcomeOf = () => ({ state: 'retry', error })
  const beganAtMs = Date.now()
  await choose('retry@acme.test', true)
  await tried('retry@acme.test')
  const shown = await deliveryOf('retry@acme.test')
  assert.deepEqual([shown?.state, shown?.error], ['owed', error])
  assert.ok((shown?.attempts ?? 0) >= 1)
  assert.ok(Date.parse(shown?.next_attempt_at ?? '') >= beganAtMs + 2_500)
  ledger.outcomeOf = () => undefined
  await choose('retry@acme.test', false)
  await holds('retry@acme.test', false)
  assert.equal((await inState('retry@acme.test', 'delivered')).error, null)
})

test('a permanent failure waits with its reason until a change, a replay or the next day', async () => {
  ledger.outcomeOf = () => ({
    state: 'failed',
    error: { code: 'TOO_LONG', message: 'too long', cure: 'Shorten it.' },
  })
  await choose('failed@acme.test', true)
  const failed = await inState('failed@acme.test', 'failed')
  const next = new Date(failed.next_attempt_at ?? '')
  const hours = (next.getTime() - Date.now()) / 3600_000
  assert.ok(hours > 22.9 && hours <= 24, 'who failed within an hour is tried again at one time')
  assert.deepEqual([next.getUTCMinutes(), next.getUTCSeconds()], [25, 0])
  assert.equal(failed.error?.cure, 'Shorten it.')
  ledger.outcomeOf = () => undefined
  const replayed = await call(`POST /v1/marketplace/integrations/${integration}/replay`, { state: 'failed' })
  assert.deepEqual(replayed.body, { owed: 1 })
  await holds('failed@acme.test', true)
  ledger.outcomeOf = () => ({ state: 'failed' })
  await choose('failed@acme.test', false)
  await inState('failed@acme.test', 'failed')
  ledger.outcomeOf = () => undefined
  await sql`update deliveries set due_at = now() where state = 'failed'`.execute(db)
  await holds('failed@acme.test', false)
})

test('a connector learns of which fault a try is the repetition, and of none where somebody is owed anew', async () => {
  const of: (string | undefined)[] = []
  const refused = (code: string) => {
    ledger.outcomeOf = ({ retryOf }) => {
      of.push(retryOf)
      return { state: 'failed', error: { code, message: 'no', cure: 'None.' } }
    }
  }
  const triedTimes = async (times: number) => {
    await eventually(() => of.length === times)
    // None, as long as somebody is at it.
    await eventually(async () => (await deliveryOf('repeated@acme.test'))?.next_attempt_at)
  }
  refused('FIRST')
  await choose('repeated@acme.test', true)
  await triedTimes(1)
  refused('SECOND')
  await sql`update deliveries set due_at = now() where state = 'failed'`.execute(db)
  await triedTimes(2)
  await sql`update deliveries set due_at = now() where state = 'failed'`.execute(db)
  await triedTimes(3)
  await choose('repeated@acme.test', false)
  await triedTimes(4)
  await call(`POST /v1/marketplace/integrations/${integration}/replay`, { state: 'failed' })
  await triedTimes(5)
  assert.deepEqual(of, [undefined, 'FIRST', 'SECOND', undefined, undefined])
})

test('whoever the target does not know waits as unmatched and is tried again on a change', async () => {
  ledger.outcomeOf = () => ({ state: 'unmatched' })
  await choose('stranger@acme.test', true)
  await inState('stranger@acme.test', 'unmatched')
  ledger.outcomeOf = () => undefined
  await choose('stranger@acme.test', false)
  await holds('stranger@acme.test', false)
})

test('a target that is away costs nobody an attempt: the integration rests with its reason, then all goes on', async () => {
  let away = true
  ledger.onDeliver = () => {
    if (away) throw targetAway('transient', 200)
  }
  await choose('away@acme.test', true)
  const held = await eventually(
    async () => (await call(`GET /v1/marketplace/integrations/${integration}`)).body.hold,
  )
  assert.equal(held.code, 'AWAY')
  assert.equal((await deliveryOf('away@acme.test'))?.attempts, 0)
  away = false
  await holds('away@acme.test', true)
  await eventually(
    async () => (await call(`GET /v1/marketplace/integrations/${integration}`)).body.hold === null,
  )
})

test('an event that disables integrations counts in the status and is not delivered by itself', async () => {
  await choose('silent@acme.test', true, '?$disable_integrations=true')
  assert.equal(
    (await call('GET /v1/consents/users/silent@acme.test?$by_organization_user_id=true')).body.consents
      .purposes[0].enabled,
    true,
  )
  assert.equal(await deliveryOf('silent@acme.test'), undefined)
  await call(`POST /v1/marketplace/integrations/${integration}/replay`, {
    organization_user_id: ['silent@acme.test'],
  })
  await holds('silent@acme.test', true)
})

test('who has no organization_user_id is owed nothing until they get one', async () => {
  await call('POST /v1/consents/events', {
    user: { id: 'anonymous' },
    consents: { purposes: [{ id: 'newsletter', enabled: true }] },
  })
  const owed = await db.selectFrom('deliveries').selectAll().where('person_id', '=', 'anonymous').execute()
  assert.equal(owed.length, 0)
  await call('POST /v1/consents/events', {
    user: { id: 'anonymous', organization_user_id: 'named@acme.test' },
  })
  await holds('named@acme.test', true)
})

test('what somebody refused before it was known who they are is a withdrawal once it is', async () => {
  const refused = (user: object) =>
    call('POST /v1/consents/events', { user, consents: { purposes: [{ id: 'newsletter', enabled: false }] } })
  const known = { organization_user_id: 'renamed@acme.test' }
  const isWithdrawal = async (id: string) =>
    (await db.selectFrom('deliveries').select('withdrawal').where('person_id', '=', id).execute())[0]
      ?.withdrawal
  await delivering.paused(async () => {
    await refused({ id: 'device-1' })
    await call('POST /v1/consents/events', {
      user: { id: 'device-1', organization_user_id: 'known@acme.test' },
    })
    assert.equal(await isWithdrawal('device-1'), true)
    await refused({ id: 'device-2' })
    assert.equal((await call('PATCH /v1/consents/users/device-2', known)).status, 200)
    assert.equal(await isWithdrawal('device-2'), true)
  })
  await holds('known@acme.test', false)
  await holds('renamed@acme.test', false)
})

test('an integration that is off owes nothing', async () => {
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { enabled: false })
  await choose('off@acme.test', true)
  assert.equal(await deliveryOf('off@acme.test'), undefined)
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { enabled: true })
})

test('replay of all owes everyone who has an organization_user_id', async () => {
  await call('POST /v1/consents/events?$disable_integrations=true', {
    user: { organization_user_id: 'all@acme.test' },
    consents: { purposes: [{ id: 'newsletter', enabled: true }] },
  })
  ledger.held.clear()
  const { body } = await call(`POST /v1/marketplace/integrations/${integration}/replay`, { all: true })
  const people = await db
    .selectFrom('people')
    .select('organization_user_id')
    .where('organization_user_id', 'is not', null)
    .execute()
  assert.equal(body.owed, people.length)
  await eventually(() => ledger.held.size === people.length)
  assert.deepEqual(await misremembered(db), [])
})

test('metrics show what is owed, and what was delivered', async () => {
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { paused: true })
  await choose('metric@acme.test', false)
  const { body } = await call('GET /metrics')
  const gauge = (name: string) =>
    Number(new RegExp(`^${name}\\{integration="${integration}"\\} (.+)$`, 'm').exec(body)?.[1])
  assert.ok(gauge('heed_deliveries_owed') >= 1)
  assert.ok(gauge('heed_oldest_owed_seconds') >= 0)
  assert.ok(gauge('heed_oldest_withdrawal_owed_seconds') >= 0)
  assert.ok(gauge('heed_delivery_lag_seconds_count') > 100)
  assert.match(body, /^heed_event_commit_seconds_count [1-9]/m)
  assert.match(body, /^heed_events_total [1-9]/m)
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { paused: false })
  await holds('metric@acme.test', false)
})
