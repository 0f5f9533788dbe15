/** The org is driven by jsforce alone, unmodified: what an independent client can do with Salesforce, it can do here. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Connection } from 'jsforce'
import { startSandboxOrg } from './main.ts'

const org = await startSandboxOrg()
after(() => org.close())

async function connect(): Promise<Connection> {
  const connection = new Connection({
    loginUrl: org.url,
    version: '67.0',
    oauth2: { loginUrl: org.url, clientId: org.clientId, clientSecret: org.clientSecret },
  })
  await connection.authorize({ grant_type: 'client_credentials' })
  return connection
}

const connection = await connect()
const lead = (n: number, more: object = {}) => ({
  LastName: `L${n}`,
  Company: 'C',
  Email: `l${n}@acme.test`,
  ...more,
})

test('it signs in by client credentials, and is refused with a wrong secret', async () => {
  assert.ok(connection.accessToken)
  const wrong = new Connection({
    loginUrl: org.url,
    oauth2: { loginUrl: org.url, clientId: org.clientId, clientSecret: 'wrong' },
  })
  await assert.rejects(wrong.authorize({ grant_type: 'client_credentials' }), { name: 'invalid_client' })
})

test('it lists and describes objects with their fields, types and picklists', async () => {
  const { sobjects } = await connection.describeGlobal()
  assert.deepEqual(sobjects.map(({ name }) => name).sort(), [
    'Account',
    'Contact',
    'DuplicateRule',
    'Lead',
    'User',
  ])
  const described = await connection.describe('Lead')
  const field = (name: string) => described.fields.find(one => one.name === name)
  assert.equal(field('Email')?.type, 'email')
  assert.equal(field('Email')?.length, 80)
  assert.equal(field('Newsletter__c')?.type, 'boolean')
  assert.equal(field('IsConverted')?.updateable, false)
  assert.deepEqual(
    field('Channel__c')?.picklistValues?.map(({ value }) => value),
    ['email', 'sms', 'post'],
  )
})

test('it creates, reads, updates, upserts and deletes single records', async () => {
  const created = await connection.sobject('Lead').create(lead(1))
  assert.ok(created.success)
  const id = created.id as string
  assert.equal((await connection.sobject('Lead').retrieve(id)).Email, 'l1@acme.test')
  await connection.sobject('Lead').update({ Id: id, Newsletter__c: true })
  assert.equal(org.get(id)?.Newsletter__c, true)
  const upserted = await connection.sobject('Lead').upsert({ ...lead(2), Pmp_Id__c: 'ext-2' }, 'Pmp_Id__c')
  assert.ok(upserted.success)
  await connection.sobject('Lead').upsert({ Pmp_Id__c: 'ext-2', Language__c: 'fr' }, 'Pmp_Id__c')
  assert.equal(org.records('Lead').filter(({ Pmp_Id__c }) => Pmp_Id__c === 'ext-2').length, 1)
  assert.ok((await connection.sobject('Lead').destroy(id)).success)
  await assert.rejects(connection.sobject('Lead').retrieve(id), { errorCode: 'NOT_FOUND' })
})

test('it queries with conditions, order and limit, and pages through 4,500 records', async () => {
  org.insertMany(
    'Contact',
    Array.from({ length: 4500 }, (_, i) => ({
      LastName: `C${String(i).padStart(4, '0')}`,
      Email: `c${i}@acme.test`,
    })),
  )
  const all = await connection.query('SELECT Id FROM Contact', { autoFetch: true, maxFetch: 10_000 })
  assert.equal(all.records.length, 4500)
  const some = await connection.query<{ LastName: string }>(
    "SELECT LastName FROM Contact WHERE (Email IN ('C7@ACME.test','c9@acme.test') OR LastName LIKE 'C449_') AND Newsletter__c = false ORDER BY LastName DESC LIMIT 3",
  )
  assert.deepEqual(
    some.records.map(({ LastName }) => LastName),
    ['C4499', 'C4498', 'C4497'],
  )
  const count = await connection.query("SELECT COUNT() FROM Contact WHERE NOT Email LIKE 'c1%'")
  assert.equal(count.totalSize, 4500 - (1 + 10 + 100 + 1000))
  await assert.rejects(async () => connection.query('SELECT Nope FROM Contact'), {
    errorCode: 'INVALID_FIELD',
  })
  await assert.rejects(async () => connection.query('SELECT Id FROM Nope'), { errorCode: 'INVALID_TYPE' })
  await assert.rejects(async () => connection.query('SELEKT Id'), { errorCode: 'MALFORMED_QUERY' })
})

test('it writes by collections, 200 a call, with one result per row', async () => {
  org.resetUsage()
  const rows = Array.from({ length: 450 }, (_, i) => lead(1000 + i, i === 3 ? { Channel__c: 'pigeon' } : {}))
  const results = await connection.sobject('Lead').create(rows, { allowRecursive: true })
  assert.equal(org.usage.calls, 3)
  assert.deepEqual(
    results.flatMap(({ success }, i) => (success ? [] : [i])),
    [3],
  )
  const ids = results.flatMap(({ id }) => (id ? [id] : []))
  const updated = await connection
    .sobject('Lead')
    .update(ids.slice(0, 200).map(Id => ({ Id, Newsletter__c: true })))
  assert.ok(updated.every(({ success }) => success))
  assert.equal(org.records('Lead').filter(({ Newsletter__c }) => Newsletter__c === true).length, 200)
  const read = await connection.sobject('Lead').retrieve(ids.slice(0, 50))
  assert.equal(read.length, 50)
  const upserts = ids.slice(0, 20).map((_, i) => ({ ...lead(5000 + i), Pmp_Id__c: `many-${i}` }))
  for (const created of [true, false]) {
    const done = await connection.sobject('Lead').upsert(upserts, 'Pmp_Id__c')
    assert.ok(done.every(one => one.success && one.created === created))
  }
  const gone = await connection.sobject('Lead').destroy(ids.slice(0, 10))
  assert.ok(gone.every(({ success }) => success))
})

test('it sends five collections in one Composite, which counts as one call', async () => {
  const ids = org.insertMany(
    'Account',
    Array.from({ length: 1000 }, (_, i) => ({ Name: `A${i}` })),
  )
  org.resetUsage()
  const answer = await connection.requestPost<{
    compositeResponse: { httpStatusCode: number; body: { success: boolean }[] }[]
  }>('/composite', {
    allOrNone: false,
    compositeRequest: [0, 1, 2, 3, 4].map(n => ({
      method: 'PATCH',
      url: '/services/data/v67.0/composite/sobjects',
      referenceId: `c${n}`,
      body: {
        allOrNone: false,
        records: ids
          .slice(n * 200, n * 200 + 200)
          .map(id => ({ attributes: { type: 'Account' }, id, Newsletter__c: true })),
      },
    })),
  })
  assert.equal(
    answer.compositeResponse.flatMap(({ body }) => body).filter(({ success }) => success).length,
    1000,
  )
  assert.equal(org.usage.calls, 1)
})

test('an expired token is a 401 that a new token cures', async () => {
  const mine = await connect()
  org.expireTokens()
  await assert.rejects(async () => mine.query('SELECT Id FROM Lead LIMIT 1'))
  assert.equal((await (await connect()).query('SELECT Id FROM Lead LIMIT 1')).records.length, 1)
})

test('it sees how much of the daily limit is used', async () => {
  const mine = await connect()
  await mine.query('SELECT Id FROM Lead LIMIT 1')
  assert.deepEqual(Object.keys(mine.limitInfo.apiUsage ?? {}).sort(), ['limit', 'used'])
})
