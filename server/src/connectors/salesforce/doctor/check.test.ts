import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Check, Source } from '../../contract.ts'
import { contact, lead, NEWSLETTER, sourcesOf, startTrial } from '../trial.ts'

const sources = sourcesOf({ newsletter: { kind: 'boolean', valueIds: [] } satisfies Source })

const named = (checks: readonly Check[], name: string): Check => {
  const found = checks.find(check => check.name === name)
  assert.ok(found, `${name} is not among ${checks.map(check => check.name).join(', ')}`)
  return found
}
const isAdvice = ({ ok, cure }: Check): boolean => ok && cure !== undefined
const failed = (checks: readonly Check[]): string[] => checks.filter(({ ok }) => !ok).map(({ name }) => name)

test('a healthy org has no cure to offer, and is examined in three counted calls', async t => {
  const { org, calls, open } = await startTrial(t)
  const checks = await open({ properties: { sobject: ['Lead', 'Contact'] } }).check(sources)
  assert.deepEqual(
    checks.filter(({ cure }) => cure),
    [],
  )
  assert.deepEqual(
    checks.map(({ name }) => name),
    [
      'Host and API version',
      'Credentials',
      'Integration user',
      'Lead',
      'Contact',
      'mappings[0]: Newsletter__c',
      'Opt-out fields of the org',
      'Duplicate rules',
      'Converted leads',
      'Shared values of Lead.Email',
      'Shared values of Contact.Email',
      'Person accounts',
      'Clock',
      'API calls',
    ],
  )
  // The list of versions and the token are free; two descriptions and one Composite are not.
  assert.equal(org.usage.calls, 3)
  assert.deepEqual(calls, { describe: 3, token: 1, query: 1 })
})

test('the user is named by username, and by nothing else of that person', async t => {
  const { open } = await startTrial(t)
  const checks = await open().check(sources)
  assert.match(named(checks, 'Integration user').message, /^integration@acme\.test \(005\w+\)$/)
  assert.ok(!JSON.stringify(checks).includes('Integration User'))
})

test('who signs in by JWT bearer is told so, and who that is', async t => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = (key: typeof publicKey, type: 'spki' | 'pkcs8') =>
    key.export({ type, format: 'pem' }).toString()
  const { org, open } = await startTrial(t, { jwt: { publicKey: pem(publicKey, 'spki') } })
  const byKey = {
    username: 'integration@acme.test',
    private_key: pem(privateKey, 'pkcs8'),
    audience: org.url,
  }
  const checks = await open({ authentication: { client_secret: undefined, ...byKey } }).check(sources)
  assert.match(named(checks, 'Credentials').message, /JWT bearer/)
  assert.match(named(checks, 'Integration user').message, /integration@acme/)
})

test('a host that serves no API is refused before anything is sent to it', async t => {
  const { calls, open } = await startTrial(t)
  const [host, ...others] = await open({ authentication: { url: 'https://login.salesforce.com' } }).check(
    sources,
  )
  assert.equal(host?.ok, false)
  assert.match(host?.cure ?? '', /my\.salesforce\.com/)
  assert.deepEqual(others, [])
  assert.deepEqual(calls, {})
})

test('who is no org is not shown the secret', async t => {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { open } = await startTrial(t)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  assert.deepEqual(failed(await open({ authentication: { url } }).check(sources)), ['Host and API version'])
  assert.deepEqual(asked, ['/services/data'])
})

test('an org that speaks no known API version is told from wrong credentials', async t => {
  const { open } = await startTrial(t, { apiVersion: '55.0' })
  const checks = await open().check(sources)
  assert.deepEqual(failed(checks), ['Host and API version'])
  assert.equal(named(checks, 'Credentials').ok, true)
  const both = await open({ authentication: { client_secret: 'wrong' } }).check(sources)
  assert.deepEqual(failed(both), ['Host and API version', 'Credentials'])
})

test('after a check that failed in passing, the others are made', async t => {
  const { org, open } = await startTrial(t)
  org.faults.inject({ kind: 'status', status: 503, match: 'versions' })
  const late = await open().check(sources)
  assert.deepEqual(failed(late), ['Host and API version'])
  assert.equal(named(late, 'Host and API version').cure, 'Test again in a while.')
  assert.equal(named(late, 'mappings[0]: Newsletter__c').ok, true)
  org.faults.inject({ kind: 'status', status: 503, match: 'describe' })
  const one = await open({ properties: { sobject: ['Lead', 'Contact'] } }).check(sources)
  assert.deepEqual(failed(one), ['Lead'])
  assert.match(named(one, 'mappings[0]: Newsletter__c').message, /except on Lead/)
  assert.equal(named(one, 'Contact').ok, true)
  org.faults.inject({ kind: 'cut', match: 'composite' })
  const unasked = await open({ upsert: true }).check(sources)
  assert.deepEqual(failed(unasked), [])
  assert.match(named(unasked, 'Duplicate rules').message, /could not be seen .* An edit .* A new Lead/)
  assert.match(named(unasked, 'Shared values of Lead.Email').message, /could not be seen/)
  assert.match(named(unasked, 'Integration user').message, /005/)
})

