import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { Agent } from 'undici'
import { createVault } from '../src/access/vault.ts'
import { LEASE_SECONDS, RENEW_EVERY_MS, renew } from '../src/deliver/claim.ts'
import { type IntegrationRow, readIntegration, sealCredentials } from '../src/deliver/integration.ts'
import { createSessions } from '../src/deliver/sessions.ts'
import { createLibraries } from '../src/library/libraries.ts'
import { createLog } from '../src/observe/log.ts'
import { createMetrics } from '../src/observe/metrics.ts'
import { inTransaction } from '../src/store/database.ts'
import { gate, startDelivering } from './delivering.ts'
import { eventually, startHeed, testSecretKey } from './heed.ts'
import { ledgerIntegration, targetAway } from './ledger.ts'
import { misremembered } from './remembered.ts'

const delivering = await startDelivering({ roundSize: 50 })
const { ledger, call, db, choose, holds, deliveryOf, inState, tried, integration } = delivering

const explain = (id: string) =>
  call(`GET /v1/consents/users/${id}/explain?$by_organization_user_id=true&integration_id=${integration}`)

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

test('a hold is lifted by changing the integration', async () => {
  ledger.onDeliver = () => {
    throw targetAway('hold', 3600_000)
  }
  await choose('hold@acme.test', true)
  await eventually(
    async () => (await call(`GET /v1/marketplace/integrations/${integration}`)).body.hold?.kind === 'hold',
  )
  ledger.onDeliver = () => undefined
  await call(`PATCH /v1/marketplace/integrations/${integration}`, {
    authentication: { token: 'a better one' },
  })
  await holds('hold@acme.test', true)
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

test('a yes whose event is deleted is taken back from the target; a no that is deleted leaves it alone', async () => {
  const id = 'regrets@acme.test'
  const older = await choose(id, false)
  await holds(id, false)
  const { id: event } = await choose(id, true)
  await holds(id, true)
  await delivering.paused(async () => {
    assert.equal((await call(`DELETE /v1/consents/events/${older.id}`)).status, 204)
    await call(`DELETE /v1/consents/events/${event}`)
    const rows = await db.selectFrom('deliveries').select('withdrawal').where('state', '=', 'owed').execute()
    assert.deepEqual(rows, [{ withdrawal: true }])
    const [field] = (await explain(id)).body.fields
    assert.deepEqual([field.chosen, field.written[0].value, field.event_id], [false, false, null])
  })
  await holds(id, false)
  const { newsletter, channel, why } = ledger.held.get(id) ?? {}
  assert.deepEqual([newsletter, channel, why], [false, '', false])
  const { body } = await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`)
  assert.deepEqual(body.consents.purposes, [], 'to Heed it is as if it had never been said')
  const { id: refusal } = await choose(id, false)
  await inState(id, 'delivered')
  await call(`DELETE /v1/consents/events/${refusal}`)
  await eventually(() => ledger.held.get(id)?.newsletter === undefined)
})

const erase = async (id: string) =>
  assert.equal((await call(`DELETE /v1/consents/users/${id}?$by_organization_user_id=true`)).status, 200)
const traces = async (id: string) => {
  const { rows } = await sql<{ farewell: object | null }>`
    select farewell from deliveries
    where farewell is not null or person_id not in (select id from people)`.execute(db)
  const { rows: lines } = await sql`
    select from delivery_log where written::text like ${`%${id}%`} and person_id not in (select id from people)`.execute(
    db,
  )
  return { rows, lines: lines.length }
}

test('an erasure undoes no withdrawal on its way: what it needs is kept until it is there, and nothing after', async () => {
  const id = 'erased@acme.test'
  await choose(id, true)
  await holds(id, true)
  ledger.held.set(id, { ...ledger.held.get(id), who: 'made nameless' })
  await delivering.paused(async () => {
    await call('POST /v1/consents/events', {
      user: { organization_user_id: id, metadata: { secret: 'kept nowhere' } },
      consents: { purposes: [{ id: 'newsletter', enabled: false }] },
    })
    await erase(id)
    assert.equal((await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`)).status, 404)
    const { rows } = await traces(id)
    assert.equal(rows.length, 1)
    assert.match(JSON.stringify(rows), /"purposes\/newsletter\/enabled":\[false/)
    assert.doesNotMatch(JSON.stringify(rows), /secret|values|true/)
    assert.ok((await delivering.own('GET status')).body.oldest_withdrawal_owed_seconds > 0)
  })
  await eventually(() => ledger.held.get(id)?.newsletter === false)
  assert.equal(ledger.held.get(id)?.who, 'made nameless', 'who they were is not written again')
  await eventually(async () => (await traces(id)).rows.length === 0)
  assert.equal((await traces(id)).lines, 0)
})

