import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client, SubAnswer } from './client.ts'
import { createConversions } from './conversions.ts'
import { CallError } from './errors.ts'
import { ask } from './query.ts'

const running = new AbortController().signal
const soqlOf = (path: string): string => new URL(path, 'http://h').searchParams.get('q') ?? path

/** A client that answers statements by a function; `next` holds the further pages. */
function clientOf(answer: (soql: string) => SubAnswer, next: Record<string, unknown> = {}) {
  const calls: string[][] = []
  const client: Pick<Client, 'composite' | 'send'> = {
    async composite(_kind, requests) {
      calls.push(requests.map(({ path }) => soqlOf(path)))
      return requests.map(({ path }) => answer(soqlOf(path)))
    },
    async send(_kind, { path }) {
      calls.push([path])
      return next[path]
    },
  }
  return { client: client as Client, calls }
}

const pageOf = (ids: readonly string[], more: object = {}): SubAnswer => ({
  status: 200,
  body: { totalSize: ids.length, done: true, records: ids.map(Id => ({ Id })), ...more },
})

test('at most five statements travel in a call, and answers keep their order', async () => {
  const { client, calls } = clientOf(soql => pageOf([soql]))
  const queries = Array.from({ length: 7 }, (_, i) => ({ soql: `q${i}` }))
  const results = await ask(client, queries)
  assert.deepEqual(
    calls.map(({ length }) => length),
    [5, 2],
  )
  assert.deepEqual(
    results.map(result => result?.records[0]?.Id),
    queries.map(({ soql }) => soql),
  )
})

test('an answer that is not done is read to its last page', async () => {
  const first = pageOf(['1'], {
    totalSize: 3,
    done: false,
    nextRecordsUrl: '/services/data/v67.0/query/01g-1',
  })
  const { client, calls } = clientOf(() => first, {
    '/query/01g-1': {
      totalSize: 3,
      done: false,
      records: [{ Id: '2' }],
      nextRecordsUrl: '/services/data/v67.0/query/01g-2',
    },
    '/query/01g-2': { totalSize: 3, done: true, records: [{ Id: '3' }] },
  })
  const [result] = await ask(client, [{ soql: 'q' }])
  assert.deepEqual(
    result?.records.map(({ Id }) => Id),
    ['1', '2', '3'],
  )
  assert.deepEqual(calls.slice(1), [['/query/01g-1'], ['/query/01g-2']])
})

test('a statement that fails ends the whole, unless it is optional', async () => {
  const { client } = clientOf(soql =>
    soql === 'bad'
      ? { status: 400, body: [{ errorCode: 'MALFORMED_QUERY', message: 'unexpected token' }] }
      : pageOf(['1']),
  )
  await assert.rejects(ask(client, [{ soql: 'good' }, { soql: 'bad' }]), { code: 'MALFORMED_QUERY' })
  const [good, bad] = await ask(client, [{ soql: 'good' }, { soql: 'bad', isOptional: true }])
  assert.equal(good?.records.length, 1)
  assert.equal(bad, undefined)
})

const LEAD = '00Q000000000001'

test('where it must be true of now, as before a bulk job, conversions are asked for within the minute, too', async () => {
  const { client } = clientOf(soql => pageOf(soql.includes('SystemModstamp') ? [`${LEAD}AAA`] : []))
  const conversions = createConversions(client, () => new Date('2026-01-01T12:00:00Z'))
  assert.equal((await conversions.among([LEAD], false, running)).has(LEAD), false)
  assert.equal((await conversions.among([LEAD], true, running)).has(LEAD), true)
})

test('conversions are asked for once a minute: all at first, then those since', async () => {
  let nowMs = Date.parse('2026-01-01T12:00:00Z')
  const { client, calls } = clientOf(soql => pageOf(soql.includes('SystemModstamp') ? [`${LEAD}AAA`] : []))
  const conversions = createConversions(client, () => new Date(nowMs))
  assert.equal((await conversions.among([LEAD], false, running)).has(LEAD), false)
  nowMs += 59_000
  await conversions.among([LEAD], false, running)
  assert.equal(calls.length, 1)
  nowMs += 1_000
  assert.equal((await conversions.among([LEAD], false, running)).has(LEAD), true)
  assert.deepEqual(calls, [
    ['SELECT Id FROM Lead WHERE IsConverted = true LIMIT 20001'],
    [
      'SELECT Id FROM Lead WHERE IsConverted = true AND SystemModstamp > 2026-01-01T11:45:00.000Z LIMIT 20001',
    ],
  ])
})

for (const [what, sweep] of [
  [
    'has more conversions than can be kept',
    pageOf([], { totalSize: 30_000, done: false, nextRecordsUrl: '/x' }),
  ],
  ['does not answer the sweep', { status: 400, body: [{ errorCode: 'QUERY_TIMEOUT', message: 'too long' }] }],
] as const)
  test(`in an org that ${what}, leads are asked for by id`, async () => {
    const { client, calls } = clientOf(soql => (soql.includes('IN (') ? pageOf([LEAD]) : sweep))
    const conversions = createConversions(client, () => new Date())
    const ids = [LEAD, '00Q000000000002']
    for (const time of [1, 2]) {
      assert.deepEqual([...(await conversions.among(ids, false, running))], [LEAD])
      assert.match(
        calls.at(-1)?.[0] ?? '',
        /IsConverted = true AND \(Id IN \('00Q000000000001','00Q000000000002'\)\)/,
      )
      assert.equal(calls.length, 1 + time)
    }
  })

test('a statement that is too slow for a call of several is asked by itself; an optional one may stay without an answer', async () => {
  const { client, calls } = clientOf(soql => pageOf([soql]))
  const composite = client.composite
  const slow = new Set(['slow', 'slower'])
  client.composite = async (kind, requests) => {
    const answers = await composite(kind, requests)
    const asked = requests.map(({ path }) => soqlOf(path))
    if (asked.includes('slower') || (asked.length > 1 && asked.some(soql => slow.has(soql))))
      throw new CallError('TIMEOUT', 'no answer', { mayStillRun: true })
    return answers
  }
  const idsOf = (results: Awaited<ReturnType<typeof ask>>) => results.map(one => one?.records[0]?.Id)
  const quick = { soql: 'quick' }
  assert.deepEqual(idsOf(await ask(client, [quick, { soql: 'slow' }])), ['quick', 'slow'])
  assert.deepEqual(idsOf(await ask(client, [quick, { soql: 'slower', isOptional: true }])), [
    'quick',
    undefined,
  ])
  assert.equal(calls.length, 6)
  await assert.rejects(ask(client, [quick, { soql: 'slower' }]), { code: 'TIMEOUT' })
})

test('no remembered leads cost no call', async () => {
  const { client, calls } = clientOf(() => pageOf([]))
  await createConversions(client, () => new Date()).among([], false, running)
  assert.deepEqual(calls, [])
})