test('an org without calls left still says how many were made', async t => {
  const { open } = await startTrial(t, { dailyApiLimit: 1 })
  await open().check(sources)
  const checks = await open().check(sources)
  assert.deepEqual(failed(checks), ['Lead', 'Contact', 'API calls'])
  assert.match(named(checks, 'Lead').cure ?? '', /used up/)
  assert.match(named(checks, 'API calls').message, /^1 of 1 were made/)
})

test('an object that may not be used is a finding of that object', async t => {
  const { org, open } = await startTrial(t)
  org.setFieldAccess('Contact', 'Email', { readable: false })
  const checks = await open({ properties: { sobject: ['Lead', 'Contact'] } }).check(sources)
  assert.deepEqual(failed(checks), ['Contact'])
  assert.match(named(checks, 'Contact').message, /no field Email, or it is hidden/)
})

test('a hidden opt-out field is called hidden where it is mapped, and advice where it is not', async t => {
  const { org, open } = await startTrial(t)
  org.setFieldAccess('Lead', 'HasOptedOutOfEmail', { readable: false })
  org.setFieldAccess('Contact', 'DoNotCall', { updateable: false })
  const optOut = { id: 'hasOptedOutOfEmail', value: 'newsletter', invert: true }
  const call = { id: 'DoNotCall', value: 'newsletter', sobject: 'Contact' }
  const mapped = await open({ mappings: [optOut] }).check(sources)
  const item = named(mapped, 'mappings[0]: hasOptedOutOfEmail')
  assert.equal(item.ok, false)
  assert.match(item.message, /Lead\.HasOptedOutOfEmail is a standard field \(Email Opt Out\), but hidden/)
  assert.match(item.cure ?? '', /Read and Edit/)
  assert.doesNotMatch(named(mapped, 'Opt-out fields of the org').message, /Lead/)
  const all = await open({ mappings: [optOut, call] }).check(sources)
  assert.ok(!all.some(({ name }) => name === 'Opt-out fields of the org'))
  const unmapped = named(await open().check(sources), 'Opt-out fields of the org')
  assert.ok(isAdvice(unmapped))
  assert.match(unmapped.message, /Lead\.HasOptedOutOfEmail \(Email Opt Out\), Contact\.DoNotCall/)
})

test('what new records require is a finding under upsert_mode only', async t => {
  const { org, open } = await startTrial(t)
  const region = { name: 'Region__c', type: 'string', length: 20, nillable: false, defaultedOnCreate: false }
  org.addField('Lead', region)
  assert.deepEqual(failed(await open().check(sources)), [])
  assert.deepEqual(failed(await open({ upsert: true }).check(sources)), ['properties.defaults.Region__c'])
  const filled = await open({ upsert: true, properties: { defaults: { Region__c: 'EU' } } }).check(sources)
  assert.match(named(filled, 'New records').message, /every field that a new Lead requires is filled/)
})

test('active duplicate rules are advice: what they can refuse of the edits, and under upsert_mode of new records', async t => {
  const { org, open } = await startTrial(t)
  const rule = { action: 'block', matchOn: ['Email'] } as const
  const rulesOf = async (given: Parameters<typeof open>[0]) =>
    named(await open(given).check(sources), 'Duplicate rules')
  const both = { properties: { sobject: ['Lead', 'Contact'], create_object: 'Contact' } }
  assert.equal((await rulesOf(both)).message, 'none is active for Lead or Contact')
  org.setDuplicateRule({ ...rule, object: 'Account', matchOn: ['Name'], name: 'Accounts_alike' })
  org.setDuplicateRule({ ...rule, object: 'Lead', name: 'Leads_alike', onUpdate: true })
  for (const upsert of [false, true]) {
    const { ok, message, cure } = await rulesOf({ ...both, upsert })
    assert.ok(ok && cure)
    assert.match(message, /active: Leads_alike \(Lead\)\. An edit is refused/)
    assert.doesNotMatch(message, /A new|Accounts_alike/, 'the rule is not for what is created')
  }
  org.setDuplicateRule({ ...rule, object: 'Contact', name: 'Contacts_alike' })
  assert.doesNotMatch((await rulesOf(both)).message, /A new/)
  const { message } = await rulesOf({ ...both, upsert: true })
  assert.match(
    message,
    /Leads_alike \(Lead\), Contacts_alike \(Contact\)\. An edit .* A new Contact is refused/,
  )
})

test('rules for contacts are told where leads alone are configured, because converted leads become contacts', async t => {
  const { org, open } = await startTrial(t)
  org.setDuplicateRule({ object: 'Contact', name: 'Contacts_alike', action: 'block', matchOn: ['Email'] })
  assert.match(named(await open().check(sources), 'Duplicate rules').message, /Contacts_alike/)
})