test('who is erased while a round has them is written after it; who failed, when it is mended', async () => {
  const id = 'leaving@acme.test'
  await choose(id, true)
  await holds(id, true)
  const busy = gate()
  ledger.onDeliver = () => busy.opened
  await choose(id, true)
  await eventually(() => ledger.rounds.length === 2)
  await choose(id, false)
  await erase(id)
  ledger.onDeliver = () => {
    ledger.outcomeOf = () => ({ state: 'failed', error: { code: 'RULE', message: 'no', cure: 'Mend it.' } })
  }
  busy.open()
  const failed = await eventually(async () => {
    const { body } = await delivering.own('GET deliveries?state=failed&withdrawal=true')
    return body.data.length > 0 && body.data
  })
  assert.deepEqual(
    failed.map(({ organization_user_id: who, error }: { organization_user_id: string; error: object }) => [
      who,
      error,
    ]),
    [['', { code: 'RULE', message: 'no', cure: 'Mend it.' }]],
  )
  assert.deepEqual(ledger.rounds, [[id], [id], [id]])
  assert.equal(ledger.held.get(id)?.newsletter, true)
  ledger.onDeliver = () => undefined
  ledger.outcomeOf = () => undefined
  assert.deepEqual((await delivering.own('POST replay', { state: 'failed' })).body, { owed: 1 })
  await eventually(async () => (await traces(id)).rows.length === 0)
  assert.deepEqual([ledger.held.get(id)?.newsletter, (await traces(id)).lines], [false, 0])
})

test('who is erased without a withdrawal on its way is gone at once, and who comes back is another person', async () => {
  const id = 'back@acme.test'
  await delivering.paused(async () => {
    await choose(id, true)
    await erase(id)
    assert.equal((await traces(id)).rows.length, 0)
    await choose(id, false)
    await erase(id)
    assert.equal((await traces(id)).rows.length, 1)
    await choose(id, true)
  })
  await holds(id, true)
  await eventually(async () => (await traces(id)).rows.length === 0)
})

test('who comes back on the device that an erased person was has nothing to do with what that one is still owed', async () => {
  const [id, other] = ['device-id@acme.test', 'device-other@acme.test']
  const event = (organization_user_id: string, enabled: boolean) =>
    call('POST /v1/consents/events', {
      user: { id: 'device-3', organization_user_id },
      consents: { purposes: [{ id: 'newsletter', enabled }] },
    })
  await event(id, true)
  await holds(id, true)
  await delivering.paused(async () => {
    await event(id, false)
    await erase(id)
    await event(other, true)
    assert.equal((await traces(id)).rows.length, 1)
  })
  await holds(other, true)
  await eventually(async () => (await traces(id)).rows.length === 0)
  assert.equal(ledger.held.get(id)?.newsletter, false)
  assert.deepEqual((await deliveryOf(other))?.records, [{ sobject: 'Line', id: `line of ${other}` }])
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
})

test('what a node that died had claimed is claimed again when its lease is over', async () => {
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { paused: true })
  await choose('orphan@acme.test', true)
  // As a claim leaves it, with a holder that will never settle.
  await sql`
    update deliveries set lease = gen_random_uuid(), leased_until = now() + ${LEASE_SECONDS} * interval '1 second'
    where state = 'owed' and due_at <= now()`.execute(db)
  await call(`PATCH /v1/marketplace/integrations/${integration}`, { paused: false })
  await choose('orphan@acme.test', false)
  assert.equal(ledger.rounds.flat().includes('orphan@acme.test'), false)
  await sql`update deliveries set leased_until = now() where lease is not null`.execute(db)
  await holds('orphan@acme.test', false)
})

