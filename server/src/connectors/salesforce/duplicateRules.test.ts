import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contact, deliverOne, lead, owed, startTrial } from './trial.ts'

test('where a duplicate rule refuses a creation because of a stranger, the stranger is not touched', async t => {
  const { org, open } = await startTrial(t)
  const stranger = org.insert('Contact', contact('someone.else@x.io', { LastName: 'ann' }))
  org.setDuplicateRule({ object: 'Contact', action: 'block', matchOn: ['LastName'] })
  const session = open({ upsert: true, properties: { sobject: ['Contact'] } })
  const outcome = await deliverOne(session, owed('ann@x.io'))
  assert.deepEqual([outcome.state, outcome.error?.code, outcome.links], ['failed', 'DUPLICATES_DETECTED', []])
  assert.match(outcome.error?.cure ?? '', /duplicate/i)
  assert.equal(org.get(stranger)?.Newsletter__c, false)
  assert.equal(org.records('Contact').length, 1)
})

test('a rule that only alerts does not stop the update of a record that is there; one that blocks does, with a cure', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  org.insert('Lead', lead('eve@x.io', { Channel__c: 'sms' }))
  const rule = { object: 'Lead', matchOn: ['Channel__c'], onUpdate: true } as const
  const name = org.setDuplicateRule({ ...rule, action: 'alert' })
  const session = open({ mappings: [{ id: 'Channel__c', value: 'channel' }] })
  assert.equal((await deliverOne(session, owed('ann@x.io', { channel: 'sms' }))).state, 'delivered')
  assert.equal(org.get(id)?.Channel__c, 'sms')
  await deliverOne(session, owed('ann@x.io', { channel: 'email' }))
  org.removeDuplicateRule(name)
  org.setDuplicateRule({ ...rule, action: 'block' })
  const blocked = await deliverOne(session, owed('ann@x.io', { channel: 'sms' }))
  assert.deepEqual([blocked.state, blocked.error?.code], ['failed', 'DUPLICATES_DETECTED'])
  assert.equal(org.get(id)?.Channel__c, 'email')
})
