import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call } = heed
before(() => fillLibrary(heed))

const event = (more: object = {}) => ({
  user: { organization_user_id: 'bad@acme.test' },
  consents: { purposes: [{ id: 'newsletter', enabled: true }] },
  ...more,
})
const raw = (payload: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  call('POST /v1/consents/events', payload, { headers })
const nothingRecorded = async () =>
  assert.equal((await call('GET /v1/consents/users/bad@acme.test?$by_organization_user_id=true')).status, 404)

test('a user asked for by the caller’s own id, without saying so, is not found and told how', async () => {
  const { status, body } = await call('GET /v1/consents/users/bad@acme.test')
  assert.equal(status, 404)
  assert.match(body.message, /\$by_organization_user_id=true/)
})

async function refused(body: unknown, field: string, route = 'POST /v1/consents/events') {
  const answer = await call(route, body)
  assert.equal(
    answer.status,
    400,
    `${route} ${JSON.stringify(body)?.slice(0, 200)}: ${JSON.stringify(answer.body)}`,
  )
  assert.deepEqual({ code: answer.body.code, name: answer.body.name }, { code: 400, name: 'BadRequest' })
  assert.ok(field in answer.body.errors, `${field} is not among ${JSON.stringify(answer.body.errors)}`)
}

test('a route that needs no body takes an empty one that is called JSON', async () => {
  const json = { 'content-type': 'application/json' }
  for (const route of [
    'POST /v1/marketplace/integrations/gone/test',
    'POST /v1/marketplace/integrations/gone/audit',
  ])
    assert.equal((await call(route, '', { headers: json })).status, 404)
  const { status, body } = await raw('')
  assert.deepEqual([status, Object.keys(body.errors)], [400, ['body']])
})

test('an address that is not well encoded is refused like anything else, and a request that never ends is cut off', async () => {
  const { status, headers, body } = await call('GET /v1/keys/%ff')
  assert.deepEqual([status, Object.keys(body)], [400, ['code', 'name', 'message', 'errors']])
  assert.match(String(headers['content-type']), /json/)
  const { requestTimeout } = heed.heed.app.server
  assert.ok(requestTimeout > 0 && requestTimeout <= 120_000)
  assert.equal((await call('GET /v1/keys')).headers['x-content-type-options'], 'nosniff')
})

test('malformed JSON, another media type, no body and a body that is too large are refused', async () => {
  assert.equal((await raw('{"user":')).status, 400)
  assert.equal((await raw('')).status, 400)
  assert.equal((await raw('"text"')).status, 400)
  assert.equal((await raw('null')).status, 400)
  const form = await raw('{}', { 'content-type': 'application/x-www-form-urlencoded' })
  assert.equal(form.status, 415, 'what curl sends of itself')
  assert.match(form.body.message, /Content-Type: application\/json/)
  assert.equal(
    (await raw(JSON.stringify(event({ metadata: { x: 'y'.repeat(11 * 1024 * 1024) } })))).status,
    413,
  )
  assert.equal(
    (await call('POST /v1/preferences', { name: 'x'.repeat(1024 * 1024), type: 'multi' })).status,
    413,
  )
  await nothingRecorded()
})

test('a wrong type, an unknown field, an unknown id: the fault names its place', async () => {
  await refused(
    event({ consents: { purposes: [{ id: 'newsletter', enabled: 'yes' }] } }),
    'consents.purposes[0].enabled',
  )
  await refused(event({ consents: { purposes: [{ enabled: true }] } }), 'consents.purposes[0].id')
  await refused(event({ consents: { purposes: { id: 'newsletter' } } }), 'consents.purposes')
  await refused(
    event({ consents: { purposes: [{ id: 'nowhere', enabled: true }] } }),
    'consents.purposes[0].id',
  )
  await refused(
    event({ consents: { purposes: [{ id: 'newsletter', values: { nowhere: { value: 'x' } } }] } }),
    'consents.purposes[0].values.nowhere',
  )
  await refused(
    event({ consents: { purposes: [{ id: 'newsletter', values: { channel: { value: 'email,sms' } } }] } }),
    'consents.purposes[0].values.channel',
  )
  await refused(event({ colour: 'blue' }), 'colour')
  await refused(
    event({ consents: { purposes: [{ id: 'newsletter', enabledd: true }] } }),
    'consents.purposes[0].enabledd',
  )
  await refused(event({ created_at: 'yesterday' }), 'created_at')
  await refused(event({ regulation: 'gpdr' }), 'regulation')
  await refused(event({ status: 'maybe' }), 'status')
  await refused(event({ user: { country: 'France' } }), 'user.country')
  await refused([event(), event({ id: 7 })], '[1].id')
  await refused([event(), 'text'], '[1]')
  await refused([], 'body')
  await nothingRecorded()
})

test('text that PostgreSQL cannot hold is refused by its place, wherever it stands', async () => {
  await refused(event({ metadata: { a: ['fine', 'nul\0'] } }), 'metadata.a[1]')
  await refused(event({ domain: 'half \ud83d of a pair' }), 'domain')
  assert.equal((await call('GET /v1/consents/users/a%00b')).status, 400)
  assert.equal((await call('GET /v1/consents/users?organization_user_id=a%00b')).status, 400)
  assert.equal((await call('GET /v1/consents/users/%E0%A4%A')).status, 400)
  await nothingRecorded()
})

test('a query that is not known is refused, not ignored', async () => {
  for (const route of [
    'GET /v1/preferences?$foo=1',
    'GET /v1/preferences?type[$near]=x',
    'GET /v1/metadata/purposes?$limit=abc',
    'GET /v1/metadata/purposes?$limit=101',
    'GET /v1/consents/users?$skip=3',
    'GET /v1/consents/events?organization_user_id=a&$sort[created_at]=1',
    'GET /v1/consents/events',
    'POST /v1/consents/events?$disable_integration=true',
  ]) {
    const answer = await call(route, route.startsWith('POST') ? event() : undefined)
    assert.equal(answer.status, 400, route)
  }
  await nothingRecorded()
})

test('without a token, with a broken one, or with one of another organization nothing is to be had', async () => {
  const other = await heed.tokenFor('globex')
  assert.equal((await call('GET /v1/preferences', undefined, { token: 'x.y.z' })).status, 401)
  const {
    heed: { app },
  } = heed
  assert.equal((await app.inject({ method: 'GET', url: '/v1/preferences' })).statusCode, 401)
  assert.equal(
    (await call('GET /v1/preferences?organization_id=acme', undefined, { token: other })).status,
    403,
  )
  assert.equal(
    (await call('POST /v1/consents/events', { ...event(), organization_id: 'acme' }, { token: other }))
      .status,
    403,
  )
  assert.equal(
    (await call('POST /v1/consents/events', [event({ organization_id: 'acme' })], { token: other })).status,
    403,
  )
  assert.equal((await call('GET /v1/preferences/channel', undefined, { token: other })).status, 404)
  assert.equal((await call('POST /v1/consents/events', event(), { token: other })).status, 400)
  const mine = await call(
    'POST /v1/consents/events',
    event({ id: 'mine', user: { organization_user_id: 'mine@acme.test' } }),
  )
  assert.equal(mine.status, 200)
  assert.equal((await call('GET /v1/consents/events/mine', undefined, { token: other })).status, 404)
  assert.equal(
    (await call(`GET /v1/consents/users/${mine.body.user.id}`, undefined, { token: other })).status,
    404,
  )
  assert.equal((await call('DELETE /v1/consents/events/mine', undefined, { token: other })).status, 404)
})

test('what is not there is a 404 with the public shape of errors', async () => {
  for (const route of [
    'GET /v1/nothing',
    'GET /v1/consents/events/nope',
    'GET /v1/marketplace/integrations/nope',
    'DELETE /v1/consents/users/nope',
  ]) {
    const answer = await call(route)
    assert.equal(answer.status, 404, route)
    assert.deepEqual(Object.keys(answer.body).sort(), ['code', 'errors', 'message', 'name'])
  }
})

test('routes answer with and without /v1', async () => {
  assert.equal((await call('GET /preferences')).status, 200)
  assert.equal((await call('GET /v1/preferences')).status, 200)
  assert.equal((await call('GET /v1/health')).status, 200)
})
