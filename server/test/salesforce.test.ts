/** The whole way, against the sandbox org: what is refused at saving, and a choice that becomes a field. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startSandboxOrg } from '@heed/sandbox'
import { eventually, startHeed } from './heed.ts'
import { elementIds, fillLibrary } from './library.ts'

const org = await startSandboxOrg()
after(() => org.close())
const heed = await startHeed({ allowedHosts: [new URL(org.url).host] })
const { call } = heed
before(() => fillLibrary(heed))

/** The documented example, with the sandbox org's address and an element of the library. */
const documented = {
  type_id: 'sf-sales-cloud',
  authentication: {
    url: `${org.url}/services/data`,
    client_id: org.clientId,
    client_secret: org.clientSecret,
  },
  properties: { sobject: ['Lead'] },
  mappings: [{ id: 'Newsletter__c', value: elementIds.newsletter, type: 'pmp-widget-id' }],
  upsert_mode: true,
}

async function refused(change: object, place: string, message = /./): Promise<void> {
  const answer = await call('POST /v1/marketplace/integrations', { ...documented, ...change })
  assert.equal(answer.status, 400, JSON.stringify(answer.body))
  assert.ok(place in answer.body.errors, `${place}: ${JSON.stringify(answer.body.errors)}`)
  assert.match(answer.body.errors[place], message)
}

test('what the org or its fields do not fit is refused at saving, with its place and its cure', async () => {
  const mapping = { value: elementIds.newsletter, type: 'pmp-widget-id' }
  await refused({ mappings: [{ id: 'Nope__c', ...mapping }] }, 'mappings[0].id', /Nope__c/)
  await refused(
    {
      properties: { sobject: ['Lead', 'Contact'] },
      mappings: [{ id: 'Nope__c', ...mapping }],
      upsert_mode: false,
    },
    'mappings[0].id',
    /Lead has no field Nope__c.* Contact has no field Nope__c/,
  )
  await refused({ mappings: [{ id: 'IsConverted', ...mapping }] }, 'mappings[0].id', /nobody edits/)
  await refused(
    { mappings: [{ id: 'Newsletter__c', value: elementIds.channel, type: 'pmp-widget-id' }] },
    'mappings[0].id',
  )
  await refused({ mappings: [{ ...documented.mappings[0], type: 'pmp-element' }] }, 'mappings[0].type')
  await refused({ properties: { sobject: 'Lead' } }, 'properties.sobject', /must be a list/)
  await refused({ properties: { sobject: ['Lead'], regulation: 'gpdr' } }, 'properties.regulation', /gdpr/)
  await refused({ properties: { sobject: ['Case'] } }, 'properties.sobject[0]')
  await refused({ properties: { sobject: ['Account'] } }, 'properties.match_field.Account')
  await refused(
    { authentication: { ...documented.authentication, client_secret: 'wrong' } },
    'authentication.client_secret',
  )
  await refused(
    { authentication: { ...documented.authentication, url: 'no url at all' } },
    'authentication.url',
  )
  await refused(
    { authentication: { ...documented.authentication, url: 'http://127.0.0.1:1' } },
    'authentication.url',
    /HEED_ALLOWED_HOSTS/,
  )
  org.faults.inject({ kind: 'html', times: 9 })
  await refused({}, 'authentication.url')
  org.faults.clear()
  org.faults.inject({ kind: 'status', status: 503, times: 9 })
  await refused({}, 'authentication', /Try again in a while/)
  org.faults.clear()
  assert.equal((await call('GET /v1/marketplace/integrations')).body.total, 0)
})

