import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startDelivering } from '../../../test/delivering.ts'
import { eventually } from '../../../test/heed.ts'
import { type AuditRow, repair } from './audits.ts'
import { nextRun, scheduleErrors } from './schedule.ts'

const delivering = await startDelivering()
const { ledger, db, own, choose, inState } = delivering

const ended = (id: string) =>
  eventually(async () => {
    const { body } = await own('GET audit')
    return body.id === id && body.state === 'done' && body
  })
async function audit(body?: object) {
  const started = await own('POST audit', body)
  assert.equal(started.status, 200, JSON.stringify(started.body))
  return ended(started.body.id)
}

for (const id of ['a', 'b', 'c']) {
  await choose(`${id}@acme.test`, id === 'a')
  await inState(`${id}@acme.test`, 'delivered')
}

test('before the first audit there is none, and when the next will be', async () => {
  const { body } = await own('GET audit')
  assert.deepEqual([body.id, body.state, body.total], [null, 'never', 0])
  assert.ok(Date.parse(body.next_at) > Date.now())
})

test('a target that holds what people chose has no differences', async () => {
  const done = await audit()
  assert.deepEqual(done.progress, { people: 3, compared: 3, on_the_way: 0 })
  assert.deepEqual(done.data, [])
})

test('what somebody changed or deleted is listed by kind, and repaired when that is asked for', async () => {
  ledger.held.set('b@acme.test', { ...ledger.held.get('b@acme.test'), newsletter: true })
  ledger.held.delete('c@acme.test')
  const found = await audit({})
  assert.deepEqual(found.counts, { missing: 1, changed: 1, duplicate: 0, not_writable: 0 })
  for (const beyond of ['$limit=0', '$skip=2']) {
    const { body } = await own(`GET audit?${beyond}`)
    assert.deepEqual([body.total, body.data], [2, []], beyond)
  }
  const [changed] = (await own('GET audit?kind=changed')).body.data
  assert.deepEqual(
    [
      changed.organization_user_id,
      changed.field,
      changed.now,
      changed.would,
      changed.changed_by,
      changed.repaired,
    ],
    ['b@acme.test', 'newsletter', true, false, 'Sam Sales', false],
  )
  assert.equal(ledger.held.get('b@acme.test')?.newsletter, true, 'an audit alone writes nothing')
  const repaired = await audit({ repair: true })
  assert.ok(repaired.data.every((one: { repaired: boolean }) => one.repaired))
  await eventually(
    () => ledger.held.get('b@acme.test')?.newsletter === false && ledger.held.has('c@acme.test'),
  )
  await inState('b@acme.test', 'delivered')
  await inState('c@acme.test', 'delivered')
  assert.deepEqual(await deliveriesTold(), ['delivered', 'delivered'])
  assert.equal((await audit()).total, 0)
})

const deliveriesTold = async () =>
  (await own('GET audit')).body.data.map((one: { delivery: string }) => one.delivery)

test('a repair that the target refused is told from one that it took', async () => {
  ledger.held.set('a@acme.test', { ...ledger.held.get('a@acme.test'), newsletter: false })
  ledger.outcomeOf = () => ({ state: 'failed', error: { code: 'RULE', message: 'no', cure: 'Mend it.' } })
  assert.equal((await audit({ repair: true })).data[0].repaired, true)
  await inState('a@acme.test', 'failed')
  assert.deepEqual(await deliveriesTold(), ['failed'])
  ledger.outcomeOf = () => undefined
  await own('POST replay', { state: 'failed' })
  await inState('a@acme.test', 'delivered')
})

