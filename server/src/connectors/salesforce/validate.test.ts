import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Source } from '../contract.ts'
import { deliverOne, NEWSLETTER, owed, sourcesOf, startTrial } from './trial.ts'

const boolean: Source = { kind: 'boolean', valueIds: [] }
const text: Source = { kind: 'text', valueIds: [] }
const channel: Source = { kind: 'single', valueIds: ['email', 'sms'] }
const topics: Source = { kind: 'multi', valueIds: ['travel', 'food', 'art'] }
const id: Source = { kind: 'text', valueIds: [], isIdentity: true }
const sources = sourcesOf({ newsletter: boolean, language: text, channel, topics, id })

test('a configuration that fits has no issues', async t => {
  const { open } = await startTrial(t)
  const mappings = [
    NEWSLETTER,
    { id: 'HasOptedOutOfEmail', value: 'newsletter', invert: true },
    { id: 'Channel__c', value: 'channel' },
    { id: 'Topics__c', value: 'topics', values: { art: 'music' } },
    { id: 'Consent_Date__c', value: 'newsletter', type: 'changed_at' },
    { id: 'Consent_Event__c', value: 'newsletter', type: 'event_id' },
    { id: 'Consent_Regulation__c', type: 'regulation' },
    { id: 'Language__c', value: 'language' },
    { id: 'Frequency__c', type: 'static', value: 'weekly' },
  ]
  const session = open({ mappings, upsert: true, properties: { sobject: ['Lead', 'Contact'] } })
  assert.deepEqual(await session.validate(sources), [])
})

