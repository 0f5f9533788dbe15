import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crowd, deliverOne, lead, owed, passage, passageOf, startTrial } from './trial.ts'

/** What one row's refusal does to its person. */
const ROWS: [code: string, message: string, state: 'retry' | 'failed'][] = [
  ['UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record', 'retry'],
  ['CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'Rollup: caused by: UNABLE_TO_LOCK_ROW', 'retry'],
  ['CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'Trigger: caused by: NullPointerException', 'failed'],
  ['FIELD_CUSTOM_VALIDATION_EXCEPTION', 'A phone is required', 'failed'],
  ['INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', 'failed'],
  ['ENTITY_IS_LOCKED', 'the entity is locked for editing', 'retry'],
  ['A_CODE_OF_NEXT_YEAR', 'something new', 'failed'],
]

for (const [code, message, state] of ROWS)
  test(`a row refused with ${code} (${message}) is ${state}, its neighbour delivered`, async t => {
    const { org, open } = await startTrial(t)
    const ann = org.insert('Lead', lead('ann@x.io'))
    const bob = org.insert('Lead', lead('bob@x.io'))
    // As often as a locked row is tried in a round.
    const times = /LOCK_ROW/.test(code + message) ? 3 : 1
    org.faults.inject({ kind: 'row', times, code, message, match: ann.slice(0, 15) })
    const outcomes = await open().deliver([owed('ann@x.io'), owed('bob@x.io')], passage)
    assert.deepEqual(
      outcomes.map(one => one.state),
      [state, 'delivered'],
    )
    assert.deepEqual([outcomes[0]?.error?.code, outcomes[0]?.error?.message], [code, message])
    assert.equal(outcomes[0]?.digest, undefined)
    assert.deepEqual([org.get(ann)?.Newsletter__c, org.get(bob)?.Newsletter__c], [false, true])
  })

test('what the database cannot keep of an org’s text does not come in, and a message has an end', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const message = `cut in two: \ud83d, nothing: \u0000, whole: 😀 ${'x'.repeat(5_000)}`
  org.faults.inject({ kind: 'row', code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message })
  const { state, error: { message: kept } = { message: '' } } = await deliverOne(open(), owed('ann@x.io'))
  assert.equal(state, 'failed')
  assert.ok(kept.startsWith('cut in two: \ufffd, nothing: \ufffd, whole: 😀 xxx'))
  assert.equal(kept.length, 2_001)
})

for (const code of [
  'ENTITY_IS_DELETED',
  'INVALID_CROSS_REFERENCE_KEY',
  'MALFORMED_ID',
  'CANNOT_UPDATE_CONVERTED_LEAD',
])
  test(`a row refused with ${code} is looked up and written once more`, async t => {
    const { org, open } = await startTrial(t)
    const id = org.insert('Lead', lead('ann@x.io'))
    org.faults.inject({ kind: 'row', times: 1, code })
    assert.equal((await deliverOne(open(), owed('ann@x.io'))).state, 'delivered')
    assert.equal(org.get(id)?.Newsletter__c, true)
    org.faults.inject({ kind: 'row', times: 2, code })
    const outcome = await deliverOne(open(), owed('ann@x.io', { newsletter: false }))
    assert.equal(outcome.error?.code, code)
    // Seen meanwhile, the record is there: what it refers to is not, and waits for somebody.
    if (code !== 'CANNOT_UPDATE_CONVERTED_LEAD') {
      assert.deepEqual([outcome.state, outcome.links.length], ['failed', 1])
      assert.match(outcome.error?.cure ?? '', /refers to/)
    } else assert.deepEqual([outcome.state, outcome.links], ['retry', []])
  })

test('a person with several records is delivered only when all are written; what can pass is tried again first', async t => {
  const { org, open } = await startTrial(t)
  const ids = ['ann@x.io', 'ann@x.io', 'ann@x.io'].map(email => org.insert('Lead', lead(email)))
  const [locked, invalid, fine] = ids as [string, string, string]
  org.faults.inject({ kind: 'row', times: 3, code: 'UNABLE_TO_LOCK_ROW', match: locked.slice(0, 15) })
  org.faults.inject({
    kind: 'row',
    times: 2,
    code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    match: invalid.slice(0, 15),
  })
  const session = open()
  const first = await deliverOne(session, owed('ann@x.io'))
  assert.deepEqual(
    [first.state, first.links.length, first.written.length, first.digest],
    ['retry', 3, 1, undefined],
  )
  const second = await deliverOne(session, owed('ann@x.io', { newsletter: true }, first))
  assert.deepEqual([second.state, second.error?.code], ['failed', 'FIELD_CUSTOM_VALIDATION_EXCEPTION'])
  assert.equal((await deliverOne(session, owed('ann@x.io', { newsletter: true }, second))).state, 'delivered')
  assert.equal(org.get(fine)?.Newsletter__c, true)
})

test('a row that is locked for a moment is written in the same round', async t => {
  const { org, open, calls } = await startTrial(t)
  const ids = ['ann@x.io', 'bob@x.io'].map(email => org.insert('Lead', lead(email)))
  org.faults.inject({ kind: 'row', times: 2, code: 'UNABLE_TO_LOCK_ROW' })
  const outcomes = await open().deliver([owed('ann@x.io'), owed('bob@x.io')], passage)
  assert.ok(outcomes.every(({ state }) => state === 'delivered'))
  assert.ok(ids.every(id => org.get(id)?.Newsletter__c === true))
  assert.equal(calls.composite, 2)
})

test('a field that cannot be written after all holds the integration', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  org.faults.inject({
    kind: 'row',
    times: 9,
    code: 'INVALID_FIELD_FOR_INSERT_UPDATE',
    message: 'Unable to create/update fields: Newsletter__c',
  })
  await assert.rejects(deliverOne(open(), owed('ann@x.io')), {
    kind: 'hold',
    code: 'INVALID_FIELD_FOR_INSERT_UPDATE',
  })
})

