/** Requests as the public API's users send them; each answer is held against that API's own description. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

/** The structure of the public description (types, required fields); its words are left out. */
const schemas = JSON.parse(
  readFileSync(new URL('public-api.schemas.json', import.meta.url), 'utf8'),
) as Record<string, object>
const ajv = new Ajv({ strict: false, allErrors: true })
formats.default(ajv)

function valid(name: string, answer: unknown): void {
  const check = ajv.compile(schemas[name] as object)
  assert.ok(check(answer), `${name}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(answer)}`)
}

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call } = heed

async function page(name: string, route: string): Promise<void> {
  const { status, body } = await call(route)
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body).sort(), ['data', 'limit', 'skip', 'total'])
  assert.ok(body.data.length > 0, route)
  for (const item of body.data) valid(name, item)
}

test('sessions, keys, secrets, organizations, quotas, features and languages are as described', async () => {
  const key = await call('POST /v1/keys', { name: 'mine', description: 'for a test' })
  assert.equal(key.status, 200)
  valid('keys', key.body)
  const session = await call('POST /v1/sessions', {
    type: 'api-key',
    key: key.body.id,
    secret: key.body.secret,
  })
  assert.equal(session.status, 200)
  assert.equal(typeof session.body.access_token, 'string')
  valid('secrets', (await call('POST /v1/secrets', { name: 'signing', organization_id: 'acme' })).body)
  await page('keys', 'GET /v1/keys')
  await page('secrets', 'GET /v1/secrets')
  await page('organizations', 'GET /v1/organizations')
  valid('organizations', (await call('GET /v1/organizations/acme')).body)
  await page('quotas', 'GET /v1/quotas?organization_id=acme')
  await page('premium-features', 'GET /v1/premium-features?organization_id=acme')
  const features = (await call('GET /v1/premium-features')).body.data[0]
  assert.equal(features.sf_sales_cloud, true)
  valid('languages', (await call('GET /v1/languages')).body)
})

test('purposes are as described, on every verb', async () => {
  await fillLibrary(heed)
  const created = await call('POST /v1/metadata/purposes?organization_id=acme', {
    organization_id: 'acme',
    description: { en: 'Marketing' },
    details: { en: 'Offers' },
    namespaces: { custom: 'mkt' },
    regulations_id: ['gdpr'],
    metadata: { rank: 1 },
    type: 'purpose',
  })
  assert.equal(created.status, 200)
  assert.match(created.body.id, /^marketing-[A-Za-z0-9]{8}$/)
  valid('purposes', created.body)
  valid('purposes', (await call(`GET /v1/metadata/purposes/${created.body.id}?$translations=true`)).body)
  valid(
    'purposes',
    (await call(`PATCH /v1/metadata/purposes/${created.body.id}`, { details: { en: 'More offers' } })).body,
  )
  valid(
    'purposes',
    (await call(`PUT /v1/metadata/purposes/${created.body.id}`, { description: { en: 'Marketing' } })).body,
  )
  await page('purposes', 'GET /v1/metadata/purposes?organization_id=acme')
  valid('purposes', (await call(`DELETE /v1/metadata/purposes/${created.body.id}`)).body)
})

const consents = {
  channels: [{ id: 'email', enabled: true, metadata: { a: 1 } }],
  purposes: [
    {
      id: 'newsletter',
      enabled: true,
      enabled_li: true,
      metadata: {},
      values: { channel: { value: 'email' }, topics: { value: 'travel,food' } },
      channels: [{ id: 'sms', enabled: false }],
      preferences: [{ id: 'p', enabled: true, channels: [{ id: 'post', enabled: true }] }],
    },
  ],
  vendors: { enabled: ['a'], disabled: ['b'], enabled_li: [], disabled_li: [] },
  tcfcs: 'CO',
}

test('events are as described, in full and in their smallest form', async () => {
  const full = await call('POST /v1/consents/events?organization_id=acme', {
    id: 'full',
    organization_id: 'acme',
    created_at: '2026-01-01T00:00:00.000Z',
    status: 'confirmed',
    user: {
      id: 'u-1',
      organization_user_id: 'full@acme.test',
      metadata: {},
      country: 'FR',
      last_seen_country: 'FR',
    },
    consents,
    proofs_id: ['x'],
    delegate: { id: 'd', name: 'n', metadata: {} },
  })
  assert.equal(full.status, 200)
  valid('consent-events', full.body)
  const small = await call('POST /v1/consents/events', {
    consents: { purposes: [{ id: 'ads', enabled: false }] },
  })
  valid('consent-events', small.body)
  const array = await call('POST /v1/consents/events', [
    { user: { organization_user_id: 'full@acme.test' } },
    { user: { id: 'u-2' } },
  ])
  for (const event of array.body) valid('consent-events', event)
  await page(
    'consent-events',
    'GET /v1/consents/events?organization_id=acme&organization_user_id=full@acme.test',
  )
  await page(
    'consent-events',
    'GET /v1/consents/events?organization_id=acme&user_id=u-1&status[$in]=confirmed&regulation=gdpr',
  )
  valid(
    'consent-events',
    (await call('GET /v1/consents/events/full?organization_id=acme&organization_user_id=full@acme.test'))
      .body,
  )
  valid(
    'consent-events',
    (await call('PATCH /v1/consents/events/full?organization_id=acme', { delegate: { id: 'e' } })).body,
  )
  assert.equal((await call('DELETE /v1/consents/events/full?organization_id=acme')).status, 204)
})

test('a person’s token is as described', async () => {
  const { status, body } = await call('POST /v1/consents/tokens?organization_id=acme', {
    organization_id: 'acme',
    organization_user_id: 'full@acme.test',
    lifetime: 60,
    metadata: { a: 1 },
  })
  assert.equal(status, 200)
  valid('consent-tokens', body)
  assert.deepEqual([body.lifetime, body.metadata], [60, { a: 1 }])
})

test('people are as described, whatever was said of them', async () => {
  await call('POST /v1/consents/events', {
    user: { organization_user_id: 'user@acme.test', metadata: { m: 1 }, country: 'DE' },
    consents,
  })
  const found = await call(
    'GET /v1/consents/users/user@acme.test?organization_id=acme&$by_organization_user_id=true',
  )
  valid('consent-users', found.body)
  const { body } = await call('GET /v1/consents/users?organization_id=acme')
  for (const user of body.data) valid('consent-users', user)
  valid(
    'consent-users',
    (await call(`PATCH /v1/consents/users/${found.body.id}`, { metadata: { n: 2 }, consents })).body,
  )
  valid('consent-users', (await call(`DELETE /v1/consents/users/${found.body.id}`)).body)
})

test('the OpenAPI description lists every route with its schemas, and the documentation page is served', async () => {
  const { body } = await call('GET /openapi.json')
  assert.match(body.openapi, /^3\.1/)
  for (const path of [
    '/consents/events',
    '/consents/users/{id}',
    '/marketplace/integrations',
    '/config-trees',
    '/sessions',
  ])
    assert.ok(body.paths[path], path)
  assert.ok(body.paths['/consents/events'].post.requestBody)
  const docs = await call('GET /docs/')
  assert.equal(docs.status, 200)
  assert.match(docs.body, /swagger/i)
})
