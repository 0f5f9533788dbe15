/** Where a lenient org would hide a mistake: what it reports is what it holds, and what it cannot answer it refuses. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ROOT, startTrial } from './trial.ts'

async function start(t: TestContext) {
  const { org, call, query } = await startTrial(t)
  const first = org.insert('Lead', { LastName: 'A', Company: 'C', Email: 'a@acme.test' })
  const second = org.insert('Lead', { LastName: 'B', Company: 'C', Pmp_Id__c: 'b' })
  return { org, call, query, first, second }
}

const lead = (fields: object) => ({ attributes: { type: 'Lead' }, ...fields })

test('allOrNone takes back every row of a collection of which one fails', async t => {
  const { org, call, first, second } = await start(t)
  const records = [lead({ id: first, Language__c: 'fr' }), lead({ id: second, Channel__c: 'pigeon' })]
  const { body } = await call('PATCH', '/composite/sobjects', { allOrNone: true, records })
  assert.equal(body[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK')
  assert.equal(org.get(first)?.Language__c, null)
  assert.equal(org.usage.rowsWritten, 0)

  const upserts = [
    lead({ Pmp_Id__c: 'new', LastName: 'N', Company: 'C' }),
    lead({ Pmp_Id__c: 'b', LastName: null }),
  ]
  await call('PATCH', '/composite/sobjects/Lead/Pmp_Id__c', { allOrNone: true, records: upserts })
  assert.equal(org.records('Lead').length, 2)

  await call('DELETE', `/composite/sobjects?ids=${first},00Q000000000000&allOrNone=true`)
  assert.equal(org.get(first)?.IsDeleted, false)
  const again = await call('PATCH', '/composite/sobjects/Lead/Pmp_Id__c', { records: upserts.slice(0, 1) })
  assert.equal(again.body[0].created, true)
})

test('allOrNone of a Composite spreads to its collections, and takes back what ran before the failure', async t => {
  const { org, call, first, second } = await start(t)
  const { body } = await call('POST', '/composite', {
    allOrNone: true,
    compositeRequest: [
      {
        method: 'PATCH',
        url: `${ROOT}/sobjects/Lead/${first}`,
        referenceId: 'one',
        body: { Language__c: 'fr' },
      },
      {
        method: 'PATCH',
        url: `${ROOT}/composite/sobjects`,
        referenceId: 'two',
        body: {
          allOrNone: false,
          records: [lead({ id: first, Language__c: 'de' }), lead({ id: second, Channel__c: 'pigeon' })],
        },
      },
    ],
  })
  assert.deepEqual(
    body.compositeResponse.map(({ httpStatusCode }: { httpStatusCode: number }) => httpStatusCode),
    [400, 400],
  )
  assert.equal(body.compositeResponse[0].body[0].errorCode, 'PROCESSING_HALTED')
  assert.equal(org.get(first)?.Language__c, null)
  assert.equal(org.usage.rowsWritten, 0)
})

test('text fields take JSON text alone, and times only the documented forms, to the second', async t => {
  const { org, call, first } = await start(t)
  for (const fields of [
    { Frequency__c: 5 },
    { Frequency__c: true },
    { Consent_Date__c: 'Jan 5 2026' },
    { Consent_Date__c: '2026-01-05' },
  ]) {
    const { status, body } = await call('PATCH', `/sobjects/Lead/${first}`, fields)
    assert.deepEqual([status, body[0].errorCode], [400, 'JSON_PARSER_ERROR'], JSON.stringify(fields))
  }
  await call('PATCH', `/sobjects/Lead/${first}`, { Consent_Date__c: '2026-01-05T12:00:00.987+02:00' })
  assert.equal(org.get(first)?.Consent_Date__c, '2026-01-05T10:00:00.000+0000')
})

test('a query that this org cannot answer is refused, not answered in part', async t => {
  const { query } = await start(t)
  for (const soql of [
    'SELECT Id FROM Lead WHERE CALENDAR_YEAR(CreatedDate) = 1999',
    'SELECT Id FROM Lead WHERE Id IN (SELECT ConvertedContactId FROM Lead)',
    'SELECT LastName FROM Lead GROUP BY LastName',
    'SELECT COUNT(Id) FROM Lead',
    "SELECT Id FROM Lead WHERE LastName = 'A' AND Company = 'C' OR LastName = 'B'",
    "SELECT Id FROM Lead WHERE LastName = 'A' OR Company = 'C' AND LastName = 'B'",
  ]) {
    const { status, body } = await query(soql)
    assert.deepEqual([status, body[0]?.errorCode], [400, 'MALFORMED_QUERY'], soql)
  }
})

test('a literal of the wrong kind refuses the query', async t => {
  const { query } = await start(t)
  for (const [condition, code] of [
    ["Newsletter__c = 'false'", 'INVALID_FIELD'],
    ["CreatedDate > '2020-01-01T00:00:00Z'", 'INVALID_FIELD'],
    ['LastName = 5', 'INVALID_FIELD'],
    ["Id = 'x'", 'INVALID_QUERY_FILTER_OPERATOR'],
  ] as const) {
    const { status, body } = await query(`SELECT Id FROM Lead WHERE ${condition}`)
    assert.deepEqual([status, body[0]?.errorCode], [400, code], condition)
  }
})

test('queryAll finds deleted records by what they are looked up by, and their external id is free again', async t => {
  const { org, call, query, first, second } = await start(t)
  org.remove(first)
  org.remove(second)
  const soql = "SELECT Id, IsDeleted FROM Lead WHERE Email = 'a@acme.test'"
  assert.equal((await query(soql)).body.totalSize, 0)
  assert.equal((await query(soql, 'All')).body.records[0].IsDeleted, true)
  const made = await call('POST', '/sobjects/Lead', { LastName: 'B', Company: 'C', Pmp_Id__c: 'b' })
  assert.equal(made.status, 201)
})

test('an id names a record of its own object, in its own case', async t => {
  const { call, first } = await start(t)
  assert.equal((await call('GET', `/sobjects/Contact/${first}`)).status, 404)
  assert.equal((await call('GET', `/sobjects/Lead/${first.toLowerCase()}`)).status, 404)
  const retrieved = await call('POST', '/composite/sobjects/Contact', { ids: [first], fields: ['Id'] })
  assert.deepEqual(retrieved.body, [null])
  const dangling = await call('POST', '/sobjects/Contact', { LastName: 'X', AccountId: first })
  assert.equal(dangling.body[0].errorCode, 'MALFORMED_ID')
})

test('one external id twice in a collection refuses both rows', async t => {
  const { org, call } = await start(t)
  const row = lead({ Pmp_Id__c: 'twice', LastName: 'L', Company: 'C' })
  const { body } = await call('PATCH', '/composite/sobjects/Lead/Pmp_Id__c', { records: [row, row] })
  assert.deepEqual(
    body.map((one: { errors: { statusCode: string }[] }) => one.errors[0]?.statusCode),
    ['DUPLICATE_VALUE', 'DUPLICATE_VALUE'],
  )
  assert.equal(org.records('Lead').length, 2)
})

test('malformed requests are a 400, never a 500', async t => {
  const { call } = await start(t)
  assert.equal((await call('PATCH', '/composite/sobjects', { records: [null] })).status, 400)
  assert.equal((await call('POST', '/composite', { compositeRequest: [null] })).status, 400)
  assert.equal((await call('GET', '/sobjects/Lead/%zz')).status, 404)
})
