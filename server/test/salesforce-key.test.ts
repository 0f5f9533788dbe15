/** JWT bearer against the sandbox org's own token endpoint: what is saved, what is refused, and what is delivered by it. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { startSandboxOrg } from '@heed/sandbox'
import { eventually, startHeed } from './heed.ts'
import { elementIds, fillLibrary } from './library.ts'

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
const { publicKey, privateKey } = pair()
const strange = pair().privateKey
const secretPartOf = (pem: string): string => pem.split('\n')[5] as string
const USERNAME = 'integration@acme.test'
const app = { publicKey, approved: true }

let aheadMs = 0
const org = await startSandboxOrg({ jwt: app, now: () => new Date(Date.now() + aheadMs) })
after(() => org.close())
const heed = await startHeed({ allowedHosts: [new URL(org.url).host] })
const { call } = heed
await fillLibrary(heed)

const byKey = { url: org.url, client_id: org.clientId, username: USERNAME, private_key: privateKey }
const bySecret = { url: org.url, client_id: org.clientId, client_secret: org.clientSecret }
const save = (authentication: object, query = '') =>
  call(`POST /v1/marketplace/integrations${query}`, {
    type_id: 'sf-sales-cloud',
    authentication,
    properties: { sobject: ['Lead'] },
    mappings: [{ id: 'Newsletter__c', value: elementIds.newsletter, type: 'pmp-widget-id' }],
  })

async function delivers(id: string, enabled: boolean): Promise<void> {
  const email = `${id}-${enabled}@acme.test`
  const record = org.insert('Lead', {
    LastName: 'Doe',
    Company: 'Acme',
    Email: email,
    Newsletter__c: !enabled,
  })
  await call('POST /v1/consents/events', {
    user: { organization_user_id: email },
    consents: { purposes: [{ id: 'newsletter', enabled }] },
  })
  await eventually(() => org.get(record)?.Newsletter__c === enabled)
}
const drop = (id: string) => call(`DELETE /v1/marketplace/integrations/${id}`)

test('an integration that signs in by a key is saved, never tells the key, and delivers', async () => {
  const { status, body } = await save(byKey)
  assert.equal(status, 200, JSON.stringify(body))
  const read = await call(`GET /v1/marketplace/integrations/${body.id}`)
  for (const answer of [body, read.body])
    assert.ok(!JSON.stringify(answer).includes(secretPartOf(privateKey)))
  await delivers('signed', true)
  org.expireTokens()
  await delivers('signed-again', false)
  const { checks } = (await call(`POST /v1/marketplace/integrations/${body.id}/test`)).body
  const { ok, message } = checks.find(({ name }: { name: string }) => name === 'Credentials')
  assert.deepEqual([ok, /JWT bearer/.test(message)], [true, true])
  await drop(body.id)
})

for (const [what, given, path, cure] of [
  ['another key', { private_key: strange }, 'private_key', /certificate/],
  ['a key that is none', { private_key: 'key' }, 'private_key', /PEM/],
  ['another app', { client_id: 'another' }, 'client_id', /consumer key/],
  ['another user', { username: 'eve@acme.test' }, 'username', /pre-authorized/],
  ['another audience', { audience: 'https://eve.example' }, 'audience', /login\.salesforce\.com/],
] as const)
  test(`${what} is refused when it is saved, at its field and with the cure`, async () => {
    const { status, body } = await save({ ...byKey, ...given })
    assert.equal(status, 400)
    assert.deepEqual(Object.keys(body.errors), [`authentication.${path}`])
    assert.match(body.errors[`authentication.${path}`], cure)
    assert.ok(!JSON.stringify(body).includes(secretPartOf(strange)))
  })

test('a user whom no administrator has approved is refused, and let in once that is done', async () => {
  app.approved = false
  const refused = await save(byKey, '?$dry_run=true')
  assert.equal(refused.status, 400)
  assert.match(refused.body.errors['authentication.username'], /pre-authorized/)
  app.approved = true
  assert.equal((await save(byKey, '?$dry_run=true')).status, 200)
})

test('an approval that is taken back holds the integration, with the cure; saving it anew goes on at once', async () => {
  const { id } = (await save(byKey)).body
  const own = `/v1/marketplace/integrations/${id}`
  app.approved = false
  org.expireTokens()
  const record = org.insert('Lead', { LastName: 'Doe', Company: 'Acme', Email: 'held@acme.test' })
  await call('POST /v1/consents/events', {
    user: { organization_user_id: 'held@acme.test' },
    consents: { purposes: [{ id: 'newsletter', enabled: true }] },
  })
  const hold = await eventually(async () => (await call(`GET ${own}`)).body.hold)
  assert.equal(hold.code, 'invalid_grant')
  assert.match(hold.cure, /pre-authorized/)
  assert.equal(org.get(record)?.Newsletter__c, false)
  app.approved = true
  assert.equal((await call(`PATCH ${own}`, { authentication: { username: USERNAME } })).status, 200)
  await eventually(() => org.get(record)?.Newsletter__c === true)
  await drop(id)
})

for (const minutes of [-30, 30])
  test(`a clock that is ${minutes} minutes off is no reason to refuse what it has signed`, async () => {
    aheadMs = minutes * 60_000
    const { status, body } = await save(byKey, '?$dry_run=true')
    aheadMs = 0
    assert.equal(status, 200, JSON.stringify(body))
  })

test('a stored secret goes over to a key, and back', async () => {
  const { id } = (await save(bySecret)).body
  const change = (authentication: object) =>
    call(`PATCH /v1/marketplace/integrations/${id}`, { authentication })
  assert.equal((await change({ username: USERNAME, private_key: privateKey })).status, 400)
  const over = await change({ client_secret: null, username: USERNAME, private_key: privateKey })
  assert.equal(over.status, 200, JSON.stringify(over.body))
  app.approved = false
  assert.equal((await change({ username: USERNAME })).status, 400, 'the key is what it signs in by')
  const back = await change({ client_secret: org.clientSecret, username: null, private_key: null })
  app.approved = true
  assert.equal(back.status, 200, JSON.stringify(back.body))
  await delivers('back', true)
  await drop(id)
})
