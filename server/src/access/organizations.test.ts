import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHeed } from '../../test/heed.ts'

const { call, tokenFor } = await startHeed({ delivers: false })
const other = await tokenFor('globex')

test('an organization sees itself alone', async () => {
  const { body } = await call('GET /v1/organizations')
  assert.deepEqual([body.total, body.data[0].id], [1, 'acme'])
  assert.deepEqual((await call('GET /v1/organizations/acme')).body, body.data[0])
  for (const id of ['globex', 'nobody']) assert.equal((await call(`GET /v1/organizations/${id}`)).status, 404)
  assert.equal((await call('PATCH /v1/organizations/globex', { name: 'ours' })).status, 404)
  assert.equal((await call('PUT /v1/organizations/globex', { name: 'ours' })).status, 404)
  const theirs = await call('GET /v1/organizations/globex', undefined, { token: other })
  assert.equal(theirs.body.name, 'globex')
  assert.notEqual(theirs.body.public_api_key, body.data[0].public_api_key)
})

test('name and website can be changed; what was read can be sent back', async () => {
  const path = '/v1/organizations/acme'
  const { body: before } = await call(`GET ${path}`)
  const { body: site } = await call(`PATCH ${path}`, { website: 'https://acme.example/shop' })
  const version = before.version + 1
  assert.deepEqual(site, {
    ...before,
    website: 'https://acme.example/shop',
    version,
    updated_at: site.updated_at,
  })
  const { body: named } = await call(`PATCH ${path}`, { ...site, name: 'Acme' })
  assert.deepEqual([named.name, named.website], ['Acme', 'https://acme.example/shop'])
  const { body: replaced } = await call(`PUT ${path}`, {
    ...{ name: 'Acme Ltd', industry_id: 'retail', validate_purpose_id: true, iab_tcf_cmp_id: null },
  })
  assert.equal(replaced.name, 'Acme Ltd')
  assert.ok(!('website' in replaced))
  for (const [body, field] of [
    [{ website: 'javascript:alert(1)' }, 'website'],
    [{ website: 'acme' }, 'website'],
    [{ name: '' }, 'name'],
    [{ id: 'globex' }, 'id'],
    [{ colour: 'red' }, 'colour'],
  ] as const) {
    const answer = await call(`PATCH ${path}`, body)
    assert.deepEqual([answer.status, Object.keys(answer.body.errors)], [400, [field]])
  }
})

test('every premium feature is on, and quotas are the documented ones', async () => {
  const { body: features } = await call('GET /v1/premium-features')
  const [feature] = features.data
  assert.deepEqual((await call(`GET /v1/premium-features/${feature.id}`)).body, feature)
  const { id: _, organization_id, created_at, updated_at, version, ...flags } = feature
  assert.deepEqual([organization_id, version], ['acme', 1])
  assert.ok(created_at && updated_at)
  assert.ok(Object.keys(flags).length > 50)
  assert.deepEqual(new Set(Object.values(flags)), new Set([true]))
  assert.equal(flags.sf_sales_cloud, true)
  for (const method of ['PATCH', 'PUT']) {
    const change = (body: object) => call(`${method} /v1/premium-features/${feature.id}`, body)
    assert.deepEqual((await change(feature)).body, feature)
    const off = await change({ sf_sales_cloud: false })
    assert.deepEqual([off.status, off.body.errors], [400, { sf_sales_cloud: 'is on and stays so' }])
    assert.equal((await call(`${method} /v1/premium-features/globex`, {})).status, 404)
  }

  const { body: quotas } = await call('GET /v1/quotas')
  const [quota] = quotas.data
  assert.deepEqual((await call(`GET /v1/quotas/${quota.id}`)).body, quota)
  assert.deepEqual([quota.exports_configs, quota.secrets, quota.metadata_purposes], [3, 300, 300])
  for (const path of [`quotas/${quota.id}`, `premium-features/${feature.id}`])
    assert.equal((await call(`GET /v1/${path}`, undefined, { token: other })).status, 404)
})

test('every list refuses what it does not know', async () => {
  for (const list of ['organizations', 'quotas', 'premium-features', 'secrets']) {
    const { status, body } = await call(`GET /v1/${list}?$top=1`)
    assert.deepEqual([status, Object.keys(body.errors)], [400, ['$top']], list)
    assert.deepEqual((await call(`GET /v1/${list}?$limit=0&$skip=5`)).body.data, [], list)
  }
})

test('the default language is among those available, each of them a language tag', async () => {
  const { body } = await call('GET /v1/languages')
  assert.ok(body.available.includes(body.default))
  assert.deepEqual(Intl.getCanonicalLocales(body.available), body.available)
  for (const [language, country] of Object.entries(body.defaultCountries))
    assert.ok(body.available.includes(`${language}-${country}`))
})