test('a lease that is renewed is not over while its holder lives', async () => {
  const busy = gate()
  ledger.onDeliver = () => busy.opened
  await choose('long@acme.test', true)
  await eventually(() => ledger.rounds.length === 1)
  const row = (await readIntegration(db, 'acme', integration)) as IntegrationRow
  const held = () =>
    db
      .selectFrom('deliveries')
      .select(['lease', 'leased_until', 'person_id'])
      .where('lease', 'is not', null)
      .executeTakeFirstOrThrow()
  await sql`update deliveries set leased_until = now() + interval '1 second' where lease is not null`.execute(
    db,
  )
  const { lease, person_id } = await held()
  await renew(db, { integration: row, id: lease as string, personIds: [person_id] })
  assert.ok(Number((await held()).leased_until) > Date.now() + (LEASE_SECONDS - 10) * 1000)
  busy.open()
  await holds('long@acme.test', true)
})

test('a round whose people others have taken since is cut off', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let signal: AbortSignal | undefined
  const busy = gate()
  ledger.onDeliver = (_, passage) => {
    signal = passage.signal
    return busy.opened
  }
  await choose('taken@acme.test', true)
  await eventually(() => signal)
  const renewed = async () =>
    (await sql`select from deliveries where leased_until > now() + interval '2 hours'`.execute(db)).rows
      .length === 0
  await sql`update deliveries set leased_until = leased_until + interval '1 day' where lease is not null`.execute(
    db,
  )
  t.mock.timers.tick(RENEW_EVERY_MS)
  await eventually(renewed)
  assert.equal(signal?.aborted, false)
  await sql`update deliveries set lease = gen_random_uuid() where lease is not null`.execute(db)
  await eventually(() => {
    t.mock.timers.tick(RENEW_EVERY_MS)
    return signal?.aborted
  })
  busy.open()
  t.mock.timers.reset()
  await sql`update deliveries set leased_until = now() where lease is not null`.execute(db)
  await inState('taken@acme.test', 'delivered')
})

test('a database that fails between the rounds of a backlog ends no process, and everyone is delivered as soon as it is back', async t => {
  const unhandled = t.mock.fn()
  process.on('unhandledRejection', unhandled)
  t.after(() => process.off('unhandledRejection', unhandled))
  const busy = gate()
  ledger.onDeliver = () => busy.opened
  await delivering.paused(async () => {
    for (let i = 0; i < 60; i++) await choose(`many-${i}@acme.test`, true)
    // It takes the first claim; then neither a second one, nor the settling of the first, nor that it is handed back.
    await sql`create sequence refused`.execute(db)
    await sql`create function refuse() returns trigger language plpgsql as $$
      begin
        if exists (select from deliveries where lease is not null) then raise exception 'no. %', nextval('refused'); end if;
        return null;
      end $$`.execute(db)
    await sql`create trigger refusing before update on deliveries for each statement execute function refuse()`.execute(
      db,
    )
  })
  const refused = async (times: number) =>
    eventually(async () => {
      const { rows } = await sql<{ n: number }>`select last_value as n from refused`.execute(db)
      return (rows[0]?.n ?? 0) >= times
    })
  await refused(1)
  busy.open()
  await refused(3)
  await sql`drop trigger refusing on deliveries`.execute(db)
  // Nobody waits for the lease of a minute: of the first round, which was written and could not be settled, neither.
  for (let i = 0; i < 60; i++) await inState(`many-${i}@acme.test`, 'delivered')
  assert.equal(unhandled.mock.callCount(), 0)
})

