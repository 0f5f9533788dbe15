import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHeed } from './heed.ts'

const { call, tokenFor } = await startHeed({ delivers: false, connectors: new Map() })
const path = '/v1/auth-providers'
const add = (body: object) => call(`POST ${path}`, { organization_id: 'acme', ...body })
const defaults = async () => (await call(`GET ${path}?is_default=true`)).body.data

test('one way to sign in at most is the default, also when two are made it at once', async () => {
  const first = await add({ type: 'otp', is_default: true })
  assert.equal(first.status, 200)
  const made = await Promise.all(['message', 'otp', 'message'].map(type => add({ type, is_default: true })))
  assert.deepEqual(
    made.map(({ status }) => status),
    [200, 200, 200],
  )
  assert.equal((await defaults()).length, 1)
  const back = await call(`PATCH ${path}/${first.body.id}`, { is_default: true })
  assert.deepEqual([back.status, back.body.is_default], [200, true])
  assert.deepEqual(
    (await defaults()).map((one: { id: string }) => one.id),
    [first.body.id],
  )
})

test('ways can be read, changed and removed; another organization’s are not there', async () => {
  const { body } = await add({ type: 'message' })
  assert.deepEqual([body.type, body.is_default, body.organization_id], ['message', false, 'acme'])
  assert.deepEqual((await call(`GET ${path}/${body.id}`)).body, body)
  assert.equal((await call(`PATCH ${path}/${body.id}`, { ...body, type: 'otp' })).body.type, 'otp')
  const token = await tokenFor('globex')
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(`${method} ${path}/${body.id}`, undefined, { token })).status, 404)
  assert.equal((await call(`PATCH ${path}/${body.id}`, { is_default: true }, { token })).status, 404)
  assert.equal((await call(`DELETE ${path}/${body.id}`)).status, 200)
  assert.equal((await call(`GET ${path}/${body.id}`)).status, 404)
  for (const input of [{ type: 'sms' }, {}, { type: 'otp', colour: 'red' }])
    assert.equal((await add(input)).status, 400)
})

test('an organization says where its people may be sent, as hosts and nothing else', async () => {
  const change = (body: object) => call('PATCH /v1/organizations/acme', body)
  const { body } = await change({
    redirect_hosts: ['Shop.acme.test', 'localhost:3000'],
    confirmation_days: 3,
  })
  assert.deepEqual(body.redirect_hosts, ['shop.acme.test', 'localhost:3000'])
  assert.deepEqual([body.confirmation_days, body.double_opt_in, body.md5_links], [3, false, false])
  for (const host of ['https://acme.test', 'acme.test/path', 'user@acme.test', '*.acme.test', 'a b', ''])
    assert.equal((await change({ redirect_hosts: [host] })).status, 400, host)
  assert.equal((await change({ confirmation_days: 0 })).status, 400)
  const { body: put } = await call('PUT /v1/organizations/acme', { name: 'Acme' })
  assert.deepEqual(put.redirect_hosts, body.redirect_hosts)
})