test('who never had a record lacks none, and whose state is on its way is left out; who failed is not', async () => {
  ledger.outcomeOf = () => ({ state: 'unmatched' })
  await choose('nobody@acme.test', true)
  await inState('nobody@acme.test', 'unmatched')
  const error = { code: 'LOCKED', message: 'locked', cure: 'Wait.' }
  ledger.outcomeOf = ({ organizationUserId }) => ({
    state: organizationUserId === 'soon@acme.test' ? 'retry' : 'failed',
    error,
  })
  await choose('soon@acme.test', true)
  await delivering.tried('soon@acme.test')
  await choose('failed@acme.test', true)
  await inState('failed@acme.test', 'failed')
  const done = await audit()
  assert.deepEqual([done.progress.compared, done.progress.on_the_way, done.total], [5, 1, 1])
  assert.equal(done.data[0].organization_user_id, 'failed@acme.test')
})

test('who had no record, and has one that nobody told of, is delivered by an audit that repairs nothing else', async () => {
  const id = 'hidden@acme.test'
  ledger.outcomeOf = () => ({ state: 'unmatched' })
  await choose(id, false)
  await inState(id, 'unmatched')
  ledger.outcomeOf = () => undefined
  ledger.held.set(id, { newsletter: true })
  ledger.held.set('b@acme.test', { ...ledger.held.get('b@acme.test'), newsletter: true })
  const done = await audit({})
  assert.equal(done.repair, false)
  await inState(id, 'delivered')
  assert.equal(ledger.held.get(id)?.newsletter, false)
  assert.equal(ledger.held.get('b@acme.test')?.newsletter, true, 'what somebody changed is only told')
  const { data } = (await own('GET audit')).body
  const repaired = data.filter((one: { repaired: boolean }) => one.repaired)
  assert.deepEqual(
    [...new Set(repaired.map((one: { organization_user_id: string }) => one.organization_user_id))],
    [id],
  )
})

test('a repair that is asked for during the last comparison is made', async () => {
  ledger.held.set('b@acme.test', { ...ledger.held.get('b@acme.test'), newsletter: true })
  ledger.outcomeOf = () => undefined
  ledger.onLook = async () => {
    ledger.onLook = () => undefined
    await own('POST audit', { repair: true })
  }
  await audit({})
  await eventually(() => ledger.held.get('b@acme.test')?.newsletter === false)
})

test('what differs is repaired page by page, from a person on', async () => {
  const { rows } = await sql<AuditRow>`select * from audits`.execute(db)
  const [last] = rows as [AuditRow]
  const people = (await sql<{ id: string }>`select person_id as id from deliveries order by 1`.execute(db))
    .rows
  const [first] = people as [{ id: string }]
  await sql`
    insert into audit_differences (organization_id, integration_id, audit_id, person_id, position, kind, message)
    select organization_id, integration_id, ${last.id}, person_id, 10 + n, 'changed', 'x'
    from deliveries cross join generate_series(0, 1) n`.execute(db)
  await delivering.paused(async () => {
    assert.equal(await repair(db, last, people.at(-1)?.id), 0)
    assert.equal(await repair(db, last, first.id), people.length - 1)
    assert.equal(await repair(db, last, '', 1), 2, 'a person with two differences, each a page')
    assert.equal(await repair(db, last), 0)
  })
  const { data } = (await own('GET audit')).body
  assert.ok(data.every(({ repaired }: { repaired: boolean }) => repaired))
})

test('one audit runs at a time; asking again gives it, and may add the repair', async () => {
  await sql`
    insert into audits (organization_id, integration_id, id, repairs, due_at)
    values ('acme', ${delivering.integration}, 'slow', false, now() + interval '1 hour')`.execute(db)
  assert.deepEqual((await own('POST audit')).body.id, 'slow')
  const { body } = await own('POST audit', { repair: true })
  assert.deepEqual([body.id, body.repair, body.state], ['slow', true, 'running'])
  const { rows } = await sql`select id from audits`.execute(db)
  assert.deepEqual(rows, [{ id: 'slow' }], 'what nobody can read any more is not kept')
  await sql`update audits set due_at = now() where id = 'slow'`.execute(db)
  await ended('slow')
})

