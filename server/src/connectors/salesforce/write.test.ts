import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client, SubAnswer, Subrequest } from './client.ts'
import { createConversions } from './conversions.ts'
import { CallError } from './errors.ts'
import { createPace } from './pace.ts'
import type { Row } from './plan.ts'
import { write } from './write.ts'
import type { Written } from './written.ts'

interface Sent {
  attributes: { type: string }
  id?: string
  [field: string]: unknown
}

const rowsOf = ({ body }: Subrequest): Sent[] => (body as { records: Sent[] }).records

/** A client that answers collections by a function, and keeps what it was sent: collections, and queries behind them. */
function clientOf(answer: (request: Subrequest) => SubAnswer, converted: readonly string[] = []) {
  const calls: Subrequest[][] = []
  const queries: Subrequest[][] = []
  const records = converted.map(Id => ({ Id }))
  const found: SubAnswer = { status: 200, body: { totalSize: records.length, done: true, records } }
  const client: Pick<Client, 'composite' | 'ask'> = {
    async composite(_kind, requests) {
      calls.push(requests.filter(({ method }) => method !== 'GET'))
      queries.push(requests.filter(({ method }) => method === 'GET'))
      return requests.map(request => (request.method === 'GET' ? found : answer(request)))
    },
    async ask(_kind, request) {
      calls.push([request])
      return answer(request)
    },
  }
  return { client: client as Client, calls, queries }
}

const allWell = (request: Subrequest): SubAnswer => ({
  status: 200,
  body: rowsOf(request).map(({ id }, i) => ({ id: id ?? `new${i}`, success: true, errors: [] })),
})

const groundOf = (client: Client) => ({
  client,
  conversions: createConversions(client, () => new Date()),
  pace: createPace(),
  lane: <T>(work: () => Promise<T>) => work(),
  signal: new AbortController().signal,
  deadlineMs: Number.POSITIVE_INFINITY,
})

const verdictOf = (one: Written | undefined) => (one?.ok ? 'ok' : one?.verdict)

const update = (n: number, fields: Row['fields'] = { X__c: true }, object = 'Lead'): Row => ({
  object,
  id: `00Q${String(n).padStart(12, '0')}`,
  fields,
  isWithdrawal: false,
  owners: [],
})

for (const [rows, collections] of [
  [1, [1]],
  [200, [200]],
  [201, [200, 1]],
  [1000, [200, 200, 200, 200, 200]],
  [1001, [200, 200, 200, 200, 200, 1]],
] as const)
  test(`${rows} rows travel in collections of ${collections.join(', ')}, five to a call`, async () => {
    const { client, calls } = clientOf(allWell)
    const { written } = await write(
      groundOf(client),
      Array.from({ length: rows }, (_, i) => update(i)),
    )
    assert.equal(written.size, rows)
    assert.deepEqual(
      calls.flat().map(request => rowsOf(request).length),
      collections,
    )
    assert.equal(calls.length, Math.ceil(collections.length / 5))
  })

test('a result is read by its position, and from either name of the code', async () => {
  const { client } = clientOf(() => ({
    status: 200,
    body: [
      {
        success: false,
        errors: [{ statusCode: 'UNABLE_TO_LOCK_ROW', message: 'unable to obtain exclusive access' }],
      },
      { id: 'x', success: true, errors: [] },
      { success: false, errors: [{ errorCode: 'STRING_TOO_LONG', message: 'too long' }] },
    ],
  }))
  const rows = [update(1), update(2), update(3)]
  const { written } = await write(groundOf(client), rows)
  const verdicts = rows.map(row => verdictOf(written.get(row)))
  assert.deepEqual(verdicts, ['transient', 'ok', 'person'])
})

for (const [errors, code, verdict] of [
  [['STRING_TOO_LONG', 'FIELD_CUSTOM_VALIDATION_EXCEPTION'], 'STRING_TOO_LONG', 'person'],
  [['UNABLE_TO_LOCK_ROW', 'STRING_TOO_LONG'], 'STRING_TOO_LONG', 'person'],
  [['STRING_TOO_LONG', 'ENTITY_IS_DELETED'], 'ENTITY_IS_DELETED', 'anew'],
  [['ENTITY_IS_DELETED', 'LIMIT_EXCEEDED', 'STRING_TOO_LONG'], 'LIMIT_EXCEEDED', 'stop'],
] as const)
  test(`of ${errors.join(', ')} for one row ${code} counts, and the fields of all`, async () => {
    const { client } = clientOf(() => ({
      status: 200,
      body: [
        {
          success: false,
          errors: errors.map((statusCode, i) => ({ statusCode, message: statusCode, fields: [`F${i}__c`] })),
        },
      ],
    }))
    const row = update(1)
    const result = (await write(groundOf(client), [row])).written.get(row)
    assert.ok(result && !result.ok)
    assert.deepEqual([result.code, result.verdict], [code, verdict])
    assert.deepEqual(
      result.fields,
      errors.map((_, i) => `F${i}__c`),
    )
  })

