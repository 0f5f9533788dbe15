import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contact, deliverOne, idsOf, lead, NEWSLETTER, owed, sourcesOf, startTrial } from './trial.ts'

const ACCOUNT = { sobject: ['Account'] }

test('where the org has person accounts, accounts are matched by PersonEmail', async t => {
  const { org, open } = await startTrial(t, { personAccounts: true })
  const id = org.insert('Account', { Name: 'Ann Lee', PersonEmail: 'ann@x.io' })
  const session = open({ properties: ACCOUNT })
  assert.deepEqual(await session.validate(sourcesOf({ newsletter: { kind: 'boolean', valueIds: [] } })), [])
  assert.equal((await deliverOne(session, owed('ANN@x.io'))).state, 'delivered')
  assert.equal(org.get(id)?.Newsletter__c, true)
})

test('a person account is created with the name of a person', async t => {
  const { org, open } = await startTrial(t, { personAccounts: true })
  org.addField('Account', { name: 'LastName', type: 'string', length: 80 })
  org.removeField('Account', 'Name')
  const outcome = await deliverOne(open({ properties: ACCOUNT, upsert: true }), owed('ann@x.io'))
  assert.equal(outcome.state, 'delivered')
  assert.deepEqual(
    org.records('Account').map(({ LastName, PersonEmail }) => [LastName, PersonEmail]),
    [['ann', 'ann@x.io']],
  )
})

test('accounts that people are written to are created as people, whatever they are matched by', async t => {
  const { org, open } = await startTrial(t, { personAccounts: true })
  const session = open({
    properties: { ...ACCOUNT, match_field: 'Pmp_Id__c' },
    mappings: [{ id: 'Newsletter__pc', value: 'newsletter', sobject: 'Account' }],
    upsert: true,
  })
  assert.deepEqual(await session.validate(sourcesOf({ newsletter: { kind: 'boolean', valueIds: [] } })), [])
  assert.equal((await deliverOne(session, owed('ann@x.io'))).state, 'delivered')
  const [account] = org.records('Account')
  assert.deepEqual(
    [account?.LastName, account?.Pmp_Id__c, account?.Newsletter__pc, account?.IsPersonAccount],
    ['ann', 'ann@x.io', true, true],
  )
})

test('a company’s account among those of people fails alone, and what it can hold is written', async t => {
  const { org, open } = await startTrial(t, { personAccounts: true })
  const company = org.insert('Account', { Name: 'Acme', Pmp_Id__c: 'ann', Newsletter__c: true })
  const session = open({
    properties: { ...ACCOUNT, match_field: 'Pmp_Id__c' },
    mappings: [NEWSLETTER, { id: 'PersonHasOptedOutOfEmail', value: 'newsletter', invert: true }],
  })
  const outcome = await deliverOne(session, owed('ann', { newsletter: false }))
  assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'INVALID_FIELD_FOR_INSERT_UPDATE'])
  assert.match(outcome.error?.cure ?? '', /company/)
  assert.equal(org.get(company)?.Newsletter__c, false)
})

test('a lead that became a person account is followed to the account, and its contact is left to that', async t => {
  const { org, open } = await startTrial(t, { personAccounts: true })
  const account = org.insert('Account', { Name: 'Ann Lee', PersonEmail: 'ann@x.io' })
  const side = org.get(account)?.PersonContactId as string
  const session = open({
    properties: { sobject: ['Lead', 'Account'] },
    mappings: [
      { id: 'Newsletter__c', value: 'newsletter', sobject: 'Lead' },
      { id: 'Newsletter__pc', value: 'newsletter', sobject: 'Account' },
    ],
  })
  const id = org.insert('Lead', lead('ann@x.io'))
  const first = await deliverOne(session, owed('ann@x.io'))
  assert.deepEqual(idsOf(first.links), [account, id].map(one => one.slice(0, 15)).sort())
  org.convertLead(id, { contactId: side, accountId: account })
  const outcome = await deliverOne(session, owed('ann@x.io', { newsletter: false }, first))
  assert.deepEqual([outcome.state, idsOf(outcome.links)], ['delivered', [account.slice(0, 15)]])
  assert.equal(org.get(account)?.Newsletter__pc, false)
  // Of somebody else's account the contact is all there is to follow to.
  org.update(account, { PersonEmail: 'eve@x.io' })
  const alone = await deliverOne(session, owed('ann@x.io', { newsletter: true }))
  assert.deepEqual(idsOf(alone.links), [side.slice(0, 15)])
})

test('the contact side of a person account is left to its account side', async t => {
  const { org, open } = await startTrial(t, { personAccounts: true })
  org.addField('Contact', { name: 'IsPersonAccount', type: 'boolean' })
  const account = org.insert('Account', { Name: 'Ann Lee', PersonEmail: 'ann@x.io' })
  const side = org.insert('Contact', contact('ann@x.io', { IsPersonAccount: true }))
  const other = org.insert('Contact', contact('ann@x.io'))
  const outcome = await deliverOne(
    open({ properties: { sobject: ['Account', 'Contact'] } }),
    owed('ann@x.io'),
  )
  assert.deepEqual(idsOf(outcome.written), [account, other].map(id => id.slice(0, 15)).sort())
  assert.equal(org.get(side)?.Newsletter__c, false)
})
