import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call } = heed
before(() => fillLibrary(heed))

const event = (organization_user_id: string, enabled: boolean, more: object = {}) => ({
  user: { organization_user_id },
  consents: { purposes: [{ id: 'newsletter', enabled }] },
  ...more,
})
const statusOf = async (id: string) =>
  (await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`)).body
const enabledOf = async (id: string) => (await statusOf(id)).consents.purposes[0]?.enabled

test('an event is recorded, given back whole, and counts in the status of its person', async () => {
  const sent = {
    id: 'whole-event',
    created_at: '2025-01-02T03:04:05.678Z',
    regulation: 'gdpr',
    domain: 'prefs.acme.test',
    metadata: { source: 'form', deep: { a: [1, 2] } },
    user: {
      organization_user_id: 'whole@acme.test',
      metadata: { language: 'fr' },
      country: 'FR',
      last_seen_country: 'BE',
    },
    consents: {
      channels: [{ id: 'email', enabled: true, metadata: { x: 1 } }],
      purposes: [
        {
          id: 'newsletter',
          enabled: true,
          enabled_li: false,
          metadata: { y: 2 },
          values: { channel: { value: 'email' }, topics: { value: 'travel,food' } },
          channels: [{ id: 'sms', enabled: false }],
          preferences: [{ id: 'older', enabled: true, channels: [{ id: 'post', enabled: true }] }],
        },
      ],
      vendors: { enabled: ['v1'], disabled: ['v2'], enabled_li: ['v3'], disabled_li: ['v4'] },
      tcfcs: 'CO-string',
    },
    proofs_id: ['proof-1'],
    delegate: { id: 'agent-7', name: 'Call centre', metadata: { desk: 3 } },
  }
  const { status, body } = await call('POST /v1/consents/events', sent)
  assert.equal(status, 200)
  const { updated_at, organization_id, status: eventStatus, user, ...rest } = body
  const { id: userId, ...userRest } = user
  assert.deepEqual({ ...rest, user: userRest }, sent)
  assert.equal(eventStatus, 'confirmed')
  assert.equal(organization_id, 'acme')
  assert.ok(updated_at)
  assert.deepEqual((await call('GET /v1/consents/events/whole-event')).body, {
    ...body,
    updated_at: (await call('GET /v1/consents/events/whole-event')).body.updated_at,
  })

  const person = await statusOf('whole@acme.test')
  assert.equal(person.id, userId)
  assert.deepEqual(person.metadata, { language: 'fr' })
  assert.equal(person.country, 'FR')
  assert.deepEqual(person.consents, sent.consents)
})

test('the same id with the same content gives the stored event back; with other content it is refused', async () => {
  const first = await call('POST /v1/consents/events', event('idem@acme.test', true, { id: 'idem' }))
  const again = await call('POST /v1/consents/events', event('idem@acme.test', true, { id: 'idem' }))
  assert.equal(again.status, 200)
  assert.equal(again.body.user.id, first.body.user.id)
  assert.equal(again.body.created_at, first.body.created_at)
  const other = await call('POST /v1/consents/events', event('idem@acme.test', false, { id: 'idem' }))
  assert.equal(other.status, 409)
  assert.deepEqual(Object.keys(other.body.errors), ['id'])
  assert.equal(await enabledOf('idem@acme.test'), true)
  assert.equal((await call('GET /v1/consents/events?organization_user_id=idem@acme.test')).body.total, 1)
})

test('of an array all events are taken or none, and the fault names its place', async () => {
  const events = Array.from({ length: 100 }, (_, i) => event(`array-${i}@acme.test`, true))
  const good = await call('POST /v1/consents/events', events)
  assert.equal(good.status, 200)
  assert.equal(good.body.length, 100)

  const bad = events.map((one, i) =>
    event(
      `bad-${i}@acme.test`,
      true,
      i === 99
        ? {
            consents: {
              purposes: [{ id: 'newsletter', enabled: true, values: { channel: { value: 'pigeon' } } }],
            },
          }
        : one.consents && {},
    ),
  )
  const refused = await call('POST /v1/consents/events', bad)
  assert.equal(refused.status, 400)
  assert.deepEqual(Object.keys(refused.body.errors), ['[99].consents.purposes[0].values.channel'])
  assert.equal(
    (await call('GET /v1/consents/users/bad-0@acme.test?$by_organization_user_id=true')).status,
    404,
  )

  const tooMany = await call('POST /v1/consents/events', [...events, event('one-more@acme.test', true)])
  assert.equal(tooMany.status, 400)
  assert.match(tooMany.body.message, /100/)

  const conflict = await call('POST /v1/consents/events', [
    event('none@acme.test', true),
    event('idem@acme.test', false, { id: 'idem' }),
  ])
  assert.equal(conflict.status, 409)
  assert.deepEqual(Object.keys(conflict.body.errors), ['[1].id'])
  assert.equal(
    (await call('GET /v1/consents/users/none@acme.test?$by_organization_user_id=true')).status,
    404,
  )
})

test('an import keeps its dates and never overtakes a newer choice; a clock that runs ahead does not win for ever', async () => {
  const id = 'dates@acme.test'
  await call('POST /v1/consents/events', event(id, true, { created_at: '2024-05-01T00:00:00Z' }))
  await call('POST /v1/consents/events', event(id, false, { created_at: '2023-05-01T00:00:00Z' }))
  assert.equal(await enabledOf(id), true)
  const ahead = await call(
    'POST /v1/consents/events',
    event(id, false, { created_at: '2099-01-01T00:00:00Z' }),
  )
  assert.equal(ahead.body.created_at, '2099-01-01T00:00:00.000Z')
  assert.equal(await enabledOf(id), false)
  await call('POST /v1/consents/events', event(id, true))
  assert.equal(await enabledOf(id), true)
})

test('a pending event counts from its confirmation on, and confirming it twice changes nothing', async () => {
  const id = 'pending@acme.test'
  const pending = await call(
    'POST /v1/consents/events',
    event(id, true, { status: 'pending_approval', created_at: '2020-01-01T00:00:00Z' }),
  )
  assert.equal(await enabledOf(id), undefined)
  await call('POST /v1/consents/events', event(id, false, { created_at: '2021-01-01T00:00:00Z' }))
  assert.equal((await call(`GET /v1/consents/events?organization_user_id=${id}`)).body.total, 1)
  assert.equal(
    (await call(`GET /v1/consents/events?organization_user_id=${id}&status=pending_approval`)).body.total,
    1,
  )
  const confirmed = await call(`PATCH /v1/consents/events/${pending.body.id}`, { status: 'confirmed' })
  assert.equal(confirmed.status, 200)
  assert.equal(confirmed.body.status, 'confirmed')
  assert.equal(await enabledOf(id), true)
  const { version } = await statusOf(id)
  await call(`PATCH /v1/consents/events/${pending.body.id}`, { status: 'confirmed' })
  assert.equal((await statusOf(id)).version, version)
})

test('a changed or deleted event is added up anew, as if it had always been so', async () => {
  const id = 'revise@acme.test'
  await call('POST /v1/consents/events', event(id, true))
  const second = await call('POST /v1/consents/events', event(id, false))
  const changed = await call(`PATCH /v1/consents/events/${second.body.id}`, {
    consents: { purposes: [{ id: 'newsletter', values: { channel: { value: 'sms' } } }] },
  })
  assert.equal(changed.status, 200)
  assert.equal(await enabledOf(id), true)
  assert.equal((await call(`DELETE /v1/consents/events/${second.body.id}`)).status, 204)
  assert.deepEqual((await statusOf(id)).consents.purposes, [{ id: 'newsletter', enabled: true }])
  assert.equal((await call(`GET /v1/consents/events/${second.body.id}`)).status, 404)
  assert.equal((await call('POST /v1/consents/events', event(id, false, { id: second.body.id }))).status, 409)
  const { body } = await call(`GET /v1/consents/events/${second.body.id}/revisions`)
  const told = body.data.map(({ action, event: then }: { action: string; event: typeof second.body }) => [
    action,
    then?.consents.purposes[0].enabled,
    then?.consents.purposes[0].values?.channel?.value,
  ])
  const first = second.body.consents.purposes[0]
  assert.deepEqual(told.slice(0, 2), [
    ['created', false, first.values?.channel?.value],
    ['changed', undefined, 'sms'],
  ])
  assert.deepEqual([body.total, told[2][0]], [3, 'deleted'])
  assert.equal(body.data[0].recorded_by, body.data[2].recorded_by, 'the key that did it')
  assert.equal(body.data[0].event.updated_at, second.body.updated_at)
  await call(`DELETE /v1/consents/users/${id}?$by_organization_user_id=true`)
  const erased = await call(`GET /v1/consents/events/${second.body.id}/revisions`)
  assert.deepEqual(
    erased.body.data.map((one: { event: unknown }) => one.event),
    [null, null, null],
    'after erasure: that, when and by whom, and nothing of the person',
  )
  assert.equal((await call('GET /v1/consents/events/nothing/revisions')).status, 404)
})

test('regulations are kept apart', async () => {
  const id = 'regulations@acme.test'
  await call('POST /v1/consents/events', [event(id, true), event(id, false, { regulation: 'cpra' })])
  assert.equal(await enabledOf(id), true)
  const other = await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true&regulation=cpra`)
  assert.equal(other.body.consents.purposes[0].enabled, false)
  const both = await call(
    `GET /v1/consents/events?organization_user_id=${id}&regulation[$in]=gdpr&regulation[$in]=cpra`,
  )
  assert.equal(both.body.total, 2)
  const { body } = await call(`GET /v1/consents/events?organization_user_id=${id}&$limit=0`)
  assert.deepEqual([body.total, body.data], [1, []], 'a page without rows still says how many there are')
})

