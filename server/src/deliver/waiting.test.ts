import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startDelivering } from '../../test/delivering.ts'
import { eventually } from '../../test/heed.ts'
import { targetAway } from '../../test/ledger.ts'
import { misremembered } from '../../test/remembered.ts'

const delivering = await startDelivering({}, { lookEverySeconds: 0.05 })
const { call, db, ledger, own, choose, holds, inState } = delivering

const isLookedFor = () => eventually(() => ledger.appearing.length === 0)
const unknown = (id: string) => {
  ledger.outcomeOf = ({ organizationUserId }) =>
    organizationUserId === id ? { state: 'unmatched' } : undefined
}

test('a choice whose person has no record yet is applied when the record appears, whatever the case of its address', async () => {
  unknown('Early@Acme.test')
  await choose('Early@Acme.test', false)
  await inState('Early@Acme.test', 'unmatched')
  assert.equal((await own('GET status')).body.waiting_room.people, 1)
  ledger.outcomeOf = () => undefined
  ledger.appearing.push({ value: 'early@acme.test', object: 'Line', id: 'new line' })
  await holds('Early@Acme.test', false)
})

test('where the target tells cases apart, a record is nobody’s whose id is equal but for case', async () => {
  for (const id of ['Exact@acme.test', 'exact@acme.test']) {
    unknown(id)
    await choose(id, false)
    await inState(id, 'unmatched')
  }
  ledger.outcomeOf = () => undefined
  const rounds = ledger.rounds.length
  for (const value of ['Exact@acme.test', 'exact@acme.test']) {
    ledger.appearing.push({ value, isExact: true, object: 'Line', id: `line of ${value}` })
    await holds(value, false)
  }
  assert.deepEqual(ledger.rounds.slice(rounds), [['Exact@acme.test'], ['exact@acme.test']])
})

test('others wait on, and records of strangers owe nobody', async () => {
  unknown('patient@acme.test')
  await choose('patient@acme.test', true)
  await inState('patient@acme.test', 'unmatched')
  const rounds = ledger.rounds.length
  ledger.appearing.push({ value: 'stranger@acme.test', object: 'Line', id: 'strange' })
  await isLookedFor()
  await choose('another@acme.test', true)
  await holds('another@acme.test', true)
  assert.deepEqual(ledger.rounds.slice(rounds).flat(), ['another@acme.test'])
})

test('who has a record more is delivered again; a record that is remembered owes nobody', async () => {
  await choose('twice@acme.test', false)
  await inState('twice@acme.test', 'delivered')
  const rounds = ledger.rounds.length
  ledger.appearing.push({ value: 'twice@acme.test', object: 'Line', id: 'line of twice@acme.test' })
  await isLookedFor()
  ledger.appearing.push({ value: 'twice@acme.test', object: 'Line', id: 'a second line' })
  await eventually(() => ledger.rounds.length > rounds)
  await inState('twice@acme.test', 'delivered')
  assert.deepEqual(ledger.rounds.slice(rounds), [['twice@acme.test']])
})

test('who remembers a record that another stands for by now is delivered to that, whatever its address', async () => {
  await choose('moved@acme.test', false)
  await inState('moved@acme.test', 'delivered')
  const rounds = ledger.rounds.length
  const led = { value: 'elsewhere@acme.test', object: 'Line', id: 'its contact' }
  ledger.appearing.push(
    { ...led, insteadOf: 'line of nobody' },
    { ...led, insteadOf: 'line of moved@acme.test' },
  )
  await eventually(() => ledger.rounds.length > rounds)
  await inState('moved@acme.test', 'delivered')
  assert.deepEqual(ledger.rounds.slice(rounds), [['moved@acme.test']])
})

test('who remembers which record is known whatever becomes of the records and of the person', async () => {
  const id = 'collector@acme.test'
  const remembers = async (...records: string[]) => {
    ledger.outcomeOf = ({ organizationUserId }) =>
      organizationUserId === id
        ? { state: 'delivered', links: records.map(record => ({ object: 'Line', id: record })) }
        : undefined
    await choose(id, records.length % 2 === 0)
    await eventually(async () => {
      const { rows } = await sql<{ id: string }>`
        select r.record_id as id from remembered_records r join people p on p.id = r.person_id
        where p.organization_user_id = ${id} order by 1`.execute(db)
      return rows.map(row => row.id).join() === records.join()
    })
    assert.deepEqual(await misremembered(db), [])
  }
  await remembers('a', 'b')
  await remembers('b', 'c', 'd')
  await remembers('d', 'e')
  await remembers()
  await remembers('f')
  ledger.outcomeOf = () => undefined
  await call(`DELETE /v1/consents/users/${id}?$by_organization_user_id=true`)
  assert.deepEqual(await misremembered(db), [])
  const { rows } = await sql`select from remembered_records where record_id = 'f'`.execute(db)
  assert.equal(rows.length, 0)
})

test('what the deleted remembered is found one by one: nobody waits until all that is remembered was read', async () => {
  const trx = await db.startTransaction().execute()
  const counted = async () => {
    const { rows } = await sql<{ scans: number; deleted: number }>`
      select seq_scan::int as scans, n_tup_del::int as deleted
      from pg_stat_xact_user_tables where relname = 'remembered_records'`.execute(trx)
    return rows[0] ?? { scans: 0, deleted: 0 }
  }
  await sql`
    with many as (
      insert into deliveries (organization_id, integration_id, person_id, wanted_version, state, links)
      select organization_id, integration_id, 'p' || n, 1, 'delivered', jsonb_build_array(jsonb_build_object('id', 'r' || n))
      from (select * from deliveries limit 1) d cross join generate_series(1, 5000) n
      returning *
    )
    insert into remembered_records
    select organization_id, integration_id, links -> 0 ->> 'id', person_id from many`.execute(trx)
  // As on a connection that has deleted nobody yet.
  await sql`discard plans`.execute(trx)
  const before = await counted()
  await sql`delete from deliveries where person_id like 'p%'`.execute(trx)
  const after = await counted()
  await trx.rollback().execute()
  assert.equal(after.scans, before.scans)
  assert.ok(after.deleted > before.deleted)
})

test('what was looked at is remembered', async () => {
  const first = (await own('GET status')).body.waiting_room.looked_until
  await eventually(async () => (await own('GET status')).body.waiting_room.looked_until > first)
})

test('a hold that a look began while nobody was owed is over with the look that goes well', async () => {
  ledger.outcomeOf = () => ({ state: 'failed' })
  await choose('tomorrow@acme.test', true)
  await inState('tomorrow@acme.test', 'failed')
  ledger.outcomeOf = () => undefined
  const hold = async () => (await own('GET')).body.hold
  ledger.onLook = () => {
    throw targetAway('hold', 100)
  }
  assert.equal((await eventually(hold)).code, 'AWAY')
  ledger.onLook = () => undefined
  await eventually(async () => (await hold()) === null)
})

test('a hold of a delivery is not over because a look goes well', async () => {
  ledger.onDeliver = () => {
    throw targetAway('hold', 200)
  }
  await choose('held@acme.test', true)
  const since = (await eventually(async () => (await own('GET')).body.hold)).since
  await eventually(() => ledger.rounds.length > 1)
  assert.equal((await own('GET')).body.hold?.since, since)
  ledger.onDeliver = () => undefined
  await holds('held@acme.test', true)
})