test('an answer that leaves out, or says null for, what a result need not hold is read', async () => {
  const { client, calls } = clientOf(() => ({
    status: 200,
    body: [
      { success: false, errors: [{ statusCode: 'STRING_TOO_LONG', message: 'too long', fields: null }] },
      { id: 'x', success: true, errors: null },
      { success: false, errors: [{ statusCode: 'STRING_TOO_LONG', message: null }] },
      { id: null, success: false, errors: null },
    ],
  }))
  const rows = [update(1), update(2), update(3), update(4)]
  const { written } = await write(groundOf(client), rows)
  assert.deepEqual(
    rows.map(row => verdictOf(written.get(row))),
    ['person', 'ok', 'person', 'person'],
  )
  assert.equal(calls.length, 1)
})

test('a row that makes Salesforce refuse its whole collection is found, the others are written', async () => {
  const isBad = ({ X__c }: Sent) => X__c === 'bad'
  const { client, calls } = clientOf(request =>
    rowsOf(request).some(isBad)
      ? {
          status: 400,
          body: [{ errorCode: 'JSON_PARSER_ERROR', message: 'Cannot deserialize instance of boolean' }],
        }
      : allWell(request),
  )
  const rows = Array.from({ length: 400 }, (_, i) => update(i, { X__c: i === 123 ? 'bad' : true }))
  const { written } = await write(groundOf(client), rows)
  const failed = rows.filter(row => !written.get(row)?.ok)
  assert.deepEqual(failed, [rows[123]])
  assert.ok(calls.length <= 6, `${calls.length} calls`)
})

test('when every collection is refused, the search for the bad row ends, and all are tried again later', async () => {
  const { client, calls } = clientOf(() => ({
    status: 400,
    body: [{ errorCode: 'JSON_PARSER_ERROR', message: 'Cannot' }],
  }))
  const rows = Array.from({ length: 1_000 }, (_, i) => update(i))
  const { written } = await write(groundOf(client), rows)
  assert.ok(calls.length <= 40, `${calls.length} calls`)
  assert.equal(written.size, rows.length)
  const again = rows.filter(row => {
    const one = written.get(row)
    return one && !one.ok && one.verdict === 'transient'
  })
  assert.ok(again.length > 900, `${again.length} again`)
})

for (const error of [
  { errorCode: 'REQUEST_RUNNING_TOO_LONG', message: 'Your request was running for too long' },
  { errorCode: 'UNKNOWN_EXCEPTION', message: 'System.LimitException: Apex CPU time limit exceeded' },
])
  test(`a collection that is refused whole with ${error.errorCode} is cut until the org can do it, and the next ones begin so`, async () => {
    const { client, calls } = clientOf(request =>
      rowsOf(request).length > 60 ? { status: 400, body: [error] } : allWell(request),
    )
    const ground = groundOf(client)
    const rows = Array.from({ length: 200 }, (_, i) => update(i))
    const { written } = await write(ground, rows)
    assert.ok(rows.every(row => written.get(row)?.ok))
    assert.ok(calls.length <= 3, `${calls.length} calls`)
    assert.equal(ground.pace.rows(), 50)
  })

test('where the org can do no collection at all, however small, its rows wait', async () => {
  const { client, calls } = clientOf(() => ({
    status: 400,
    body: [{ errorCode: 'REQUEST_RUNNING_TOO_LONG', message: 'Your request was running for too long' }],
  }))
  const rows = Array.from({ length: 200 }, (_, i) => update(i))
  const { written } = await write(groundOf(client), rows)
  assert.ok(rows.every(row => verdictOf(written.get(row)) === 'transient'))
  assert.ok(calls.length <= 20, `${calls.length} calls`)
})

test('a whole call that took the org too long ends the round, and the next one sends less at a time', async () => {
  const client = {
    async composite() {
      throw new CallError('REQUEST_RUNNING_TOO_LONG', 'Your request was running for too long')
    },
  }
  const ground = groundOf(client as unknown as Client)
  const { stoppedBy } = await write(ground, [update(1)])
  assert.ok(stoppedBy instanceof CallError)
  assert.equal(ground.pace.collections(), 2)
  const late = { ...groundOf(client as unknown as Client), deadlineMs: 0 }
  await write(late, [update(1)])
  assert.equal(late.pace.collections(), 5)
})

