/** Tokens of a person: what they open, and what they never do. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createPersonTokens } from '../src/access/personTokens.ts'
import { createVault } from '../src/access/vault.ts'
import { startHeed, testSecretKey } from './heed.ts'
import { fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call } = heed
before(() => fillLibrary(heed))

const tokenOf = async (organization_user_id: string, more: object = {}): Promise<string> => {
  const { status, body } = await call('POST /v1/consents/tokens', { organization_user_id, ...more })
  assert.equal(status, 200, JSON.stringify(body))
  return body.id_token
}
const event = (more: object = {}) => ({
  consents: { purposes: [{ id: 'newsletter', enabled: true }] },
  ...more,
})
const record = (token: string, body: unknown, query = '') =>
  call(`POST /v1/consents/events${query}`, body, { token })
const eventsOf = async (id: string) =>
  (
    await call(
      `GET /v1/consents/events?organization_user_id=${id}&status[$in]=confirmed&status[$in]=pending_approval`,
    )
  ).body.data

test('a token lets its person state choices and read them again, by header or by address', async () => {
  const token = await tokenOf('ann@acme.test')
  const made = await record(token, event())
  assert.equal(made.status, 200, JSON.stringify(made.body))
  assert.equal(made.body.user.organization_user_id, 'ann@acme.test')
  const named = await record(
    token,
    event({ user: { organization_user_id: 'ann@acme.test', id: made.body.user.id } }),
  )
  assert.equal(named.body.user.id, made.body.user.id)
  for (const route of [
    'GET /v1/consents/events',
    'GET /v1/consents/events?organization_user_id=ann@acme.test',
    `GET /v1/consents/events?user_id=${made.body.user.id}`,
    'GET /v1/consents/users?organization_id=acme',
  ])
    assert.equal((await call(route, undefined, { token })).body.data[0].organization_id, 'acme', route)
  const mine = await call(`GET /v1/consents/users/${made.body.user.id}`, undefined, { token })
  assert.equal(mine.body.consents.purposes[0].enabled, true)
  const byAddress = await heed.heed.app.inject({
    method: 'GET',
    url: `/v1/consents/users/ann@acme.test?$by_organization_user_id=true&token=${token}`,
  })
  assert.equal(byAddress.json().id, made.body.user.id)
  // Without the header a cache on the way would not know that this is somebody's own.
  assert.equal(byAddress.headers['cache-control'], 'no-store')
})

test('a token says nothing of anybody else and changes nobody else', async () => {
  const bob = await call(
    'POST /v1/consents/events',
    event({ user: { organization_user_id: 'bob@acme.test' } }),
  )
  const device = await call('POST /v1/consents/events', event({ user: { id: 'a-device' } }))
  const token = await tokenOf('eve@acme.test')
  await record(token, event())
  const status = async (route: string) => (await call(route, undefined, { token })).status
  assert.equal(await status('GET /v1/consents/events?organization_user_id=bob@acme.test'), 403)
  assert.equal(await status(`GET /v1/consents/events?user_id=${bob.body.user.id}`), 404)
  assert.equal(await status('GET /v1/consents/users?organization_user_id=bob@acme.test'), 403)
  assert.equal(await status(`GET /v1/consents/users/${bob.body.user.id}`), 404)
  assert.equal(await status('GET /v1/consents/users/bob@acme.test?$by_organization_user_id=true'), 404)
  assert.equal(await status('GET /v1/consents/users/nobody?$by_organization_user_id=true'), 404)
  const page = await call('GET /v1/consents/users?$cursor=YQ', undefined, { token })
  assert.deepEqual(
    page.body.data.map((one: { organization_user_id: string }) => one.organization_user_id),
    ['eve@acme.test'],
  )
  for (const user of [
    { organization_user_id: 'bob@acme.test' },
    { id: bob.body.user.id },
    { id: device.body.user.id },
    { id: 'a-new-device' },
  ]) {
    assert.equal((await record(token, event({ user }))).status, 403, JSON.stringify(user))
    assert.equal((await record(token, [event(), event({ user })])).status, 403)
  }
  assert.equal((await eventsOf('bob@acme.test')).length, 1)
  assert.equal((await eventsOf('eve@acme.test')).length, 1)
})

test('a token opens nothing but these routes, in its organization, with its permissions', async () => {
  const token = await tokenOf('ann@acme.test')
  const made = await record(token, event({ id: 'by-ann' }))
  for (const route of [
    'GET /v1/consents/events/by-ann',
    'DELETE /v1/consents/events/by-ann',
    `DELETE /v1/consents/users/${made.body.user.id}`,
    'GET /v1/preferences',
    'GET /v1/keys',
    'GET /v1/secrets',
    'GET /v1/organizations',
  ])
    assert.equal((await call(route, undefined, { token })).status, 403, route)
  assert.equal(
    (await call('POST /v1/consents/tokens', { organization_user_id: 'bob@acme.test' }, { token })).status,
    403,
  )
  assert.equal(
    (await call(`PATCH /v1/consents/users/${made.body.user.id}`, { country: 'FR' }, { token })).status,
    403,
  )
  assert.equal((await record(token, event(), '?organization_id=globex')).status, 403)
  assert.equal((await record(token, event({ organization_id: 'globex' }))).status, 403)
  assert.equal((await record(token, event(), '?$disable_integrations=true')).status, 403)
  const reader = await tokenOf('ann@acme.test', { permissions: ['read'] })
  assert.equal((await record(reader, event())).status, 403)
  const writer = await tokenOf('ann@acme.test', { permissions: ['write'] })
  assert.equal((await call('GET /v1/consents/events', undefined, { token: writer })).status, 403)
  const session = await heed.tokenFor('globex')
  const url = `/v1/consents/users?token=${session}`
  assert.equal((await heed.heed.app.inject({ method: 'GET', url })).statusCode, 401)
  const theirs = await call('GET /v1/consents/events/by-ann', undefined, { token: session })
  assert.equal(theirs.status, 404)
})

test('expired, forged and foreign tokens are refused', async () => {
  const expired = await createPersonTokens(createVault(testSecretKey)).issue(
    { organizationId: 'acme', organizationUserId: 'ann@acme.test', permissions: ['read'] },
    -1,
  )
  const forged = await createPersonTokens(createVault(Buffer.alloc(32, 9))).issue(
    { organizationId: 'acme', organizationUserId: 'ann@acme.test', permissions: ['read'] },
    60,
  )
  for (const token of [expired, forged])
    assert.equal((await call('GET /v1/consents/events', undefined, { token })).status, 401)
})

test('the delegate and the metadata of the token are put on each event, whatever its body says', async () => {
  const token = await tokenOf('del@acme.test', {
    delegate: { id: 'agent-7', name: 'Call centre' },
    metadata: { private: true },
    event: { metadata: { source: 'phone' }, user: { metadata: { language: 'de' } } },
  })
  const { body } = await record(token, [
    event({ delegate: { id: 'forged' }, metadata: { source: 'forged', page: 1 } }),
    event({ user: { metadata: { language: 'fr', name: 'Del' } } }),
  ])
  assert.deepEqual(
    body.map((one: { metadata: object }) => one.metadata),
    [{ source: 'phone', page: 1 }, { source: 'phone' }],
  )
  assert.deepEqual(body[0].delegate, { id: 'agent-7', name: 'Call centre' })
  assert.deepEqual(body[1].user.metadata, { language: 'de', name: 'Del' })
  const plain = await record(await tokenOf('del@acme.test'), event({ delegate: { id: 'forged' } }))
  assert.ok(!('delegate' in plain.body))
})

test('where the token asks for it, an event waits for its confirmation, whatever status it names', async () => {
  for (const field of ['validation', 'validations']) {
    const id = `${field}@acme.test`
    const token = await tokenOf(id, { [field]: { email: { enabled: true, approval: true } } })
    assert.equal((await record(token, event({ status: 'confirmed' }))).body.status, 'pending_approval')
    const { body } = await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`, undefined, {
      token,
    })
    assert.deepEqual(body.consents.purposes, [])
  }
  const off = await tokenOf('off@acme.test', { validations: { email: { enabled: false } } })
  assert.equal((await record(off, event())).body.status, 'confirmed')
})

test('lifetimes are bounded, and what is not known is refused by name', async () => {
  const { body } = await call('POST /v1/consents/tokens', { organization_user_id: 'ann@acme.test' })
  assert.equal(body.lifetime, 900)
  for (const [input, field] of [
    [{ lifetime: 0 }, 'lifetime'],
    [{ lifetime: 1e9 }, 'lifetime'],
    [{ permissions: ['admin'] }, 'permissions[0]'],
    [{ organization_user_id: '' }, 'organization_user_id'],
    [{ colour: 'blue' }, 'colour'],
    [{ metadata: { large: 'x'.repeat(5000) } }, 'body'],
  ] as const) {
    const answer = await call('POST /v1/consents/tokens', { organization_user_id: 'ann', ...input })
    assert.deepEqual([answer.status, Object.keys(answer.body.errors)], [400, [field]])
  }
})

test('what is no event is refused as it would be from anyone', async () => {
  const token = await tokenOf('ann@acme.test')
  for (const body of [[], [7], event({ user: 'ann' }), event({ user: null }), event({ metadata: 'x' })])
    assert.equal((await record(token, body)).status, 400, JSON.stringify(body))
})

test('browsers on any site may call these routes, without credentials, and read a refusal', async () => {
  for (const url of ['/v1/consents/events', '/consents/users', '/v1/consents/users/x']) {
    const preflight = await heed.heed.app.inject({
      method: 'OPTIONS',
      url,
      headers: { origin: 'https://shop.test', 'access-control-request-method': 'GET' },
    })
    assert.equal(preflight.statusCode, 204)
    assert.equal(preflight.headers['access-control-allow-origin'], '*')
    assert.match(String(preflight.headers['access-control-allow-methods']), /GET/)
    assert.match(String(preflight.headers['access-control-allow-headers']), /authorization/)
    assert.ok(!('access-control-allow-credentials' in preflight.headers))
    const refused = await heed.heed.app.inject({ method: 'GET', url })
    assert.deepEqual([refused.statusCode, refused.headers['access-control-allow-origin']], [401, '*'])
  }
  const closed = await call('GET /v1/keys')
  assert.ok(!('access-control-allow-origin' in closed.headers))
})