test('the log refuses to be changed, deleted or truncated', async () => {
  const { sql } = await import('kysely')
  for (const statement of ["update log set regulation = 'x'", 'delete from log', 'truncate log'])
    await assert.rejects(sql.raw(statement).execute(heed.db), /append-only/)
})

test('files that prove a choice are kept, come back by id alone, and go with the person', async () => {
  const pdf = `data:application/pdf;base64,${Buffer.from('%PDF-1.7 signed').toString('base64')}`
  const { status, body } = await call(
    'POST /v1/consents/events',
    event('proof@acme.test', true, { proofs_id: ['mine'], proofs: [pdf] }),
  )
  assert.equal(status, 200)
  assert.equal(body.proofs, undefined)
  assert.equal(body.proofs_id.length, 2)
  const kept = await heed.db
    .selectFrom('proofs')
    .selectAll()
    .where('id', '=', body.proofs_id[1])
    .executeTakeFirstOrThrow()
  assert.deepEqual([kept.media_type, kept.content.toString()], ['application/pdf', '%PDF-1.7 signed'])
  const patched = await call(`PATCH /v1/consents/events/${body.id}`, { proofs: [pdf] })
  assert.equal(patched.body.proofs_id.length, 3)
  const bad = await call(
    'POST /v1/consents/events',
    event('proof@acme.test', true, { proofs: ['data:text/html;base64,PGI+'] }),
  )
  assert.deepEqual(Object.keys(bad.body.errors), ['proofs[0]'])
  await call('DELETE /v1/consents/users/proof@acme.test?$by_organization_user_id=true')
  assert.equal((await heed.db.selectFrom('proofs').selectAll().execute()).length, 0)
})

test('events of one person in one array that say no time count in the order of the array', async () => {
  const { status } = await call(
    'POST /v1/consents/events',
    [true, false, true, true, false, true, false].map(enabled => ({
      user: { organization_user_id: 'in-order@acme.test' },
      consents: { purposes: [{ id: 'newsletter', enabled }] },
    })),
  )
  assert.equal(status, 200)
  const { body } = await call('GET /v1/consents/users/in-order@acme.test?$by_organization_user_id=true')
  assert.equal(body.consents.purposes[0].enabled, false)
})