const MISTAKES: [what: string, given: object, path: string, says: RegExp][] = [
  [
    'a field that is not there',
    { mappings: [{ id: 'Nope__c', value: 'newsletter' }] },
    'mappings[0].id',
    /Nope__c/,
  ],
  [
    'a read-only field',
    { mappings: [{ id: 'IsConverted', value: 'newsletter' }] },
    'mappings[0].id',
    /IsConverted/,
  ],
  [
    'a preference to a checkbox without a table',
    { mappings: [{ id: 'Newsletter__c', value: 'channel' }] },
    'mappings[0].id',
    /checkbox/,
  ],
  [
    'a table entry that is no checkbox value',
    {
      mappings: [
        NEWSLETTER,
        { id: 'Product_News__c', value: 'channel', values: { email: true, sms: 'maybe' } },
      ],
    },
    'mappings[1].values.sms',
    /Product_News__c/,
  ],
  [
    'several values to a checkbox',
    { mappings: [{ id: 'Newsletter__c', value: 'topics' }] },
    'mappings[0].id',
    /checkbox/,
  ],
  [
    'a value id that the picklist lacks',
    { mappings: [{ id: 'Topics__c', value: 'topics' }] },
    'mappings[0].id',
    /art/,
  ],
  [
    'a table entry that the picklist lacks',
    { mappings: [{ id: 'Channel__c', value: 'channel', values: { sms: 'SMS' } }] },
    'mappings[0].values.sms',
    /SMS/,
  ],
  [
    'a table key that the source lacks',
    { mappings: [{ id: 'Channel__c', value: 'channel', values: { fax: 'post' } }] },
    'mappings[0].values.fax',
    /no such value/,
  ],
  [
    'a purpose to a picklist without a table',
    { mappings: [{ id: 'Channel__c', value: 'newsletter' }] },
    'mappings[0].id',
    /true/,
  ],
  [
    'a purpose to a date',
    { mappings: [{ id: 'Consent_Date__c', value: 'newsletter' }] },
    'mappings[0].id',
    /datetime/,
  ],
  [
    'a text to a checkbox',
    { mappings: [{ id: 'Newsletter__c', value: 'language' }] },
    'mappings[0].id',
    /checkbox/,
  ],
  [
    'a table entry that is too long',
    { mappings: [{ id: 'Language__c', value: 'channel', values: { sms: 'a text message' } }] },
    'mappings[0].values.sms',
    /10 characters/,
  ],
  [
    'a time to a short text',
    { mappings: [{ id: 'Language__c', value: 'newsletter', type: 'changed_at' }] },
    'mappings[0].id',
    /10 characters/,
  ],
  [
    'a static value of the wrong type',
    { mappings: [NEWSLETTER, { id: 'Score__c', type: 'static', value: 'high' }] },
    'mappings[1].value',
    /number/,
  ],
  [
    'an event id to a checkbox',
    { mappings: [{ id: 'Newsletter__c', value: 'newsletter', type: 'event_id' }] },
    'mappings[0].id',
    /boolean/,
  ],
  [
    'an inverted preference',
    { mappings: [{ id: 'Channel__c', value: 'channel', invert: true }] },
    'mappings[0].invert',
    /yes or no/,
  ],
  [
    'an unknown form of a time',
    { mappings: [{ id: 'Consent_Date__c', value: 'newsletter', type: 'changed_at', format: 'DD.MM.' }] },
    'mappings[0].format',
    /date/,
  ],
  [
    'a field that is mapped twice',
    { mappings: [NEWSLETTER, { ...NEWSLETTER, id: 'newsletter__c' }] },
    'mappings[1].id',
    /twice/,
  ],
  [
    'an item for an object that is not configured',
    { mappings: [{ ...NEWSLETTER, sobject: 'Account' }] },
    'mappings[0].sobject',
    /Account/,
  ],
  [
    'a field that only one of two objects has',
    { properties: { sobject: ['Lead', 'Contact'] }, mappings: [{ id: 'Company', value: 'language' }] },
    'mappings[0].id',
    /Contact/,
  ],
  [
    'a match field that is not there',
    { properties: { match_field: 'Nope__c' } },
    'properties.match_field',
    /Nope__c/,
  ],
  [
    'a match field that is not there where people are created, and nothing else,',
    { properties: { match_field: 'Nope__c' }, upsert: true },
    'properties.match_field',
    /Nope__c/,
  ],
  [
    'a match field of a senseless type',
    { properties: { match_field: 'Newsletter__c' } },
    'properties.match_field',
    /boolean/,
  ],
  [
    'an account without a match field',
    {
      properties: { sobject: ['Account'] },
      mappings: [{ ...NEWSLETTER, sobject: 'Account' }],
    },
    'properties.match_field.Account',
    /no default/,
  ],
  [
    'a match field for an object that is not configured',
    { properties: { match_field: { Contact: 'Email' } } },
    'properties.match_field.Contact',
    /Contact/,
  ],
  [
    'a create_object that is not configured',
    { properties: { create_object: 'Contact' } },
    'properties.create_object',
    /Contact/,
  ],
  [
    'a default for a field that is not there',
    { properties: { defaults: { Nope__c: 1 } } },
    'properties.defaults.Nope__c',
    /Nope__c/,
  ],
  [
    'a default of the wrong type',
    { properties: { defaults: { Channel__c: 'fax' } } },
    'properties.defaults.Channel__c',
    /fax/,
  ],
]

for (const [what, given, path, says] of MISTAKES)
  test(`${what} is refused at ${path}, with a cure`, async t => {
    const { open } = await startTrial(t)
    const issues = await open(given).validate(sources)
    const found = issues.find(issue => issue.path === path)
    assert.match(found?.message ?? JSON.stringify(issues), says)
    assert.ok((found?.cure.length ?? 0) > 10)
    assert.equal(issues.length, 1, JSON.stringify(issues))
  })

