import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHeed } from '../../test/heed.ts'
import { createRate } from './rate.ts'

const { heed, call, tokenFor } = await startHeed({
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

test('secrets cannot be guessed faster than that, and who guesses keeps nobody else out', async () => {
  const { id: key, secret } = (await call('POST /v1/keys', {})).body
  const ask = async (guess: string, remoteAddress: string) =>
    (
      await heed.app.inject({
        ...{ method: 'POST', url: '/v1/sessions', remoteAddress },
        payload: { type: 'api-key', key, secret: guess },
      })
    ).statusCode
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push(await ask('x', `2001:db8::${i}`))
  assert.deepEqual(statuses, [400, 400, 400, 429])
  assert.equal(await ask(secret, '2001:db8:1::1'), 200)
})

test('made-up subjects push out the oldest windows, not all', () => {
  const rate = createRate({ requests: 1, windowSeconds: 15 }, () => 0)
  rate.take('old')
  for (let i = 0; i < 9_999; i++) rate.take(`made up ${i}`)
  rate.take('acme')
  assert.deepEqual([rate.take('acme').allowed, rate.take('made up 9998').allowed], [false, false])
  assert.equal(rate.take('old').allowed, true)
})