test('an audit starts by its schedule, once', async () => {
  const last = async () => (await own('GET audit')).body.id
  const had = await last()
  await sql`update integrations set audit_due_at = now()`.execute(db)
  await eventually(async () => (await last()) !== had)
  const { body } = await own('GET')
  assert.ok(Date.parse(body.audit.next_at) > Date.now())
})

test('a change of the integration while its audit starts does not start it again', async () => {
  const due = async () => (await own('GET')).body.audit.next_at
  ledger.onLook = async () => {
    ledger.onLook = () => undefined
    await sql`update integrations set audit_due_at = now()`.execute(db)
    await eventually(async () => Date.parse(await due()) > Date.now())
  }
  await sql`update integrations set audit_due_at = now() + interval '1 second'`.execute(db)
  const { body } = await own('PATCH', { upsert_mode: true })
  assert.ok(Date.parse(body.audit.next_at) > Date.now() + 60_000)
})

test('a schedule is read in its time zone, and a wrong one is refused by name', async () => {
  const next = nextRun({ schedule: '0 2 * * *', time_zone: 'Europe/Paris' }, new Date('2026-07-01T12:00:00Z'))
  assert.equal(next?.toISOString(), '2026-07-02T00:00:00.000Z')
  assert.deepEqual(Object.keys(scheduleErrors({ schedule: 'at night', time_zone: 'UTC' })), [
    'audit.schedule',
  ])
  assert.deepEqual(Object.keys(scheduleErrors({ schedule: '0 2 * * * *', time_zone: 'UTC' })), [
    'audit.schedule',
  ])
  assert.deepEqual(Object.keys(scheduleErrors({ schedule: null, time_zone: 'Mars' })), ['audit.time_zone'])
  const refused = await own('PATCH', { audit: { schedule: 'never' } })
  assert.deepEqual([refused.status, Object.keys(refused.body.errors)], [400, ['audit.schedule']])
  const off = await own('PATCH', { audit: { schedule: null, repair: true } })
  assert.deepEqual(off.body.audit, { schedule: null, time_zone: 'UTC', repair: true, next_at: null })
})

test('an audit that waits for the target or for calls is tried at once when it is asked for again', async () => {
  await eventually(async () => (await own('GET audit')).body.state !== 'running')
  const uses = (used: number) =>
    sql`update integrations set target_usage = ${JSON.stringify({ used, limit: 100_000 })}::jsonb, target_usage_at = now()`.execute(
      db,
    )
  await uses(95_000)
  const { id } = (await own('POST audit')).body
  const { error } = await eventually(async () => {
    const now = (await own('GET audit')).body
    return now.error && now
  })
  const [reason] = (await own('GET status')).body.reasons
  assert.deepEqual(error, reason, 'one shortage, in the same words')
  assert.match(error.message, /everybody together/)
  await uses(10)
  assert.equal((await own('POST audit')).body.id, id)
  await ended(id)
})

test('an audit that fails unexpectedly says so, goes on, and where it is given up the status says that', async () => {
  const fail = () => {
    throw new Error('nobody thought of this')
  }
  ledger.onLook = fail
  const { body } = await own('POST audit')
  const waits = await eventually(async () => {
    const now = (await own('GET audit')).body
    return now.error && now
  })
  assert.deepEqual([waits.state, waits.error.code], ['running', 'UNEXPECTED'])
  await sql`update audits set attempts = 49, due_at = now()`.execute(db)
  await eventually(async () => (await own('GET audit')).body.state === 'failed')
  const { health, reasons } = (await own('GET status')).body
  assert.equal(health, 'degraded')
  assert.match(JSON.stringify(reasons), /AUDIT_FAILED.*the server’s log.*start another one/)
  assert.doesNotMatch(JSON.stringify(reasons), /by itself/)
  ledger.onLook = () => undefined
  const next = await audit()
  assert.notEqual(next.id, body.id)
  assert.equal((await own('GET status')).body.health, 'good')
})
