import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient, errorOf } from './client.ts'
import { PATIENCE } from './limits.ts'
import type { Tokens } from './token.ts'
import type { Answer, Asked, Send } from './transport.ts'

const tokens: Tokens = { get: async () => 'old', renew: async () => 'new', userId: () => undefined }

function clientOf(answer: (asked: Asked) => Partial<Answer>) {
  const asked: Asked[] = []
  const send: Send = async one => {
    asked.push(one)
    return { call: 'call', status: 200, headers: {}, body: undefined, ...answer(one) }
  }
  return { client: createClient(send, tokens, PATIENCE), asked }
}

const listing = (...versions: string[]) =>
  versions.map(version => ({ version, url: `/services/data/v${version}`, label: version }))

for (const [listed, chosen] of [
  [['64.0', '66.0'], '66.0'],
  [['60.0', '67.0', '68.0', '70.0'], '67.0'],
] as const)
  test(`of the API versions ${listed.join(', ')} it speaks ${chosen}`, async () => {
    const { client } = clientOf(() => ({ body: listing(...listed) }))
    assert.equal(await client.version(), chosen)
  })

test('an org that is too old or too new says so as an issue of its address', async () => {
  for (const version of ['59.0', '68.0']) {
    const { client } = clientOf(() => ({ body: listing(version) }))
    await assert.rejects(client.version(), { code: 'UNSUPPORTED_API_VERSION', kind: 'hold', place: 'url' })
  }
})

test('subrequests are answered in their order, whatever order the org answers in', async () => {
  const { client } = clientOf(({ path, body }) => {
    if (path === '/services/data') return { body: listing('67.0') }
    const { compositeRequest } = JSON.parse(body ?? '') as {
      compositeRequest: { referenceId: string; url: string }[]
    }
    const compositeResponse = compositeRequest.map(({ referenceId, url }) => ({
      referenceId,
      httpStatusCode: 200,
      body: url,
      httpHeaders: {},
    }))
    return { body: { compositeResponse: compositeResponse.reverse() } }
  })
  const answers = await client.composite('query', [
    { method: 'GET', path: '/a' },
    { method: 'GET', path: '/b' },
  ])
  assert.deepEqual(
    answers.map(({ body }) => body),
    ['/services/data/v67.0/a', '/services/data/v67.0/b'],
  )
})

test('a composite call is independent, ordered subrequests', async () => {
  const { client, asked } = clientOf(({ path }) => ({
    body: path === '/services/data' ? listing('67.0') : { compositeResponse: [] },
  }))
  const [answer] = await client.composite('composite', [
    { method: 'PATCH', path: '/composite/sobjects', body: { records: [] } },
  ])
  const { allOrNone, collateSubrequests } = JSON.parse(asked.at(-1)?.body ?? '') as Record<string, unknown>
  assert.deepEqual([allOrNone, collateSubrequests], [false, false])
  assert.equal(answer?.status, 500)
})

test('the use of the daily allowance is read from each answer', async () => {
  const { client } = clientOf(({ path }) =>
    path === '/services/data'
      ? { body: listing('67.0') }
      : { body: {}, headers: { 'sforce-limit-info': 'api-usage=18/15000' } },
  )
  assert.equal(client.usage(), undefined)
  await client.send('describe', { method: 'GET', path: '/sobjects/Lead/describe' })
  assert.deepEqual(client.usage(), { used: 18, limit: 15_000 })
})

test('an error of a server is transient whatever its code, an unknown one of the caller is not', () => {
  const body = [{ errorCode: 'A_CODE_OF_NEXT_YEAR', message: 'something' }]
  assert.equal(errorOf({ status: 500, body }).kind, 'transient')
  assert.equal(errorOf({ status: 400, body }).kind, 'hold')
  assert.equal(errorOf({ status: 504, body: undefined }).mayStillRun, true)
})
