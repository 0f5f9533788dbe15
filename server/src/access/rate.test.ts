import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHeed } from '../../test/heed.ts'
import { createRate } from './rate.ts'

const { call, tokenFor } = await startHeed({
  delivers: false,
  rateLimit: { requests: 3, windowSeconds: 3600 },
})

test('a window takes so many requests and begins anew after its end', () => {
  let now = 0
  const rate = createRate({ requests: 2, windowSeconds: 15 }, () => now)
  const allowed = () => rate.take('acme').allowed
  assert.deepEqual([allowed(), allowed(), allowed()], [true, true, false])
  assert.equal(rate.take('globex').allowed, true)
  now = 14_999
  assert.equal(allowed(), false)
  assert.equal(rate.take('acme').headers['retry-after'], '1')
  now = 15_000
  assert.equal(allowed(), true)
})

test('every answer tells what is left; past the limit it is 429 with the seconds to wait', async () => {
  const token = await tokenFor('globex')
  for (const remaining of [2, 1, 0]) {
    const { status, headers } = await call('GET /v1/languages', undefined, { token })
    assert.equal(status, 200)
    assert.match(String(headers.ratelimit), new RegExp(`^limit=3, remaining=${remaining}, reset=\\d+$`))
    assert.equal(headers['ratelimit-policy'], '3;w=3600')
    assert.equal(headers['retry-after'], undefined)
  }
  const { status, headers, body } = await call('GET /v1/languages', undefined, { token })
  assert.deepEqual([status, body.name], [429, 'TooManyRequests'])
  assert.ok(Number(headers['retry-after']) > 3500)
})

test('requests below /consents/ are neither counted nor limited, and one organization does not slow another', async () => {
  const token = await tokenFor('initech')
  for (let i = 0; i < 5; i++) {
    const { status, headers } = await call('GET /v1/consents/users', undefined, { token })
    assert.equal(status, 200)
    assert.equal(headers.ratelimit, undefined)
  }
  assert.equal((await call('GET /v1/languages', undefined, { token })).status, 200)
})

test('all keys of an organization are counted together', async () => {
  const token = await tokenFor('hooli')
  const { id, secret } = (await call('POST /v1/keys', {}, { token })).body
  const session = await call('POST /v1/sessions', { type: 'api-key', key: id, secret }, { token })
  const second = session.body.access_token
  assert.equal((await call('GET /v1/languages', undefined, { token: second })).status, 200)
  assert.equal((await call('GET /v1/languages', undefined, { token })).status, 200)
  assert.equal((await call('GET /v1/languages', undefined, { token: second })).status, 429)
})

test('secrets cannot be guessed faster than that', async () => {
  const guess = () =>
    call('POST /v1/sessions', { type: 'api-key', key: 'guessed', secret: 'x' }, { token: '' })
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await guess()).status)
  assert.deepEqual(statuses, [400, 400, 400, 429])
})