test('a field that contacts lack does not stop the leads beside them', async () => {
  const { client } = clientOf(request =>
    rowsOf(request).some(({ attributes }) => attributes.type === 'Contact')
      ? {
          status: 400,
          body: [{ errorCode: 'INVALID_FIELD', message: "No such column 'X__c' on sobject of type Contact" }],
        }
      : allWell(request),
  )
  const rows = [update(1), update(2, { X__c: true }, 'Contact'), update(3)]
  const { written } = await write(groundOf(client), rows)
  assert.deepEqual(
    rows.map(row => written.get(row)?.ok),
    [true, false, true],
  )
})

test('a call that fails ends the writing; what was written before it stays written', async () => {
  let calls = 0
  const client = {
    async composite(_kind: string, requests: Subrequest[]) {
      calls += 1
      if (calls === 2) throw new CallError('TIMEOUT', 'no answer', { mayStillRun: true })
      return requests.map(allWell)
    },
  }
  const rows = Array.from({ length: 3_000 }, (_, i) => update(i))
  const ground = groundOf(client as Client)
  const { written, stoppedBy } = await write(ground, rows)
  assert.ok(stoppedBy instanceof CallError)
  assert.equal(calls, 2)
  const states = rows
    .map(row => written.get(row))
    .map(one => (one?.ok ? 'ok' : one?.mayStillRun ? 'unclear' : 'unsent'))
  assert.deepEqual(Map.groupBy(states, state => state).get('ok')?.length, 1_000)
  assert.deepEqual(Map.groupBy(states, state => state).get('unclear')?.length, 1_000)
  assert.equal(ground.pace.collections(), 2)
})

test('a value that Composite would read as a reference travels outside of it', async () => {
  const { client, calls } = clientOf(allWell)
  const rows = [update(1), update(2, { X__c: 'see @{r0.id}' }), update(3)]
  const { written } = await write(groundOf(client), rows)
  assert.ok(rows.every(row => written.get(row)?.ok))
  assert.deepEqual(
    calls.map(call => call.flatMap(rowsOf).map(({ X__c }) => X__c)),
    [[true, true], ['see @{r0.id}']],
  )
})

test('creations, upserts and updates never share a collection', async () => {
  const { client, calls } = clientOf(allWell)
  const created: Row = { object: 'Lead', fields: { Email: 'a@x.io' }, isWithdrawal: false, owners: [] }
  const upserted: Row = { ...created, fields: { Pmp_Id__c: 'a' }, externalIdField: 'Pmp_Id__c' }
  await write(groundOf(client), [created, update(1), upserted])
  assert.deepEqual(
    calls
      .flat()
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
    ['PATCH /composite/sobjects', 'PATCH /composite/sobjects/Lead/Pmp_Id__c', 'POST /composite/sobjects'],
  )
})

for (const [rows, queries] of [
  [800, [1]],
  [801, [0]],
  [1001, [0, 1]],
] as const)
  test(`behind ${rows} rows the conversions are asked for where a call has room`, async () => {
    const all = Array.from({ length: rows }, (_, i) => update(i))
    const last = all.at(-1) as Row
    const one = clientOf(allWell, [`${last.id}AAA`])
    const { written } = await write(groundOf(one.client), all)
    assert.deepEqual(
      one.queries.map(({ length }) => length),
      queries,
    )
    const result = written.get(last)
    assert.equal(result?.ok, queries.at(-1) === 0)
    if (result && !result.ok) assert.equal(result.verdict, 'anew')
    assert.ok(written.get(all[0] as Row)?.ok)
  })

test('conversions that cannot be told behind the writes undo none of them', async () => {
  const row = update(1)
  const { client } = clientOf(allWell)
  const failing = {
    ...client,
    composite: async (...given: Parameters<Client['composite']>) =>
      (await client.composite(...given)).map((answer, i) =>
        i === 0 ? answer : { status: 400, body: [{ errorCode: 'QUERY_TIMEOUT', message: '' }] },
      ),
  }
  const { written } = await write(groundOf(failing), [row])
  assert.ok(written.get(row)?.ok)
})

test('contacts are written without a question behind them', async () => {
  const { client, queries } = clientOf(allWell)
  await write(groundOf(client), [update(1, { X__c: true }, 'Contact')])
  assert.deepEqual(queries, [[]])
})