test('two nodes deliver everyone, and nobody at the same time', async () => {
  const other = await startHeed({ connectors: ledger.connectors, databaseUrl: delivering.databaseUrl })
  const inFlight = new Set<string>()
  const twiceAtOnce: string[] = []
  ledger.onDeliver = async people => {
    for (const { organizationUserId } of people) {
      if (inFlight.has(organizationUserId)) twiceAtOnce.push(organizationUserId)
      inFlight.add(organizationUserId)
    }
    await new Promise(resolve => setImmediate(resolve))
    for (const { organizationUserId } of people) inFlight.delete(organizationUserId)
  }
  const ids = Array.from({ length: 200 }, (_, i) => `node-${i}@acme.test`)
  await Promise.all(
    ids.flatMap((id, i) => [
      (i % 2 ? delivering : other).call('POST /v1/consents/events', {
        user: { organization_user_id: id },
        consents: { purposes: [{ id: 'newsletter', enabled: i % 3 === 0 }] },
      }),
    ]),
  )
  await eventually(() => ids.every((id, i) => ledger.held.get(id)?.newsletter === (i % 3 === 0)))
  assert.deepEqual(twiceAtOnce, [])
})

test('the connection test, the fields and the preview come from the connector', async () => {
  const tested = await call(`POST /v1/marketplace/integrations/${integration}/test`)
  assert.deepEqual(tested.body, { ok: true, checks: [{ name: 'ledger', ok: true, message: 'is there' }] })
  const fields = await call(`GET /v1/marketplace/integrations/${integration}/fields?search=a`)
  assert.deepEqual(fields.body.data, [{ sobject: 'Line', id: 'a', label: 'A', type: 'boolean' }])
  const preview = await call(`POST /v1/marketplace/integrations/${integration}/preview`, {
    organization_user_id: ['first@acme.test', 'nobody@acme.test'],
  })
  assert.equal(preview.body.data[0].records[0].action, 'create')
  assert.match(preview.body.data[1].note, /nobody/)
})

test('explain leads each field back to the event that set it', async () => {
  const event = await choose('why@acme.test', true)
  await inState('why@acme.test', 'delivered')
  const { body } = await explain('why@acme.test')
  const line = (value: unknown) => [{ sobject: 'Line', value, error: null }]
  assert.deepEqual(
    body.fields.map((field: { id: string; chosen: unknown; written: unknown; event_id: string | null }) => [
      field.id,
      field.chosen,
      field.written,
      field.event_id,
    ]),
    [
      ['newsletter', true, line(true), event.id],
      ['channel', 'email', line('email'), event.id],
      ['who', 'why@acme.test', line('why@acme.test'), null],
      ['since', true, line(true), event.id],
      ['why', true, line(true), event.id],
      ['law', null, [], null],
    ],
  )
  assert.equal(body.written_error, null)
  assert.equal(body.delivery.state, 'delivered')
  assert.equal(body.last_attempts[0].state, 'delivered')
})

