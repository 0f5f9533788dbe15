import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { rebuildStatuses } from '../src/record/rebuild.ts'
import { startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call, db } = heed
before(() => fillLibrary(heed))

const post = async (user: object | undefined, purpose: object, more: object = {}) => {
  const answer = await call('POST /v1/consents/events', {
    ...(user ? { user } : {}),
    consents: { purposes: [{ id: 'newsletter', ...purpose }] },
    ...more,
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}
const byUserId = async (id: string) =>
  (await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`)).body
const byId = async (id: string) => call(`GET /v1/consents/users/${id}`)

test('an event that names nobody makes a new person under a random id', async () => {
  const a = await post(undefined, { enabled: true })
  const b = await post({ metadata: { x: 1 } }, { enabled: true })
  assert.notEqual(a.user.id, b.user.id)
  assert.equal((await byId(a.user.id)).status, 200)
})

test('an unknown user.id makes the person under that id, and names them from then on', async () => {
  const first = await post({ id: 'device-1' }, { enabled: true })
  assert.equal(first.user.id, 'device-1')
  await post({ id: 'device-1' }, { enabled: false })
  assert.equal((await byId('device-1')).body.consents.purposes[0].enabled, false)
})

test('a person without an organization_user_id gets the one an event brings', async () => {
  await post({ id: 'device-2' }, { enabled: true })
  const linked = await post(
    { id: 'device-2', organization_user_id: 'two@acme.test' },
    { values: { channel: { value: 'sms' } } },
  )
  assert.equal(linked.user.id, 'device-2')
  const person = await byUserId('two@acme.test')
  assert.equal(person.id, 'device-2')
  assert.deepEqual(person.consents.purposes, [
    { id: 'newsletter', enabled: true, values: { channel: { value: 'sms' } } },
  ])
})

test('a device that signs in as a known person becomes a name of theirs and brings what it stated', async () => {
  const known = await post({ organization_user_id: 'three@acme.test' }, { enabled: true })
  await post({ id: 'device-3' }, { enabled: false })
  const signedIn = await post(
    { id: 'device-3', organization_user_id: 'three@acme.test' },
    { values: { channel: { value: 'sms' } } },
  )
  assert.equal(signedIn.user.id, known.user.id)
  const person = await byUserId('three@acme.test')
  assert.deepEqual(person.consents.purposes, [
    { id: 'newsletter', enabled: false, values: { channel: { value: 'sms' } } },
  ])
  assert.equal((await byId('device-3')).body.id, known.user.id)
  await post({ id: 'device-3' }, { enabled: true })
  assert.equal((await byUserId('three@acme.test')).consents.purposes[0].enabled, true)
  assert.equal((await call('GET /v1/consents/events?organization_user_id=three@acme.test')).body.total, 4)
})

test('a device that belongs to a known person stays theirs when somebody else signs in on it', async () => {
  await post({ id: 'shared', organization_user_id: 'owner@acme.test' }, { enabled: true })
  const guest = await post({ id: 'shared', organization_user_id: 'guest@acme.test' }, { enabled: false })
  assert.notEqual(guest.user.id, 'shared')
  assert.equal((await byUserId('owner@acme.test')).consents.purposes[0].enabled, true)
  assert.equal((await byUserId('guest@acme.test')).consents.purposes[0].enabled, false)
})

test('requests that arrive at the same time make one person per organization_user_id', async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      post({ organization_user_id: `crowd-${i % 4}@acme.test` }, { enabled: i % 2 === 0 }),
    ),
  )
  assert.equal(new Set(answers.map(answer => answer.user.id)).size, 4)
})

test('people are listed 100 a page by cursor, each once', async () => {
  const events = Array.from({ length: 130 }, (_, i) => ({
    user: { organization_user_id: `page-${i}@acme.test` },
  }))
  await call('POST /v1/consents/events', events.slice(0, 100))
  await call('POST /v1/consents/events', events.slice(100))
  const seen = new Set<string>()
  let pages = 0
  for (let cursor: string | null = ''; cursor !== null; pages++) {
    const { body } = await call(
      `GET /v1/consents/users?organization_id=acme${cursor && `&$cursor=${cursor}`}`,
    )
    for (const { id } of body.data) {
      assert.ok(!seen.has(id))
      seen.add(id)
    }
    assert.ok(body.data.length <= 100)
    cursor = body.cursor
  }
  assert.ok(pages >= 2)
  assert.ok(seen.size >= 130)
  const { body: one } = await call('GET /v1/consents/users?organization_user_id=page-7@acme.test')
  assert.equal(one.data.length, 1)
  assert.equal(one.cursor, null)
})

test('metadata is merged key by key, by events and by PATCH; a stale version is refused', async () => {
  await post({ organization_user_id: 'meta@acme.test', metadata: { a: 1, b: 1 } }, { enabled: true })
  await post({ organization_user_id: 'meta@acme.test', metadata: { b: 2 }, country: 'FR' }, { enabled: true })
  const person = await byUserId('meta@acme.test')
  assert.deepEqual(person.metadata, { a: 1, b: 2 })
  const patched = await call(`PATCH /v1/consents/users/${person.id}`, {
    metadata: { c: 3 },
    version: person.version,
  })
  assert.equal(patched.status, 200)
  assert.deepEqual(patched.body.metadata, { a: 1, b: 2, c: 3 })
  const stale = await call(`PATCH /v1/consents/users/${person.id}`, {
    metadata: { d: 4 },
    version: person.version,
  })
  assert.equal(stale.status, 409)
  assert.deepEqual(Object.keys(stale.body.errors), ['version'])
})

test('an organization_user_id can be changed, but not to one that belongs to somebody else', async () => {
  const { user } = await post({ organization_user_id: 'old-name@acme.test' }, { enabled: true })
  await post({ organization_user_id: 'taken@acme.test' }, { enabled: true })
  assert.equal(
    (await call(`PATCH /v1/consents/users/${user.id}`, { organization_user_id: 'taken@acme.test' })).status,
    409,
  )
  assert.equal(
    (await call(`PATCH /v1/consents/users/${user.id}`, { organization_user_id: 'new-name@acme.test' }))
      .status,
    200,
  )
  assert.equal((await byUserId('new-name@acme.test')).id, user.id)
})

test('an erased person is gone from every table; the log still knows that something was recorded', async () => {
  const { id } = await post(
    { organization_user_id: 'erase-me@acme.test', metadata: { secret: 'of mine' } },
    { enabled: true },
    { id: 'erased-event' },
  )
  const erased = await call('DELETE /v1/consents/users/erase-me@acme.test?$by_organization_user_id=true')
  assert.equal(erased.status, 200)
  assert.equal(erased.body.organization_user_id, 'erase-me@acme.test')
  assert.equal((await byUserId('erase-me@acme.test')).code, 404)
  assert.equal((await call(`GET /v1/consents/events/${id}`)).status, 404)
  const rows = await db.selectFrom('log').selectAll().where('event_id', '=', 'erased-event').execute()
  assert.equal(rows.length, 1)
  assert.equal(rows[0]?.body, null)
  const again = await post({ organization_user_id: 'erase-me@acme.test' }, { enabled: false })
  assert.notEqual(again.user.id, erased.body.id)
})

test('every status equals what the log adds up to, and a status that does not is found and rewritten', async () => {
  assert.deepEqual((await rebuildStatuses(db, { checkOnly: true })).differing, [])
  const { id } = await byUserId('three@acme.test')
  await db
    .updateTable('people')
    .set({ status: JSON.stringify({ user: {}, regulations: {} }) })
    .where('id', '=', id)
    .execute()
  assert.deepEqual((await rebuildStatuses(db, { checkOnly: true })).differing, [`acme/${id}`])
  assert.deepEqual((await rebuildStatuses(db)).differing, [`acme/${id}`])
  assert.deepEqual((await rebuildStatuses(db, { checkOnly: true })).differing, [])
  assert.equal((await byUserId('three@acme.test')).consents.purposes[0].enabled, true)
})

test('a person is made with what is known of them and what they have chosen, once', async () => {
  const made = await call('POST /v1/consents/users?organization_id=acme', {
    ...{ id: 'made-1', organization_id: 'acme', organization_user_id: 'made@acme.test' },
    ...{ metadata: { tier: 'gold' }, country: 'FR', version: 0 },
    consents: { purposes: [{ id: 'newsletter', enabled: false }], vendors: {} },
  })
  assert.equal(made.status, 200)
  assert.deepEqual(made.body, await byUserId('made@acme.test'))
  assert.deepEqual(
    [made.body.id, made.body.country, made.body.metadata, made.body.consents.purposes],
    ['made-1', 'FR', { tier: 'gold' }, [{ id: 'newsletter', enabled: false }]],
  )
  for (const names of [{ id: 'made-1' }, { organization_user_id: 'made@acme.test' }])
    assert.equal((await call('POST /v1/consents/users', names)).status, 409)
  const wrong = await call('POST /v1/consents/users', { consents: { purposes: [{ id: 'nowhere' }] } })
  assert.deepEqual([wrong.status, Object.keys(wrong.body.errors)], [400, ['consents.purposes[0].id']])
  assert.equal((await call('POST /v1/consents/users', {})).status, 200)
})

test('the events that a request describes are deleted, those of one person alone, and the status is added up anew', async () => {
  const organization_user_id = 'many@acme.test'
  const user = { organization_user_id }
  await post(user, { enabled: true }, { id: 'many-1', metadata: { source: { name: 'web' } } })
  await post(user, { enabled: false }, { id: 'many-2', metadata: { source: { name: 'shop' } } })
  await post(user, { enabled: true }, { id: 'many-3', status: 'pending_approval', regulation: 'cpra' })
  await post({ organization_user_id: 'else@acme.test' }, { enabled: true }, { id: 'many-4' })
  const remove = (query: string) => call(`DELETE /v1/consents/events?${query}`)
  const left = async () => {
    const all = ['many-1', 'many-2', 'many-3', 'many-4'].map(async id => ({
      ...{ id, ...(await call(`GET /v1/consents/events/${id}`)) },
    }))
    return (await Promise.all(all)).filter(({ status }) => status === 200).map(({ id }) => id)
  }
  for (const query of [
    `organization_user_id=${organization_user_id}`,
    'status=confirmed',
    `organization_user_id=${organization_user_id}&$colour=red`,
    `organization_user_id=${organization_user_id}&created_at[$gte]=2020-01-01`,
  ])
    assert.equal((await remove(query)).status, 400, query)
  for (const query of ['colour=red', 'constructor.name=Object', 'metadata.source.name=else'])
    assert.equal((await remove(`organization_user_id=${organization_user_id}&${query}`)).status, 204)
  assert.deepEqual(await left(), ['many-1', 'many-2', 'many-3', 'many-4'])
  await remove(`organization_user_id=${organization_user_id}&metadata.source.name=shop&status=confirmed`)
  assert.deepEqual(await left(), ['many-1', 'many-3', 'many-4'])
  assert.equal((await byUserId(organization_user_id)).consents.purposes[0].enabled, true)
  const { id } = await byUserId(organization_user_id)
  await remove(`user_id=${id}&consents.purposes.id[$in]=newsletter&consents.purposes.id[$in]=ads`)
  assert.deepEqual(await left(), ['many-4'])
  assert.deepEqual((await byUserId(organization_user_id)).consents.purposes, [])
  const globex = await heed.tokenFor('globex')
  await call('DELETE /v1/consents/events?organization_user_id=else@acme.test&id=many-4', undefined, {
    token: globex,
  })
  assert.deepEqual(await left(), ['many-4'])
})
