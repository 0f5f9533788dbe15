/** What befalls records in a real org after a choice was delivered, against the sandbox org: and Heed takes care of it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startSandboxOrg } from '@heed/sandbox'
import { eventually, startHeed } from './heed.ts'
import { elementIds, fillLibrary } from './library.ts'

const org = await startSandboxOrg()
after(() => org.close())
const heed = await startHeed({ allowedHosts: [new URL(org.url).host], lookEverySeconds: 0.2 })
const { call } = heed
await fillLibrary(heed)
const created = await call('POST /v1/marketplace/integrations', {
  type_id: 'sf-sales-cloud',
  authentication: { url: org.url, client_id: org.clientId, client_secret: org.clientSecret },
  properties: { sobject: ['Lead', 'Contact'] },
  mappings: [
    { id: 'Newsletter__c', value: elementIds.newsletter, type: 'pmp-widget-id' },
    { id: 'Channel__c', value: 'consents_purposes_newsletter_preferences_channel_value' },
  ],
})
assert.equal(created.status, 200, JSON.stringify(created.body))
const own = (route: string, body?: unknown) => {
  const [method, path] = route.split(' ')
  return call(`${method} /v1/marketplace/integrations/${created.body.id}${path ? `/${path}` : ''}`, body)
}

const choose = (id: string, enabled: boolean) =>
  call('POST /v1/consents/events', {
    user: { organization_user_id: id },
    consents: { purposes: [{ id: 'newsletter', enabled }] },
  })
const inState = (id: string, state: string) =>
  eventually(async () => {
    const { body } = await own(`GET deliveries?organization_user_id=${encodeURIComponent(id)}`)
    return body.data[0]?.state === state && body.data[0]
  })
const lead = (Email: string, more: object = {}) =>
  org.insert('Lead', { LastName: 'Doe', Company: 'Acme', Email, ...more })
const holds = (id: string, value: boolean) => eventually(() => org.get(id)?.Newsletter__c === value)
async function audit(body: object = {}) {
  const { id } = (await own('POST audit', body)).body
  return eventually(async () => {
    const { body } = await own('GET audit')
    return body.id === id && body.state === 'done' && body
  })
}

test('who chose before the CRM knew them is written when their record appears, in whatever case', async () => {
  await choose('early@acme.test', true)
  await inState('early@acme.test', 'unmatched')
  await holds(lead('Early@Acme.test'), true)
  const { records } = await inState('early@acme.test', 'delivered')
  assert.equal(records.length, 1)
})

test('a record that appears beside the one that is known gets the choice, too', async () => {
  const first = lead('twice@acme.test', { Newsletter__c: true })
  await choose('twice@acme.test', false)
  await holds(first, false)
  const second = org.insert('Contact', { LastName: 'Doe', Email: 'twice@acme.test', Newsletter__c: true })
  await holds(second, false)
})

test('a lead that is converted after its delivery leads to its contact', async () => {
  const id = lead('converted@acme.test')
  await choose('converted@acme.test', true)
  await holds(id, true)
  const { contactId } = org.convertLead(id)
  await choose('converted@acme.test', false)
  await holds(contactId, false)
  const { records } = await inState('converted@acme.test', 'delivered')
  assert.deepEqual(
    records.map(({ sobject }: { sobject: string }) => sobject),
    ['Contact'],
  )
})

test('what a salesperson changed is found by the audit, and repaired when that is asked for', async () => {
  const id = lead('changed@acme.test')
  await choose('changed@acme.test', false)
  await inState('changed@acme.test', 'delivered')
  assert.equal((await audit()).total, 0, 'what was delivered is no difference')
  org.update(id, { Newsletter__c: true })
  const found = await audit()
  const [difference] = found.data
  assert.deepEqual(
    [difference.kind, difference.field, difference.now, difference.would, difference.record.id],
    ['changed', 'Newsletter__c', true, false, id],
  )
  assert.ok(difference.changed_by && difference.changed_at)
  assert.equal(org.get(id)?.Newsletter__c, true)
  await audit({ repair: true })
  await holds(id, false)
  await inState('changed@acme.test', 'delivered')
  assert.equal((await audit()).total, 0)
})

test('people whose ids differ by case alone share a record, which holds what either said last, and are told of it', async () => {
  const id = lead('shared@acme.test')
  await choose('shared@acme.test', true)
  await holds(id, true)
  await choose('SHARED@acme.test', false)
  await holds(id, false)
  const { error } = await inState('SHARED@acme.test', 'delivered')
  assert.equal(error.code, 'SHARED_RECORD')
})

const channels = (...picklist: string[]) =>
  org.addField('Lead', { name: 'Channel__c', type: 'picklist', restrictedPicklist: true, picklist })

test('a record that got somebody else’s address holds what either said last: an older yes undoes no newer no', async () => {
  const id = lead('former@acme.test')
  await choose('later@acme.test', true)
  await inState('later@acme.test', 'unmatched')
  await choose('former@acme.test', true)
  await holds(id, true)
  await choose('former@acme.test', false)
  await holds(id, false)
  org.update(id, { Email: 'later@acme.test' })
  const { error } = await inState('later@acme.test', 'delivered')
  assert.deepEqual([error?.code, org.get(id)?.Newsletter__c], ['SHARED_RECORD', false])
  await own('POST replay', { all: true })
  await inState('later@acme.test', 'delivered')
  assert.equal(org.get(id)?.Newsletter__c, false)
  await choose('later@acme.test', true)
  await holds(id, true)
})

test('who chose a value that the picklist lost is written without it, and by themselves with it once it is back', async () => {
  const id = lead('channel@acme.test')
  channels('email', 'post')
  await call('POST /v1/consents/events', {
    user: { organization_user_id: 'channel@acme.test' },
    consents: { purposes: [{ id: 'newsletter', enabled: true, values: { channel: { value: 'sms' } } }] },
  })
  await inState('channel@acme.test', 'failed')
  await holds(id, true)
  assert.equal(org.get(id)?.Channel__c, null)
  channels('email', 'post', 'sms')
  await inState('channel@acme.test', 'delivered')
  assert.equal(org.get(id)?.Channel__c, 'sms')
})

test('a field whose type changed holds the integration with its reason, until it fits again', async () => {
  const id = lead('type@acme.test')
  org.addField('Lead', { name: 'Newsletter__c', type: 'date' })
  await choose('type@acme.test', true)
  const hold = await eventually(async () => (await own('GET')).body.hold)
  assert.equal(hold.code, 'MAPPING_DOES_NOT_FIT')
  assert.match(hold.message, /Lead\.Newsletter__c is of type date/)
  org.addField('Lead', { name: 'Newsletter__c', type: 'boolean' })
  await holds(id, true)
  await eventually(async () => (await own('GET')).body.hold === null)
})

test('while a mapped field is hidden, a withdrawal is written without it, and with it once it is back', async () => {
  const id = lead('hidden@acme.test')
  await choose('hidden@acme.test', true)
  await holds(id, true)
  await inState('hidden@acme.test', 'delivered')
  org.setFieldAccess('Lead', 'Channel__c', { readable: false })
  await call('POST /v1/consents/events', {
    user: { organization_user_id: 'hidden@acme.test' },
    consents: { purposes: [{ id: 'newsletter', enabled: false, values: { channel: { value: 'post' } } }] },
  })
  await holds(id, false)
  const { error } = await inState('hidden@acme.test', 'failed')
  assert.match(error.message, /Lead\.Channel__c .*; the other fields were written/)
  const hold = await eventually(async () => (await own('GET')).body.hold)
  assert.match(hold.message, /withdrawals alone are delivered/)
  channels('email', 'post', 'sms')
  await inState('hidden@acme.test', 'delivered')
  assert.equal(org.get(id)?.Channel__c, 'post')
  await eventually(async () => (await own('GET')).body.hold === null)
})

test('explain leads a field to its event, to the call that wrote it, and to what was answered', async () => {
  const id = lead('why@acme.test')
  const event = (await choose('why@acme.test', true)).body
  await inState('why@acme.test', 'delivered')
  const explained = await eventually(async () => {
    const { body } = await call(
      `GET /v1/consents/users/why@acme.test/explain?$by_organization_user_id=true&integration_id=${created.body.id}`,
    )
    return body.last_attempts[0]?.records[0]?.call && body
  })
  assert.equal(explained.fields[0].event_id, event.id)
  const [record] = explained.last_attempts[0].records
  assert.equal(record.id, id)
  assert.deepEqual([record.call.method, record.call.status, record.call.error], ['POST', 200, null])
  assert.match(record.call.path, /\/composite$/)
})

test('the calls that were spent stand in the budget', async () => {
  const spent = org.usage.calls
  assert.ok(spent > 5)
  const { budget } = await eventually(async () => {
    const { body } = await own('GET status')
    return body.budget.spent >= spent && body.budget.target_used !== null && body
  })
  assert.equal(budget.allowance, budget.target_limit / 2)
})