test('addresses on several records are counted without regard to case, and none is told', async t => {
  const { org, open } = await startTrial(t)
  for (const email of ['ann@x.io', 'ANN@x.io', 'Ann@x.io', 'bo@x.io', 'cy@x.io', 'cy@x.io'])
    org.insert('Lead', lead(email))
  const converted = org.insert('Lead', lead('bo@x.io'))
  org.convertLead(converted)
  const shared = named(await open().check(sources), 'Shared values of Lead.Email')
  assert.ok(isAdvice(shared))
  assert.match(shared.message, /^of all 6 records, 2 values stand on more than one \(at most on 3\)/)
  assert.doesNotMatch(shared.message, /@/)
})

test('of many records a sample of 2,000 is looked at, and called a sample', async t => {
  const { org, calls, open } = await startTrial(t)
  org.insertMany(
    'Contact',
    Array.from({ length: 2_100 }, (_, i) => contact(`p${String(i).padStart(4, '0')}@x.io`)),
  )
  const checks = await open({ properties: { sobject: ['Contact'] } }).check(sources)
  assert.match(named(checks, 'Shared values of Contact.Email').message, /^none in a sample of 2000 records$/)
  assert.equal(calls.query, 1)
})

test('a unique external id is not searched for shared values', async t => {
  const { open } = await startTrial(t)
  const checks = await open({ properties: { match_field: 'Pmp_Id__c' } }).check(sources)
  assert.ok(!checks.some(({ name }) => name.startsWith('Shared')))
})

test('a match field without an index is advice, and the org is not made to sort by it', async t => {
  const { calls, open } = await startTrial(t)
  const checks = await open({ properties: { match_field: 'Title' } }).check(sources)
  assert.ok(isAdvice(named(checks, 'Index of Lead.Title')))
  assert.ok(!checks.some(({ name }) => name.startsWith('Shared')))
  assert.equal(calls.query, 1)
})

test('contacts that a configuration for leads cannot write are advice', async t => {
  const { org, open } = await startTrial(t)
  const name = 'Contacts of converted leads'
  assert.ok(!isAdvice(named(await open().check(sources), name)))
  const onlyLead = { ...NEWSLETTER, sobject: 'Lead' }
  assert.ok(isAdvice(named(await open({ mappings: [onlyLead] }).check(sources), name)))
  org.removeField('Contact', 'Newsletter__c')
  const lacking = named(await open().check(sources), name)
  assert.ok(isAdvice(lacking))
  assert.match(lacking.message, /Newsletter__c/)
})

test('leads whose conversion cannot be seen are a failure', async t => {
  const { org, open } = await startTrial(t)
  org.setFieldAccess('Lead', 'ConvertedContactId', { readable: false })
  const checks = await open().check(sources)
  assert.deepEqual(failed(checks), ['Following converted leads'])
})

test('person accounts are noticed, with what they mean for the configured objects', async t => {
  const { open } = await startTrial(t, { personAccounts: true })
  const said = async (properties: object) =>
    named(await open({ properties }).check(sources), 'Person accounts')
  const beside = await said({ sobject: ['Contact'] })
  assert.ok(isAdvice(beside))
  assert.match(beside.message, /contact side/)
  assert.match(
    (await said({ sobject: ['Account', 'Contact'] })).message,
    /PersonEmail; their contact side is left/,
  )
  const companies = await said({ sobject: ['Account'], match_field: { Account: 'Pmp_Id__c' } })
  assert.ok(isAdvice(companies))
  assert.match(companies.message, /Pmp_Id__c/)
})

test('a clock that is off is advice that says by how much', async t => {
  const { open } = await startTrial(t)
  const at = (aheadMs: number) => open({ now: () => new Date(Date.now() + aheadMs) })
  const ahead = named(await at(600_000).check(sources), 'Clock')
  assert.ok(isAdvice(ahead))
  assert.match(ahead.message, /^this machine is (600|601) s ahead of the org$/)
  assert.match(named(await at(-600_000).check(sources), 'Clock').message, /behind the org/)
})

test('scarce calls are advice, used-up calls a failure', async t => {
  const { open } = await startTrial(t, { dailyApiLimit: 10 })
  const check = async () => named(await open().check(sources), 'API calls')
  assert.ok(!isAdvice(await check()))
  await check()
  const last = await check()
  assert.ok(isAdvice(last), last.message)
  assert.equal((await check()).ok, false)
})

test('a mapping without any choice in it is a failure: nobody would be written', async t => {
  const { open } = await startTrial(t)
  const fixed = { id: 'Frequency__c', type: 'static', value: 'weekly' }
  assert.deepEqual(failed(await open({ mappings: [fixed] }).check(sources)), ['Mapping'])
  assert.deepEqual(failed(await open({ mappings: [fixed, NEWSLETTER] }).check(sources)), [])
})
