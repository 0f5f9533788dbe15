import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Owed } from '../contract.ts'
import { deliverOne, lead, NEWSLETTER, owed, passage, startTrial } from './trial.ts'

const CHANNEL = { id: 'Channel__c', value: 'channel' }
const mappings = [NEWSLETTER, CHANNEL]

test('where two people are equal but for case, a record holds what either said last, whoever is delivered', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const early = owed('ann@x.io', { newsletter: true, channel: 'sms' })
  const late = owed('ANN@x.io', { newsletter: false })
  const holds = () => [org.get(id)?.Newsletter__c, org.get(id)?.Channel__c]
  for (const [person, rival] of [
    [early, late],
    [late, early],
  ] as [Owed, Owed][]) {
    const session = open({ mappings, rivals: new Map([['ann@x.io', [rival]]]) })
    const outcome = await deliverOne(session, person)
    assert.deepEqual(holds(), [false, 'sms'])
    assert.deepEqual(
      [outcome.state, outcome.error?.code, outcome.digest],
      ['delivered', 'SHARED_RECORD', undefined],
    )
  }
  const session = open({ mappings })
  const both = await session.deliver([early, late], passage)
  assert.deepEqual(holds(), [false, 'sms'])
  assert.ok(both.every(({ error }) => error?.code === 'SHARED_RECORD'))
})

test('a remembered record that holds another person’s address by now is shared with them', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const ann = owed('ann@x.io', { newsletter: true, channel: 'sms' })
  const first = await deliverOne(open({ mappings }), ann)
  org.update(id, { Email: 'eve@x.io' })
  const eve = owed('eve@x.io', { newsletter: false })
  const session = open({ mappings, rivals: new Map([['eve@x.io', [eve]]]) })
  const outcome = await deliverOne(session, { ...ann, links: first.links })
  assert.equal(org.get(id)?.Newsletter__c, false)
  assert.equal(outcome.error?.code, 'SHARED_RECORD')
})

test('an address that was changed in the org and is nobody else’s stays the person’s: they are written, not created', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open({ upsert: true })
  const first = await deliverOne(session, owed('ann@x.io'))
  org.update(id, { Email: 'ann.married@x.io' })
  const second = await deliverOne(session, owed('ann@x.io', { newsletter: false }, first))
  assert.deepEqual([second.state, second.error], ['delivered', undefined])
  assert.equal(org.get(id)?.Newsletter__c, false)
  assert.equal(org.records('Lead').length, 1)
})

test('messages about shared records name no one', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const [one] = await open().deliver([owed('ann@x.io'), owed('ANN@x.io')], passage)
  assert.doesNotMatch(JSON.stringify(one?.error), /x\.io/i)
})

test('whoever shares a record and chooses while it is written is not overwritten: it is written once more', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const early = owed('ann@x.io', { newsletter: true })
  const late = owed('ANN@x.io', { newsletter: false })
  for (const before of [[owed('ANN@x.io')], []]) {
    // As the database answers: before the write, and after it.
    const answers = [before]
    const session = open({ rivals: async () => new Map([['ann@x.io', answers.shift() ?? [late]]]) })
    const overtaken = await deliverOne(session, early)
    assert.deepEqual(
      [overtaken.state, overtaken.error?.code, overtaken.digest],
      ['retry', 'SHARED_RECORD_CHANGED', undefined],
    )
    const again = await deliverOne(session, { ...early, links: overtaken.links })
    assert.deepEqual([again.state, org.get(id)?.Newsletter__c], ['delivered', false])
  }
})

test('an upsert that meets the record of somebody who chose meanwhile is written once more', async t => {
  const { org, open } = await startTrial(t)
  const early = owed('ann@x.io', { newsletter: true })
  const late = owed('ANN@x.io', { newsletter: false })
  const session = open({
    upsert: true,
    properties: { match_field: 'Pmp_Id__c' },
    rivals: async () => new Map([['ann@x.io', [late]]]),
  })
  const overtaken = await deliverOne(session, early)
  assert.deepEqual([overtaken.state, overtaken.error?.code], ['retry', 'SHARED_RECORD_CHANGED'])
  const again = await deliverOne(session, { ...early, links: overtaken.links })
  assert.deepEqual([again.state, org.records('Lead').map(row => row.Newsletter__c)], ['delivered', [false]])
})

test('a match field that tells cases apart gives each their own record, and none of them the other’s choice', async t => {
  const { org, open } = await startTrial(t)
  const key = { externalId: true, unique: true, idLookup: true, caseSensitive: true }
  org.addField('Lead', { name: 'Key__c', type: 'string', length: 40, ...key })
  const id = org.insert('Lead', { LastName: 'A', Company: 'C', Key__c: 'aB' })
  const other = org.insert('Lead', { LastName: 'B', Company: 'C', Key__c: 'Ab' })
  const early = owed('aB', { newsletter: true, channel: 'sms' })
  const late = owed('Ab', { newsletter: false, channel: 'post' })
  const properties = { match_field: 'Key__c' }
  const holds = (id: string) => [org.get(id)?.Newsletter__c, org.get(id)?.Channel__c]
  const session = open({ properties, mappings, rivals: new Map([['ab', [late]]]) })
  const first = await deliverOne(session, early)
  assert.deepEqual([first.state, first.error, holds(id)], ['delivered', undefined, [true, 'sms']])
  const [preview] = await session.preview([early])
  assert.equal(preview?.note, undefined)
  // Also where the record is remembered and goes straight to writing.
  const both = await open({ properties, mappings }).deliver([early, late], passage)
  assert.ok(both.every(({ state, error }) => state === 'delivered' && error === undefined))
  assert.deepEqual(
    [holds(id), holds(other)],
    [
      [true, 'sms'],
      [false, 'post'],
    ],
  )
  const upserting = open({ properties, mappings, upsert: true })
  const made = await upserting.deliver([owed('xY'), owed('Xy')], passage)
  const records = org.records('Lead').filter(({ Key__c }) => String(Key__c).toLowerCase() === 'xy')
  assert.deepEqual([made.map(({ state }) => state), records.length], [['delivered', 'delivered'], 2])
})

test('a record whose number was emptied is not that of the person who is called 0', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', { LastName: 'A', Company: 'C', Score__c: 7 })
  const session = open({ properties: { match_field: 'Score__c' } })
  const first = await deliverOne(session, owed('7', { newsletter: true }))
  org.update(id, { Score__c: null })
  const [, zero] = await session.deliver(
    [owed('7', { newsletter: false }, first), owed('0', { newsletter: true })],
    passage,
  )
  assert.deepEqual([zero?.state, org.get(id)?.Newsletter__c], ['unmatched', false])
})
