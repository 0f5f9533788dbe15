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

test('of a record that two people share a preview shows what their deliveries leave there, and says so', async t => {
  const { org, open } = await startTrial(t)
  const mappings = [NEWSLETTER, { id: 'Channel__c', value: 'channel' }]
  const id = org.insert('Lead', lead('ann@x.io'))
  const early = owed('ann@x.io', { newsletter: true, channel: 'sms' })
  const late = owed('ANN@x.io', { newsletter: false })
  const session = open({ mappings, rivals: new Map([['ann@x.io', [late]]]) })
  const together = open({ mappings })
  for (const [ann] of [await session.preview([early]), await together.preview([early, late])]) {
    assert.deepEqual(
      ann?.records.map(({ action, fields }) => [action, fields.map(({ id, would }) => [id, would])]),
      [
        [
          'update',
          [
            ['Newsletter__c', false],
            ['Channel__c', 'sms'],
          ],
        ],
      ],
    )
    assert.match(ann?.note ?? '', /another person’s/)
    assert.doesNotMatch(ann?.note ?? '', /x\.io/i)
  }
  await session.deliver([early], passage)
  assert.deepEqual([org.get(id)?.Newsletter__c, org.get(id)?.Channel__c], [false, 'sms'])
  const [after] = await session.preview([early])
  assert.equal(after?.records[0]?.action, 'none')
})

test('of a record that two people would get together a preview shows the one, with what either said last', async t => {
  const { open } = await startTrial(t)
  const people = [owed('ann@x.io'), owed('ANN@x.io', { newsletter: false })]
  const previews = await open({ upsert: true }).preview(people)
  for (const { records, note } of previews) {
    assert.deepEqual(
      records.map(({ action, fields }) => [action, fields.find(({ id }) => id === 'Newsletter__c')?.would]),
      [['create', false]],
    )
    assert.match(note ?? '', /another person’s/)
  }
})
