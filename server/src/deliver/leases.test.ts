import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { gate, startDelivering } from '../../test/delivering.ts'
import { eventually, startHeed } from '../../test/heed.ts'
import { misremembered } from '../../test/remembered.ts'
import { LEASE_SECONDS, RENEW_EVERY_MS, renew } from './claim.ts'
import { type IntegrationRow, readIntegration } from './integration.ts'

const delivering = await startDelivering({ roundSize: 50 })
const { ledger, call, db, choose, holds, inState, integration } = delivering

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
  assert.deepEqual(await misremembered(db), [])
})
