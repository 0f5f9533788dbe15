import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contact, lead, NEWSLETTER, owed, passage, startTrial } from './trial.ts'

test('a preview says per record what is there and what would be, and writes nothing', async t => {
  const { org, open } = await startTrial(t)
  const change = org.insert('Lead', lead('ann@x.io'))
  const same = org.insert('Contact', contact('ann@x.io', { Newsletter__c: true }))
  const session = open({ upsert: true, properties: { sobject: ['Lead', 'Contact'] } })
  const [ann, eve, silent] = await session.preview([
    owed('ann@x.io'),
    owed('eve@x.io'),
    owed('ann@x.io', { other: true }),
  ])
  assert.deepEqual(
    ann?.records.map(({ object, id, action, fields }) => [object, id?.slice(0, 15), action, fields]),
    [
      ['Lead', change.slice(0, 15), 'update', [{ id: 'Newsletter__c', now: false, would: true }]],
      ['Contact', same.slice(0, 15), 'none', [{ id: 'Newsletter__c', now: true, would: true }]],
    ],
  )
  assert.deepEqual(
    eve?.records.map(({ object, id, action }) => [object, id, action]),
    [['Lead', undefined, 'create']],
  )
  assert.deepEqual(silent?.records, [])
  assert.ok(silent?.note)
  assert.equal(org.usage.rowsWritten, 0)
})

test('without upsert_mode a preview of somebody unknown says so', async t => {
  const { open } = await startTrial(t)
  const [preview] = await open().preview([owed('eve@x.io')])
  assert.deepEqual(preview?.records, [])
  assert.ok(preview?.note)
})

test('a preview names the converted lead that stands in the way of a creation', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io', { Pmp_Id__c: 'ann@x.io' }))
  org.remove(org.convertLead(id).contactId)
  const session = open({ upsert: true, properties: { match_field: 'Pmp_Id__c' } })
  const [preview] = await session.preview([owed('ann@x.io')])
  assert.deepEqual(preview?.records, [])
  assert.match(preview?.note ?? '', new RegExp(id.slice(0, 15)))
})

test('times and multi-select picklists are read back as what was written', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const mappings = [
    NEWSLETTER,
    { id: 'Topics__c', value: 'topics' },
    { id: 'Consent_Date__c', value: 'newsletter', type: 'changed_at' },
  ]
  const session = open({ mappings })
  const person = owed('ann@x.io', { newsletter: true, topics: ['music', 'travel'] })
  await session.deliver([person], passage)
  const [preview] = await session.preview([person])
  assert.deepEqual(
    preview?.records.map(({ action }) => action),
    ['none'],
    JSON.stringify(preview),
  )
})