test('the documented example is taken as it is; a choice becomes a field, also of somebody new, of a duplicate, of a contact', async () => {
  const created = await call('POST /v1/marketplace/integrations?organization_id=acme', documented)
  assert.equal(created.status, 200, JSON.stringify(created.body))
  assert.equal('authentication' in created.body, false)
  const lead = (Email: string) => org.insert('Lead', { LastName: 'L', Company: 'C', Email })
  const twins = [lead('twin@acme.test'), lead('TWIN@acme.test')]
  const { contactId } = org.convertLead(lead('converted@acme.test'))
  for (const id of ['twin@acme.test', 'converted@acme.test', 'new@acme.test'])
    await call('POST /v1/consents/events', {
      user: { organization_user_id: id },
      consents: { purposes: [{ id: 'newsletter', enabled: true }] },
    })
  const deliveries = async (state: string) =>
    (await call(`GET /v1/marketplace/integrations/${created.body.id}/deliveries?state=${state}`)).body
  await eventually(async () => (await deliveries('delivered')).total === 3)
  for (const id of [...twins, contactId]) assert.equal(org.get(id)?.Newsletter__c, true)
  const fresh = org.records('Lead').filter(({ Email }) => Email === 'new@acme.test')
  assert.deepEqual(
    fresh.map(({ LastName, Company, Newsletter__c }) => [LastName, Company, Newsletter__c]),
    [['new', 'Unknown', true]],
  )

  const tested = await call(`POST /v1/marketplace/integrations/${created.body.id}/test`)
  assert.equal(tested.body.ok, true, JSON.stringify(tested.body))
  const fields = await call(`GET /v1/marketplace/integrations/${created.body.id}/fields?search=topics`)
  assert.deepEqual(fields.body.data[0].values, ['travel', 'food', 'music', 'sport'])
  const preview = (change = {}) =>
    call(`POST /v1/marketplace/integrations/${created.body.id}/preview`, {
      organization_user_id: ['twin@acme.test'],
      ...change,
    })
  assert.deepEqual(
    (await preview()).body.data[0].records.map(({ action }: { action: string }) => action),
    ['none', 'none'],
  )
  const mapping = { ...documented.mappings[0], id: 'DoNotCall', invert: true }
  const [asChanged] = (await preview({ mappings: [mapping] })).body.data[0].records
  assert.deepEqual(asChanged.fields, [{ id: 'DoNotCall', now: false, would: false }])
  const wrong = await preview({ mappings: [{ ...mapping, id: 'Nope__c' }] })
  assert.deepEqual([wrong.status, Object.keys(wrong.body.errors)], [400, ['mappings[0].id']])
  const { mappings, version } = (await call(`GET /v1/marketplace/integrations/${created.body.id}`)).body
  assert.deepEqual([mappings[0].id, version], ['Newsletter__c', 1], 'nothing is saved by it')
})

test('an org that refuses its credentials holds the integration with a cure, and loses nobody', async () => {
  const { body } = await call('GET /v1/marketplace/integrations')
  const { id } = body.data[0]
  org.refuseTokens({ error: 'invalid_grant', error_description: 'no client credentials user enabled' })
  const { ok, checks } = (await call(`POST /v1/marketplace/integrations/${id}/test`)).body
  assert.equal(ok, false, 'the token of before would still do')
  assert.match(checks.find(({ name }: { name: string }) => name === 'Credentials').cure, /Run As/)
  org.expireTokens()
  await call('POST /v1/consents/events', {
    user: { organization_user_id: 'new@acme.test' },
    consents: { purposes: [{ id: 'newsletter', enabled: false }] },
  })
  const hold = await eventually(async () => (await call(`GET /v1/marketplace/integrations/${id}`)).body.hold)
  assert.equal(hold.kind, 'hold')
  assert.match(hold.cure, /run-as|Run As/i)
  org.refuseTokens(undefined)
  assert.equal((await call(`POST /v1/marketplace/integrations/${id}/test`)).body.ok, true)
  const tried = (await call(`GET /v1/marketplace/integrations/${id}`)).body.hold
  assert.equal(tried?.next_attempt_at ?? null, null, 'at once, and not half a minute later')
  await eventually(() =>
    org
      .records('Lead')
      .some(({ Email, Newsletter__c }) => Email === 'new@acme.test' && Newsletter__c === false),
  )
  await eventually(async () => (await call(`GET /v1/marketplace/integrations/${id}`)).body.hold === null)
})

test('explain and preview show what is written, explain also what was chosen', async () => {
  const { body } = await call('GET /v1/marketplace/integrations')
  const { id } = body.data[0]
  const patched = await call(`PATCH /v1/marketplace/integrations/${id}`, {
    mappings: [
      { id: 'HasOptedOutOfEmail', value: elementIds.newsletter, type: 'pmp-widget-id', invert: true },
      { id: 'Frequency__c', value: elementIds.channel, type: 'pmp-widget-id', values: { sms: 'by phone' } },
    ],
  })
  assert.equal(patched.status, 200, JSON.stringify(patched.body))
  const lead = org.insert('Lead', { LastName: 'L', Company: 'C', Email: 'why@acme.test' })
  await call('POST /v1/consents/events', {
    user: { organization_user_id: 'why@acme.test' },
    consents: { purposes: [{ id: 'newsletter', enabled: true, values: { channel: { value: 'sms' } } }] },
  })
  await eventually(() => org.get(lead)?.Frequency__c === 'by phone')
  const explained = await call(
    `GET /v1/consents/users/why@acme.test/explain?$by_organization_user_id=true&integration_id=${id}`,
  )
  const previewed = await call(`POST /v1/marketplace/integrations/${id}/preview`, {
    organization_user_id: ['why@acme.test'],
  })
  const fields = explained.body.fields as { chosen: unknown; written: { value: unknown }[] }[]
  assert.deepEqual(
    fields.map(({ chosen, written }) => [chosen, written[0]?.value]),
    [
      [true, false],
      ['sms', 'by phone'],
    ],
  )
  assert.deepEqual(
    previewed.body.data[0].records[0].fields.map(({ would }: { would: unknown }) => would),
    [false, 'by phone'],
  )
})
