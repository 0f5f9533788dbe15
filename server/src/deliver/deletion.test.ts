import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { gate, startDelivering } from '../../test/delivering.ts'
import { eventually } from '../../test/heed.ts'
import { ledgerIntegration } from '../../test/ledger.ts'
import { misremembered } from '../../test/remembered.ts'
import { inTransaction } from '../store/database.ts'

const delivering = await startDelivering()
const { ledger, call, db, choose, explain, holds, deliveryOf, inState } = delivering

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