test('a whole call that is forbidden for a reason that nobody knows is no row’s fault', async t => {
  const { org, open, calls } = await startTrial(t)
  const people = Array.from({ length: 300 }, (_, i) => `p${i}@x.io`)
  org.insertMany(
    'Lead',
    people.map(email => lead(email)),
  )
  const message = 'not from here'
  org.faults.inject({
    kind: 'status',
    status: 403,
    times: 99,
    code: 'A_CODE_OF_NEXT_YEAR',
    message,
    match: 'PATCH',
  })
  const round = open().deliver(
    people.map(email => owed(email)),
    passage,
  )
  await assert.rejects(round, { kind: 'hold', message: 'A_CODE_OF_NEXT_YEAR: not from here' })
  assert.equal(calls.composite, 1)
})

test('an org that is read-only for its maintenance holds the integration for minutes, and fails nobody', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const code = 'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE'
  org.faults.inject({ kind: 'row', times: 1, code })
  await assert.rejects(deliverOne(open(), owed('ann@x.io')), { kind: 'hold', code, retryAfterMs: 5 * 60_000 })
})

test('a token that died is renewed once for all who saw it die', async t => {
  const { org, open, calls } = await startTrial(t)
  const session = open()
  const people = Array.from({ length: 8 }, (_, i) => `p${i}@x.io`)
  for (const email of people) org.insert('Lead', lead(email))
  await session.preview([owed('nobody@x.io')])
  org.expireTokens()
  calls.token = 0
  const outcomes = await Promise.all(people.map(email => deliverOne(session, owed(email))))
  assert.ok(outcomes.every(({ state }) => state === 'delivered'))
  assert.equal(calls.token, 1)
})

test('a session that is refused although its token is new ends the round, not in a loop', async t => {
  const { org, open, calls } = await startTrial(t)
  const session = open()
  await session.preview([owed('nobody@x.io')])
  org.faults.inject({
    kind: 'status',
    times: 99,
    status: 401,
    code: 'INVALID_SESSION_ID',
    message: 'Session expired or invalid',
    match: /^composite/,
  })
  calls.composite = calls.query = calls.token = 0
  await assert.rejects(deliverOne(session, owed('ann@x.io')), {
    kind: 'transient',
    code: 'INVALID_SESSION_ID',
  })
  assert.deepEqual([calls.query, calls.token], [2, 1])
})

test('a refusal that no new token cures asks for none', async t => {
  const { org, open, calls } = await startTrial(t)
  const session = open()
  await session.preview([owed('nobody@x.io')])
  org.faults.inject({
    kind: 'status',
    times: 1,
    status: 401,
    code: 'INVALID_SESSION_ID',
    message: 'This session is not valid for use with the REST API',
    match: /^composite/,
  })
  calls.token = 0
  await assert.rejects(deliverOne(session, owed('ann@x.io')), { kind: 'hold' })
  assert.equal(calls.token, 0)
})