const FIXED = [
  { id: 'Consent_Regulation__c', type: 'regulation' },
  { id: 'Frequency__c', type: 'static', value: 'weekly' },
  { id: 'Pmp_Id__c', value: 'id' },
  { id: 'Consent_Date__c', value: 'id', type: 'changed_at' },
]
for (const [what, mappings] of [
  ['of nothing', []],
  ['of what is the same whatever people choose', FIXED],
] as const)
  test(`a mapping ${what} is refused: nobody would be written`, async t => {
    const { open } = await startTrial(t)
    const [issue, ...others] = await open({ mappings }).validate(sources)
    assert.deepEqual([issue?.path, others], ['mappings', []])
    assert.match(issue?.cure ?? '', /element of the tree/)
  })

for (const type of ['changed_at', 'event_id'])
  test(`a mapping of ${type} alone writes whoever stated it, and is accepted`, async t => {
    const { org, open } = await startTrial(t)
    const lead = org.insert('Lead', { LastName: 'Doe', Company: 'Acme', Email: 'ann@x.io' })
    const session = open({ mappings: [{ id: 'Frequency__c', value: 'newsletter', type }] })
    assert.deepEqual(await session.validate(sources), [])
    await deliverOne(session, owed('ann@x.io', { newsletter: true }))
    assert.ok(org.get(lead)?.Frequency__c)
  })

test('the cure for a picklist names what it holds', async t => {
  const { open } = await startTrial(t)
  const [issue] = await open({ mappings: [{ id: 'Topics__c', value: 'topics' }] }).validate(sources)
  assert.match(issue?.cure ?? '', /travel, food, music, sport/)
})

test('a field that new records require is asked for only where records are created', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Lead', {
    name: 'Region__c',
    type: 'string',
    length: 20,
    nillable: false,
    defaultedOnCreate: false,
  })
  assert.deepEqual(await open().validate(sources), [])
  const [issue] = await open({ upsert: true }).validate(sources)
  assert.equal(issue?.path, 'properties.defaults.Region__c')
  assert.deepEqual(
    await open({ upsert: true, properties: { defaults: { Region__c: 'EU' } } }).validate(sources),
    [],
  )
})

test('a hidden field is an issue that says whom to give access', async t => {
  const { org, open } = await startTrial(t)
  org.setFieldAccess('Lead', 'Newsletter__c', { updateable: false })
  const [issue] = await open().validate(sources)
  assert.equal(issue?.path, 'mappings[0].id')
  assert.match(issue?.cure ?? '', /permission set/)
})

test('wrong credentials are an issue that carries the words of the org', async t => {
  const { open } = await startTrial(t)
  const [secret] = await open({ authentication: { client_secret: 'wrong' } }).validate(sources)
  assert.equal(secret?.path, 'authentication.client_secret')
  assert.match(secret?.message ?? '', /invalid client credentials/)
  const [id] = await open({ authentication: { client_id: 'wrong' } }).validate(sources)
  assert.match(id?.path ?? '', /^authentication\.client_/)
})

async function serve(
  t: { after(fn: () => void): void },
  status: number,
  type: string,
  body: string,
): Promise<string> {
  const server = createServer((_request, response) =>
    response.writeHead(status, { 'content-type': type }).end(body),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const [what, status, type, body] of [
  ['a page', 200, 'text/html', '<html>Welcome</html>'],
  ['a page that is not there', 404, 'text/html', '<html>Not found</html>'],
  ['a redirect', 302, 'text/html', ''],
  ['JSON of another kind', 200, 'application/json', '{"hello":"world"}'],
  ['a JSON refusal of another kind', 401, 'application/json', '{"error":"who are you"}'],
] as const)
  test(`an address that answers with ${what} is an issue at authentication.url`, async t => {
    const { open } = await startTrial(t)
    const url = await serve(t, status, type, body)
    const issues = await open({ authentication: { url } }).validate(sources)
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['authentication.url'],
    )
  })

test('an address that no host has is an issue at authentication.url', async t => {
  const { open } = await startTrial(t)
  // Longer than a label may be, so that no name server is asked.
  const url = `https://${'a'.repeat(64)}.my.salesforce.com`
  const [issue] = await open({ authentication: { url } }).validate(sources)
  assert.equal(issue?.path, 'authentication.url')
  assert.match(issue?.cure ?? '', /My Domain/)
})

