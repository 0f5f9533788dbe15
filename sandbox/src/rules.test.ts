/** The rules that decide whether a sync is right. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type SandboxOptions, startSandboxOrg } from './main.ts'

const ROOT = '/services/data/v67.0'

// biome-ignore lint/suspicious/noExplicitAny: a test reads answers as JavaScript does
type Answer = { status: number; body: any; usage: string | null }

async function start(t: TestContext, options: SandboxOptions = {}) {
  const org = await startSandboxOrg(options)
  t.after(() => org.close())
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: org.clientId,
    client_secret: org.clientSecret,
  })
  const token = async (body = form) => {
    const answer = await fetch(`${org.url}/services/oauth2/token`, { method: 'POST', body })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }
  const { access_token } = (await token()).body
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await fetch(org.url + ROOT + path, {
      method,
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return {
      status: answer.status,
      body: text ? JSON.parse(text) : undefined,
      usage: answer.headers.get('sforce-limit-info'),
    }
  }
  const rows = (type: string, records: object[]) => ({
    allOrNone: false,
    records: records.map(one => ({ attributes: { type }, ...one })),
  })
  return { org, call, token, form, rows }
}

const lead = (email: string, more: object = {}) => ({ LastName: 'L', Company: 'C', Email: email, ...more })
const codes = ({ body }: Answer): (string | undefined)[] =>
  body.map((row: { errors: { statusCode: string }[] }) => row.errors[0]?.statusCode)
const codeOf = ({ body }: Answer): string => body[0].errorCode

test('a row is refused by what is wrong with it, its neighbours are written', async t => {
  const { org, call, rows } = await start(t)
  const answer = await call(
    'POST',
    '/composite/sobjects',
    rows('Lead', [
      lead('a@x.io'),
      { LastName: 'L' },
      lead('b@x.io', { Channel__c: 'pigeon' }),
      lead('c@x.io', { Topics__c: 'travel;cards' }),
      lead('d@x.io', { Frequency__c: 'x'.repeat(41) }),
      lead('no address'),
      lead('e@x.io', { Pmp_Id__c: 'one' }),
      lead('f@x.io', { Pmp_Id__c: 'ONE' }),
      lead('g@x.io', { IsConverted: true, ConvertedContactId: '0035e0000000001AAA' }),
    ]),
  )
  assert.deepEqual(codes(answer), [
    undefined,
    'REQUIRED_FIELD_MISSING',
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    'STRING_TOO_LONG',
    'INVALID_EMAIL_ADDRESS',
    undefined,
    'DUPLICATE_VALUE',
    'INVALID_FIELD_FOR_INSERT_UPDATE',
  ])
  assert.equal(org.records('Lead').length, 2)
})

test('an unknown field or a wrong JSON type refuses the whole collection', async t => {
  const { org, call, rows } = await start(t)
  assert.equal(
    codeOf(
      await call(
        'POST',
        '/composite/sobjects',
        rows('Lead', [lead('a@x.io'), lead('b@x.io', { Nope__c: 1 })]),
      ),
    ),
    'INVALID_FIELD',
  )
  assert.equal(
    codeOf(
      await call(
        'POST',
        '/composite/sobjects',
        rows('Lead', [lead('a@x.io'), lead('b@x.io', { Newsletter__c: 'true' })]),
      ),
    ),
    'JSON_PARSER_ERROR',
  )
  assert.equal(org.records('Lead').length, 0)
})

test('records that are gone, purged, of another kind or converted are refused by their codes', async t => {
  const { org, call, rows } = await start(t)
  const [deleted, converted] = org.insertMany('Lead', [lead('a@x.io'), lead('b@x.io')]) as [string, string]
  org.remove(deleted)
  const { contactId } = org.convertLead(converted)
  const answer = await call(
    'PATCH',
    '/composite/sobjects',
    rows('Lead', [
      { id: deleted, Newsletter__c: true },
      { id: converted, Newsletter__c: true },
      { id: '00Q5e0000009999EAA', Newsletter__c: true },
      { id: contactId, Newsletter__c: true },
      { id: 'nonsense', Newsletter__c: true },
    ]),
  )
  assert.deepEqual(codes(answer), [
    'ENTITY_IS_DELETED',
    'CANNOT_UPDATE_CONVERTED_LEAD',
    'INVALID_CROSS_REFERENCE_KEY',
    'MALFORMED_ID',
    'MALFORMED_ID',
  ])
  assert.equal(org.get(converted)?.ConvertedContactId, contactId)
  assert.equal(org.get(contactId)?.Email, 'b@x.io')
})

test('an org may let converted leads be edited', async t => {
  const { org, call, rows } = await start(t, { convertedLeadsEditable: true })
  const id = org.insert('Lead', lead('a@x.io'))
  org.convertLead(id)
  assert.deepEqual(
    codes(await call('PATCH', '/composite/sobjects', rows('Lead', [{ id, Newsletter__c: true }]))),
    [undefined],
  )
})

test('the same id twice, more than 200 rows and more than 10 runs of types refuse the collection', async t => {
  const { org, call, rows } = await start(t)
  const id = org.insert('Lead', lead('a@x.io'))
  assert.equal(
    (await call('PATCH', '/composite/sobjects', rows('Lead', [{ id }, { id: id.slice(0, 15) }]))).status,
    400,
  )
  assert.equal(
    (
      await call(
        'POST',
        '/composite/sobjects',
        rows(
          'Lead',
          Array.from({ length: 201 }, (_, i) => lead(`${i}@x.io`)),
        ),
      )
    ).status,
    400,
  )
  const mixed = Array.from({ length: 12 }, (_, i) => ({
    attributes: { type: i % 2 ? 'Lead' : 'Contact' },
    LastName: 'L',
  }))
  assert.equal((await call('POST', '/composite/sobjects', { records: mixed })).status, 400)
})

test('an external id that several records have is a 300 that names them, and nothing is written', async t => {
  const { org, call, rows } = await start(t)
  org.insertMany('Lead', [lead('two@x.io'), lead('two@x.io')])
  const answer = await call('PATCH', '/sobjects/Lead/Email/two@x.io', { Newsletter__c: true })
  assert.equal(answer.status, 300)
  assert.equal(answer.body.length, 2)
  assert.deepEqual(
    codes(
      await call(
        'PATCH',
        '/composite/sobjects/Lead/Email',
        rows('Lead', [lead('two@x.io', { Newsletter__c: true })]),
      ),
    ),
    ['DUPLICATE_EXTERNAL_ID'],
  )
  assert.ok(org.records('Lead').every(({ Newsletter__c }) => Newsletter__c === false))
  assert.equal(
    (await call('PATCH', '/sobjects/Lead/Pmp_Id__c/new?updateOnly=true', lead('n@x.io'))).status,
    404,
  )
  assert.equal((await call('PATCH', '/sobjects/Lead/Pmp_Id__c/new', lead('n@x.io'))).status, 201)
  assert.equal((await call('PATCH', '/sobjects/Lead/Company/C', lead('n@x.io'))).status, 400)
})

test('Composite takes 25 subrequests, 5 of them heavy, with proper references, methods and headers', async t => {
  const { org, call } = await start(t)
  const get = (referenceId: string, more: object = {}) => ({
    method: 'GET',
    url: `${ROOT}/sobjects`,
    referenceId,
    ...more,
  })
  const query = (n: number) => ({
    method: 'GET',
    url: `${ROOT}/query?q=SELECT+Id+FROM+Lead`,
    referenceId: `q${n}`,
  })
  const composite = (compositeRequest: object[]) => call('POST', '/composite', { compositeRequest })
  assert.equal((await composite(Array.from({ length: 25 }, (_, i) => get(`r${i}`)))).status, 200)
  assert.equal((await composite(Array.from({ length: 26 }, (_, i) => get(`r${i}`)))).status, 400)
  assert.equal((await composite([0, 1, 2, 3, 4].map(query))).status, 200)
  assert.equal((await composite([0, 1, 2, 3, 4, 5].map(query))).status, 400)
  assert.equal((await composite([get('not-allowed')])).status, 400)
  assert.equal((await composite([get('a', { method: 'get' })])).status, 400)
  assert.equal((await composite([get('a', { httpHeaders: { Authorization: 'x' } })])).status, 400)
  org.insert('Lead', lead('ref@x.io'))
  const linked = await composite([
    { ...query(1), referenceId: 'found' },
    {
      method: 'PATCH',
      url: `${ROOT}/sobjects/Lead/@{found.records[0].Id}`,
      referenceId: 'write',
      body: { Newsletter__c: true },
    },
  ])
  assert.equal(linked.body.compositeResponse[1].httpStatusCode, 204)
  assert.equal(org.records('Lead')[0]?.Newsletter__c, true)
})

test('an address above 16,384 bytes is refused, alone and inside Composite', async t => {
  const { call } = await start(t)
  const soql = `SELECT Id FROM Lead WHERE Email IN ('${'x'.repeat(17_000)}')`
  const path = `/query?q=${encodeURIComponent(soql)}`
  assert.equal((await call('GET', path)).status, 414)
  const answer = await call('POST', '/composite', {
    compositeRequest: [{ method: 'GET', url: ROOT + path, referenceId: 'r' }],
  })
  assert.equal(answer.body.compositeResponse[0].httpStatusCode, 414)
})

test('literals are read with their escapes, and nothing else is', async t => {
  const { org, call } = await start(t)
  const names = ["O'Brien", 'back\\slash', 'tab\there', 'smile 🙂', '%_']
  org.insertMany(
    'Lead',
    names.map((LastName, i) => lead(`${i}@x.io`, { LastName })),
  )
  const literals = ["O\\'Brien", 'back\\\\slash', 'tab\\there', 'smile 🙂', '%_']
  for (const [i, literal] of literals.entries()) {
    const { body } = await call(
      'GET',
      `/query?q=${encodeURIComponent(`SELECT LastName FROM Lead WHERE LastName = '${literal}'`)}`,
    )
    assert.deepEqual(
      body.records.map(({ LastName }: { LastName: string }) => LastName),
      [names[i]],
    )
  }
  assert.equal(
    (await call('GET', `/query?q=${encodeURIComponent("SELECT Id FROM Lead WHERE LastName = 'a\\qb'")}`))
      .status,
    400,
  )
})

test('every answer says how much of the daily limit is used, and beyond it nothing is done', async t => {
  const { org, call } = await start(t, { dailyApiLimit: 2 })
  assert.equal((await call('GET', '/sobjects')).usage, 'api-usage=1/2')
  assert.equal((await call('GET', '/sobjects')).usage, 'api-usage=2/2')
  const refused = await call('POST', '/sobjects/Lead', lead('a@x.io'))
  assert.deepEqual([refused.status, codeOf(refused)], [403, 'REQUEST_LIMIT_EXCEEDED'])
  assert.equal(org.records('Lead').length, 0)
})

test('tokens are refused for wrong credentials, for a missing run-as user, and once they are over', async t => {
  let nowMs = Date.now()
  const { org, call, token, form } = await start(t, { tokenLifetimeMs: 1000, now: () => new Date(nowMs) })
  assert.deepEqual(
    (await token(new URLSearchParams({ ...Object.fromEntries(form), client_secret: 'x' }))).body.error,
    'invalid_client',
  )
  org.refuseTokens({ error: 'invalid_grant', error_description: 'no client credentials user enabled' })
  assert.equal((await token()).status, 400)
  assert.equal((await call('GET', '/sobjects')).status, 200)
  nowMs += 1001
  const late = await call('GET', '/sobjects')
  assert.deepEqual([late.status, codeOf(late)], [401, 'INVALID_SESSION_ID'])
})

test('faults strike as often as they are told, where they are aimed', async t => {
  const { org, call, rows } = await start(t)
  const [one, two] = org.insertMany('Lead', [lead('a@x.io'), lead('b@x.io')]) as [string, string]
  const both = rows('Lead', [
    { id: one, Newsletter__c: true },
    { id: two, Newsletter__c: true },
  ])
  org.faults.inject({ kind: 'row', match: two })
  assert.deepEqual(codes(await call('PATCH', '/composite/sobjects', both)), [undefined, 'UNABLE_TO_LOCK_ROW'])
  assert.deepEqual(codes(await call('PATCH', '/composite/sobjects', both)), [undefined, undefined])
  org.faults.inject({ kind: 'status', status: 503, match: 'collections' })
  assert.equal((await call('GET', '/sobjects')).status, 200)
  assert.equal((await call('PATCH', '/composite/sobjects', both)).status, 503)
  org.faults.inject({ kind: 'cut-after', match: 'collections' })
  await assert.rejects(call('POST', '/composite/sobjects', rows('Lead', [lead('c@x.io')])))
  assert.equal(org.records('Lead').length, 3)
  org.faults.inject({ kind: 'cut', match: 'collections' })
  await assert.rejects(call('POST', '/composite/sobjects', rows('Lead', [lead('d@x.io')])))
  assert.equal(org.records('Lead').length, 3)
})

test('faults and latency can be set by hand, and the page shows the records without costing calls', async t => {
  const { org, call } = await start(t)
  org.insert('Lead', lead('shown@x.io'))
  org.resetUsage()
  const found = await fetch(`${org.url}/sandbox/records?sobject=Lead&search=SHOWN`)
  const { total, records } = (await found.json()) as { total: number; records: { Email: string }[] }
  assert.deepEqual([total, records[0]?.Email], [1, 'shown@x.io'])
  assert.match(await (await fetch(org.url)).text(), /page\.js/)
  assert.equal(org.usage.calls, 0)
  const set = (body: object) =>
    fetch(`${org.url}/sandbox/faults`, { method: 'POST', body: JSON.stringify(body) })
  assert.equal((await fetch(`${org.url}/sandbox/faults`, { method: 'POST', body: 'junk' })).status, 400)
  const foreign = { method: 'POST', body: '{}', headers: { origin: 'http://evil.test' } }
  assert.equal((await fetch(`${org.url}/sandbox/faults`, foreign)).status, 403)
  assert.equal((await set({ kind: 'nonsense' })).status, 400)
  assert.equal((await set({ kind: 'status', status: 503 })).status, 200)
  assert.equal((await call('GET', '/sobjects')).status, 503)
})

test('a hidden field is absent from the description, and a read-only one refuses its rows', async t => {
  const { org, call, rows } = await start(t)
  org.setFieldAccess('Lead', 'Newsletter__c', { updateable: false })
  org.setFieldAccess('Lead', 'Topics__c', { readable: false })
  const { body } = await call('GET', '/sobjects/Lead/describe')
  const names = body.fields.map(({ name }: { name: string }) => name)
  assert.ok(!names.includes('Topics__c'))
  const id = org.insert('Lead', lead('a@x.io'))
  assert.deepEqual(
    codes(await call('PATCH', '/composite/sobjects', rows('Lead', [{ id, Newsletter__c: true }]))),
    ['INVALID_FIELD_FOR_INSERT_UPDATE'],
  )
})

test('a field that tells cases apart does so in look-ups, in upserts and in what is unique; numbers are external ids, too', async t => {
  const { org, call, rows } = await start(t)
  const key = { externalId: true, unique: true, idLookup: true }
  org.addField('Lead', { name: 'Key__c', type: 'string', length: 40, caseSensitive: true, ...key })
  org.addField('Lead', { name: 'Number__c', type: 'double', ...key })
  const upsert = (field: string, ...records: object[]) =>
    call('PATCH', `/composite/sobjects/Lead/${field}`, rows('Lead', records))
  const names = { LastName: 'L', Company: 'C' }
  const made = await upsert('Key__c', { Key__c: 'aB', ...names }, { Key__c: 'Ab', ...names })
  assert.deepEqual(
    made.body.map(({ created }: { created: boolean }) => created),
    [true, true],
  )
  const again = await upsert('Key__c', { Key__c: 'Ab', LastName: 'Z' })
  assert.equal(again.body[0].id, made.body[1].id)
  const found = await call(
    'GET',
    `/query?q=${encodeURIComponent("SELECT Id FROM Lead WHERE Key__c IN ('aB')")}`,
  )
  assert.deepEqual(
    found.body.records.map(({ Id }: { Id: string }) => Id),
    [made.body[0].id],
  )
  await upsert('Number__c', { Number__c: 7, ...names })
  assert.equal((await upsert('Number__c', { Number__c: 7, LastName: 'Y' })).body[0].created, false)
  const taken = await call('POST', '/composite/sobjects', rows('Lead', [{ Number__c: 7, ...names }]))
  assert.deepEqual(codes(taken), ['DUPLICATE_VALUE'])
})