test('the daily limit holds for a quarter of an hour, the concurrency limit only rests', async t => {
  const { org, open } = await startTrial(t)
  const refuse = (message: string) =>
    org.faults.inject({
      kind: 'status',
      times: 1,
      status: 403,
      code: 'REQUEST_LIMIT_EXCEEDED',
      message,
      match: /^composite/,
    })
  refuse('TotalRequests Limit exceeded.')
  await assert.rejects(deliverOne(open(), owed('ann@x.io')), { kind: 'hold', retryAfterMs: 15 * 60_000 })
  refuse('ConcurrentPerOrgLongTxn Limit exceeded.')
  await assert.rejects(deliverOne(open(), owed('ann@x.io')), { kind: 'transient', retryAfterMs: 20_000 })
})

for (const status of [500, 502, 503, 504])
  test(`a ${status} is transient, as JSON and as a page`, async t => {
    const { org, open } = await startTrial(t)
    org.faults.inject({
      kind: 'status',
      times: 1,
      status,
      code: 'SERVER_UNAVAILABLE',
      message: 'down',
      match: /^composite/,
    })
    await assert.rejects(deliverOne(open(), owed('ann@x.io')), { kind: 'transient' })
    org.faults.inject({ kind: 'html', times: 1, status, match: /^composite/ })
    await assert.rejects(deliverOne(open(), owed('ann@x.io')), { kind: 'transient' })
  })

test('a call that is never answered ends at its time limit', async t => {
  const { org, open } = await startTrial(t)
  org.faults.inject({ kind: 'hang', times: 2, match: /^composite/ })
  const session = open({ patience: { requestTimeoutMs: 150 } })
  await assert.rejects(deliverOne(session, owed('ann@x.io')), { kind: 'transient', code: 'TIMEOUT' })
})

test('what was written before a call failed is settled, the rest is tried again', async t => {
  const { org, open } = await startTrial(t)
  const people = Array.from({ length: 1_500 }, (_, i) => `p${i}@x.io`)
  org.insertMany(
    'Lead',
    people.map(email => lead(email)),
  )
  const session = open()
  let writes = 0
  org.faults.inject({
    kind: 'cut',
    times: 1,
    match: { test: (text: string) => text.includes('"PATCH"') && ++writes === 2 },
  })
  const outcomes = await session.deliver(
    people.map(email => owed(email)),
    passage,
  )
  const states = Map.groupBy(outcomes, ({ state }) => state)
  assert.deepEqual([states.get('delivered')?.length, states.get('retry')?.length], [1_000, 500])
  assert.equal(states.get('retry')?.[0]?.links.length, 1)
  assert.ok(
    (
      await session.deliver(
        people.map(email => owed(email)),
        passage,
      )
    ).every(({ state }) => state === 'delivered'),
  )
})

test('a round that is stopped in the middle of a call ends at once', async t => {
  const { org, open } = await startTrial(t)
  const stop = new AbortController()
  org.faults.inject({
    kind: 'hang',
    times: 1,
    match: /^composite/,
  })
  const round = open().deliver(crowd(), passageOf({ signal: stop.signal }))
  setTimeout(() => stop.abort(), 100)
  await assert.rejects(round, { name: 'AbortError' })
})

test('rows whose triggers take too long together are written in smaller collections, and the next ones begin so', async t => {
  const { org, open, calls } = await startTrial(t)
  const people = Array.from({ length: 200 }, (_, i) => `p${i}@x.io`)
  org.insertMany(
    'Lead',
    people.map(email => lead(email)),
  )
  org.setTriggerCost('Lead', 0.5)
  org.setGovernor({ cpuLimitMs: 30 })
  const session = open()
  const first = await session.deliver(
    people.map(email => owed(email)),
    passage,
  )
  assert.ok(first.every(({ state }) => state === 'delivered'))
  const before = calls.composite ?? 0
  const again = people.map((email, i) => owed(email, { newsletter: false }, first[i]))
  assert.ok((await session.deliver(again, passage)).every(({ state }) => state === 'delivered'))
  assert.equal(calls.composite, before + 1)
})

test('rows that are too much one by one wait for a back-off', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  org.setTriggerCost('Lead', 2)
  org.setGovernor({ cpuLimitMs: 1 })
  assert.equal((await deliverOne(open(), owed('ann@x.io'))).state, 'retry')
})

test('a call that is too large for what stands before the org is sent in parts', async t => {
  const { org, open } = await startTrial(t)
  const people = Array.from({ length: 1_000 }, (_, i) => `p${i}@x.io`)
  org.insertMany(
    'Lead',
    people.map(email => lead(email)),
  )
  org.faults.inject({ kind: 'html', status: 413, times: 1, match: 'PATCH' })
  const outcomes = await open().deliver(
    people.map(email => owed(email)),
    passage,
  )
  assert.ok(outcomes.every(({ state }) => state === 'delivered'))
  assert.equal(org.usage.rowsWritten, 1_000)
})