test('explain tells what was chosen also while the target is away, and why it cannot say what is written', async () => {
  ledger.onLook = () => {
    throw targetAway('transient')
  }
  const { body } = await explain('why@acme.test')
  ledger.onLook = () => undefined
  assert.deepEqual(
    [body.fields[0].chosen, body.fields[0].written, body.written_error.code],
    [true, null, 'AWAY'],
  )
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

test('what is refused at saving is not saved, and credentials are never given back', async () => {
  const bad = async (body: object, field: string) => {
    const answer = await call('POST /v1/marketplace/integrations', { ...ledgerIntegration, ...body })
    assert.equal(answer.status, 400, JSON.stringify(answer.body))
    assert.ok(field in answer.body.errors, JSON.stringify(answer.body.errors))
  }
  await bad({ type_id: 'nothing' }, 'type_id')
  await bad({ authentication: {} }, 'authentication.token')
  await bad({ authentication: { token: 'x', extra: 1 } }, 'authentication.extra')
  await bad({ mappings: [{ id: 'x', value: 'zzzzzzz', type: 'pmp-widget-id' }] }, 'mappings[0].value')
  await bad({ mappings: [{ id: 'x', value: 'consents_purposes_nothing_enabled' }] }, 'mappings[0].value')
  await bad({ mappings: [{ id: 'x', value: 'newsltr', type: 'pmp-widget' }] }, 'mappings[0].type')
  ledger.issues = [{ path: 'mappings[0].id', message: 'no such field', cure: 'Create it.' }]
  await bad({}, 'mappings[0].id')
  ledger.issues = []
  const { body } = await call('GET /v1/marketplace/integrations')
  assert.equal(body.total, 1)
  assert.doesNotMatch(JSON.stringify(body), /secret token|better one/)
  const { rows } = await sql<{ credentials: Buffer }>`select credentials from integrations`.execute(db)
  assert.doesNotMatch(rows[0]?.credentials.toString('latin1') ?? '', /better one/)
})

test('a deleted integration is gone with what it owed', async () => {
  const { body } = await call('POST /v1/marketplace/integrations', ledgerIntegration)
  await call(`POST /v1/marketplace/integrations/${body.id}/replay`, { all: true })
  // As if there were millions: meanwhile nobody's choice waits.
  const deleting = await inTransaction(db, async trx => {
    await sql`select from deliveries where integration_id = ${body.id} for update`.execute(trx)
    const deleting = call(`DELETE /v1/marketplace/integrations/${body.id}`)
    await eventually(
      async () => (await call(`GET /v1/marketplace/integrations/${body.id}`)).body.enabled === false,
    )
    await choose('meanwhile@acme.test', true)
    return { answer: deleting }
  })
  assert.equal((await deleting.answer).status, 200)
  assert.equal((await call(`GET /v1/marketplace/integrations/${body.id}`)).status, 404)
  const left = await db.selectFrom('deliveries').selectAll().where('integration_id', '=', body.id).execute()
  assert.equal(left.length, 0)
  assert.deepEqual(await misremembered(db), [])
})

test('a session that nobody has used for a day is let go, and what was learned in it with it', async () => {
  const vault = createVault(testSecretKey)
  let nowMs = Date.now()
  const ground = {
    ...{ connectors: ledger.connectors, vault, dispatcher: new Agent(), db },
    ...{ libraries: createLibraries(db), metrics: createMetrics(), log: createLog('silent') },
  }
  const sessions = createSessions(ground, () => nowMs)
  const row = (await readIntegration(db, 'acme', integration)) as IntegrationRow
  const credentials = sealCredentials(vault, 'another', { token: 'x' })
  const { session } = sessions.of(row)
  nowMs += 23 * 3600_000
  sessions.of({ ...row, id: 'another', credentials })
  assert.equal(sessions.of(row).session, session)
  nowMs += 25 * 3600_000
  sessions.of({ ...row, id: 'another', credentials, upsert_mode: !row.upsert_mode })
  assert.notEqual(sessions.of(row).session, session)
  await sessions.close()
})

test('an integration whose credentials cannot be opened holds with a cure, until they are saved again', async () => {
  await sql`update integrations set credentials = '\\x01'::bytea where id = ${integration}`.execute(db)
  await choose('sealed@acme.test', true)
  const read = async () => (await call(`GET /v1/marketplace/integrations/${integration}`)).body
  const hold = await eventually(async () => (await read()).hold)
  assert.equal(hold.code, 'CREDENTIALS_UNREADABLE')
  for (const ask of ['POST preview', 'GET fields']) {
    const refused = await delivering.own(
      ask,
      ask === 'POST preview' ? { organization_user_id: ['x'] } : undefined,
    )
    assert.equal(refused.status, 503, ask)
    assert.match(refused.body.message, /CREDENTIALS_UNREADABLE/)
  }
  const exported = await delivering.own('GET export')
  assert.deepEqual([exported.status, Object.keys(exported.body.errors)], [409, ['authentication']])
  const { ok, checks } = (await delivering.own('POST test')).body
  assert.deepEqual([ok, checks.length], [false, 1])
  assert.match(checks[0].cure, /HEED_SECRET_KEY/)
  const mended = await call(`PATCH /v1/marketplace/integrations/${integration}`, {
    authentication: { token: 'new' },
  })
  assert.equal(mended.status, 200, JSON.stringify(mended.body))
  await holds('sealed@acme.test', true)
})