test('an org that cannot be asked is no mistake of the configuration', async t => {
  const { org, open } = await startTrial(t)
  org.faults.inject({ kind: 'status', times: 1, status: 503, code: 'SERVER_UNAVAILABLE', message: 'down' })
  await assert.rejects(open().validate(sources), { kind: 'transient' })
  org.faults.inject({ kind: 'hang', times: 1 })
  await assert.rejects(open({ patience: { requestTimeoutMs: 150 } }).validate(sources), {
    kind: 'transient',
    code: 'TIMEOUT',
  })
  await assert.rejects(open({ authentication: { url: 'http://127.0.0.1:1' } }).validate(sources), {
    kind: 'transient',
    code: 'UNREACHABLE',
  })
})

test('the connection test makes every check that can be made', async t => {
  const { org, open } = await startTrial(t)
  const good = await open({ mappings: [NEWSLETTER, { id: 'Channel__c', value: 'channel' }] }).check(sources)
  assert.ok(
    good.every(({ ok }) => ok),
    JSON.stringify(good),
  )
  assert.ok(good.length >= 6)
  const bad = await open({ mappings: [NEWSLETTER, { id: 'Nope__c', value: 'channel' }] }).check(sources)
  assert.deepEqual(
    bad.filter(({ ok }) => !ok).map(({ name }) => name),
    ['mappings[1]: Nope__c'],
  )
  const [, credentials] = await open({ authentication: { client_secret: 'wrong' } }).check(sources)
  assert.equal(credentials?.ok, false)
  org.faults.inject({ kind: 'cut', times: 1 })
  assert.equal((await open().check(sources))[0]?.ok, false)
})

test('fields are those that can be written, with what a picklist holds, searched by name and label', async t => {
  const { open } = await startTrial(t)
  const session = open({ properties: { sobject: ['Lead', 'Contact'] } })
  const found = await session.fields('CHANNEL')
  assert.deepEqual(
    found.map(({ object, id, values }) => [object, id, values]),
    [
      ['Lead', 'Channel__c', ['email', 'sms', 'post']],
      ['Contact', 'Channel__c', ['email', 'sms', 'post']],
    ],
  )
  assert.ok((await session.fields()).every(({ id }) => id !== 'IsConverted' && id !== 'Id'))
})

test('an id of another org among the defaults is refused, and one of this org is not', async t => {
  const { org, open, calls } = await startTrial(t)
  const given = (AccountId: string) => ({
    upsert: true,
    properties: { sobject: ['Contact'], defaults: { AccountId } },
  })
  const pathsOf = async (id: string) => (await open(given(id)).validate(sources)).map(({ path }) => path)
  assert.deepEqual(await pathsOf(org.insert('Account', { Name: 'Everybody' })), [])
  for (const id of ['001000000000001AAA', '001000000000001AAB', 'not an id'])
    assert.deepEqual(await pathsOf(id), ['properties.defaults.AccountId'], id)
  const checks = await open(given('001000000000001AAA')).check(sources)
  assert.deepEqual(
    checks.filter(({ ok }) => !ok).map(({ name }) => name),
    ['properties.defaults.AccountId'],
  )
  org.addField('Contact', { name: 'Agent__c', type: 'reference', length: 18, referenceTo: ['User'] })
  const hidden = open({
    upsert: true,
    properties: { sobject: ['Contact'], defaults: { Agent__c: '005000000000001AAA' } },
  })
  assert.deepEqual(await hidden.validate(sources), [], 'an org can hide its users')
  const advice = (await hidden.check(sources)).find(({ name }) => name === 'properties.defaults.Agent__c')
  assert.ok(advice?.ok && advice.cure)
  const asked = calls.query
  await open({ ...given('001000000000001AAA'), upsert: false }).validate(sources)
  assert.equal(calls.query, asked, 'nobody is created')
})
