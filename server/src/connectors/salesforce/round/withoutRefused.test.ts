import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Owed } from '../../contract.ts'
import { contact, crowd, deliverOne, lead, NEWSLETTER, owed, passage, startTrial } from '../trial.ts'

const OPT_OUT = { id: 'HasOptedOutOfEmail', value: 'newsletter', invert: true }
const CHANNEL = { id: 'Channel__c', value: 'channel' }
const TOPICS = { id: 'Topics__c', value: 'topics' }

/** A rule of the org that takes a field in no value but one. */
const onlyTakes = (field: string, allowed: unknown, fields: string[] = [field]) => ({
  name: `Only_${field}`,
  message: `${field} has a rule of its own`,
  fields,
  refuses: (record: Record<string, unknown>) => (record[field] ?? null) !== allowed,
})

test('a withdrawal is written although a field beside it is refused, and the refusal is told', async t => {
  const { org, open, calls } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io', { Newsletter__c: true }))
  org.addValidationRule('Lead', onlyTakes('Channel__c', null))
  const session = open({ mappings: [NEWSLETTER, OPT_OUT, CHANNEL] })
  const outcome = await deliverOne(session, owed('ann@x.io', { newsletter: false, channel: 'sms' }))
  const { Newsletter__c, HasOptedOutOfEmail, Channel__c } = org.get(id) ?? {}
  assert.deepEqual([Newsletter__c, HasOptedOutOfEmail, Channel__c], [false, true, null])
  assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'FIELD_CUSTOM_VALIDATION_EXCEPTION'])
  assert.match(outcome.error?.message ?? '', /the other fields were written/)
  assert.deepEqual(outcome.written.length, 1)
  assert.equal(calls.composite, 2)
})

test('several bad fields are left out one after the other', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  org.addValidationRule('Lead', onlyTakes('Channel__c', null))
  org.addValidationRule('Lead', onlyTakes('Topics__c', null))
  const session = open({ mappings: [OPT_OUT, CHANNEL, TOPICS] })
  const choice = { newsletter: false, channel: 'sms', topics: ['music'] }
  assert.equal((await deliverOne(session, owed('ann@x.io', choice))).state, 'failed')
  assert.equal(org.get(id)?.HasOptedOutOfEmail, true)
})

test('nor for a field that the org wants filled, and a reference that leads nowhere', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Contact', { name: 'Segment__c', type: 'string', nillable: false, defaultedOnCreate: true })
  const held = { Newsletter__c: true, Segment__c: 'b2c' }
  const ids = ['ann@x.io', 'bob@x.io', 'eve@x.io'].map(email => org.insert('Contact', contact(email, held)))
  const session = open({
    properties: { sobject: ['Contact'] },
    mappings: [NEWSLETTER, { id: 'Segment__c', value: 'segment' }, { id: 'AccountId', value: 'account' }],
  })
  const [empty] = await session.deliver(
    [
      owed('ann@x.io', { newsletter: false, segment: '' }),
      owed('bob@x.io', { newsletter: false, account: 'no id' }),
      owed('eve@x.io', { newsletter: false, account: '0015e0000000999AAA' }),
    ],
    passage,
  )
  for (const id of ids)
    assert.deepEqual([org.get(id)?.Newsletter__c, org.get(id)?.Segment__c], [false, 'b2c'])
  assert.deepEqual([empty?.state, empty?.error?.code], ['failed', 'VALUE_DOES_NOT_FIT'])
})

test('what the org refuses by its description already costs no call', async t => {
  const { org, open, calls } = await startTrial(t)
  org.addField('Lead', { name: 'Segment__c', type: 'string', nillable: false, defaultedOnCreate: true })
  const ids = ['ann@x.io', 'bob@x.io'].map(email => org.insert('Lead', lead(email, { Segment__c: 'b2c' })))
  const session = open({ mappings: [NEWSLETTER, { id: 'Segment__c', value: 'segment' }] })
  const outcomes = await session.deliver(
    [
      owed('ann@x.io', { newsletter: true, segment: '' }),
      owed('bob@x.io', { newsletter: true, segment: ' ' }),
    ],
    passage,
  )
  for (const id of ids) assert.deepEqual([org.get(id)?.Newsletter__c, org.get(id)?.Segment__c], [true, 'b2c'])
  assert.ok(outcomes.every(({ error }) => error?.code === 'VALUE_DOES_NOT_FIT'))
  assert.equal(calls.composite, 1)
})

test('nor for a reference that leads nowhere where the org does not say which', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Contact', contact('ann@x.io', { Newsletter__c: true }))
  const session = open({
    properties: { sobject: ['Contact'] },
    mappings: [NEWSLETTER, { id: 'AccountId', value: 'account' }],
  })
  org.faults.inject({ kind: 'row', times: 2, code: 'INVALID_CROSS_REFERENCE_KEY', match: 'AccountId' })
  const outcome = await deliverOne(session, owed('ann@x.io', { newsletter: false, account: 'x' }))
  assert.equal(org.get(id)?.Newsletter__c, false)
  assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'INVALID_CROSS_REFERENCE_KEY'])
})

test('where the org names no field a withdrawal still writes its checkboxes, and a grant waits', async t => {
  const { org, open } = await startTrial(t)
  const leaving = org.insert('Lead', lead('ann@x.io', { Newsletter__c: true }))
  const coming = org.insert('Lead', lead('eve@x.io'))
  org.addValidationRule('Lead', onlyTakes('Channel__c', null, []))
  const session = open({ mappings: [NEWSLETTER, CHANNEL] })
  await session.deliver(
    [
      owed('ann@x.io', { newsletter: false, channel: 'sms' }),
      owed('eve@x.io', { newsletter: true, channel: 'sms' }),
    ],
    passage,
  )
  assert.equal(org.get(leaving)?.Newsletter__c, false)
  assert.equal(org.get(coming)?.Newsletter__c, false)
})

const PHONE = { id: 'Phone', value: 'phone' }
const withdrawing = (id: string, stated: Parameters<typeof owed>[1], ...values: string[]): Owed => ({
  ...owed(id, stated),
  withdrawal: true,
  withdrawn: new Set(values),
})

test('where the org names no field a withdrawal that a picklist or a date holds is written alone, too', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Lead', { name: 'Until__c', type: 'date' })
  const id = org.insert('Lead', lead('ann@x.io', { Channel__c: 'sms', Topics__c: 'food;music', Phone: '1' }))
  org.addValidationRule('Lead', onlyTakes('Phone', '1', []))
  const mappings = [CHANNEL, TOPICS, { id: 'Until__c', value: 'until' }, PHONE]
  const stated = { channel: '', topics: ['food'], until: '2026-02-01', phone: '2' }
  const outcome = await deliverOne(
    open({ mappings }),
    withdrawing('ann@x.io', stated, 'channel', 'topics', 'until'),
  )
  const { Channel__c, Topics__c, Until__c, Phone } = org.get(id) ?? {}
  assert.deepEqual([Channel__c, Topics__c, Until__c, Phone], [null, 'food', '2026-02-01', '1'])
  assert.deepEqual([outcome.state, outcome.isWithdrawn], ['failed', true])
})

test('where such a field is refused itself, checkboxes alone are written', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io', { Newsletter__c: true, Channel__c: 'sms', Phone: '1' }))
  org.addValidationRule('Lead', onlyTakes('Channel__c', 'sms', []))
  for (const mappings of [
    [NEWSLETTER, CHANNEL, PHONE],
    [NEWSLETTER, CHANNEL],
  ]) {
    org.update(id, { Newsletter__c: true })
    const person = withdrawing(
      'ann@x.io',
      { newsletter: false, channel: '', phone: '1' },
      'newsletter',
      'channel',
    )
    const outcome = await deliverOne(open({ mappings }), person)
    assert.deepEqual([org.get(id)?.Newsletter__c, org.get(id)?.Channel__c], [false, 'sms'])
    assert.deepEqual([outcome.state, outcome.isWithdrawn], ['failed', undefined])
  }
})

test('what somebody else who shares the record chose since does not stand in the way of a withdrawal', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io', { Channel__c: 'sms', Topics__c: 'food' }))
  org.addValidationRule('Lead', onlyTakes('Topics__c', 'food', []))
  const leaving = withdrawing('ann@x.io', { channel: '', topics: [] }, 'channel', 'topics')
  const coming = owed('Ann@x.io', { topics: ['music'] })
  await open({ mappings: [CHANNEL, TOPICS] }).deliver([leaving, coming], passage)
  assert.deepEqual([org.get(id)?.Channel__c, org.get(id)?.Topics__c], [null, 'food'])
})

test('a record is created without the field that is refused, never without what it needs', async t => {
  const { org, open } = await startTrial(t)
  org.addValidationRule('Lead', onlyTakes('Channel__c', null))
  const session = open({ upsert: true, mappings: [NEWSLETTER, CHANNEL] })
  const outcome = await deliverOne(session, owed('ann@x.io', { newsletter: true, channel: 'sms' }))
  assert.deepEqual([outcome.state, outcome.links.length], ['failed', 1])
  assert.equal(org.records('Lead')[0]?.Newsletter__c, true)
  org.addValidationRule('Lead', onlyTakes('Email', 'nobody@x.io'))
  const refused = await deliverOne(session, owed('eve@x.io', { newsletter: true }))
  assert.deepEqual([refused.state, refused.links], ['failed', []])
  assert.equal(org.records('Lead').length, 1)
})

test('the bad rows of a round share one more call', async t => {
  const { org, open, calls } = await startTrial(t)
  org.insertMany(
    'Lead',
    Array.from({ length: 150 }, (_, i) => lead(`p${i}@x.io`)),
  )
  org.addValidationRule('Lead', onlyTakes('Channel__c', null))
  const session = open({ mappings: [NEWSLETTER, CHANNEL] })
  const people = Array.from({ length: 150 }, (_, i) =>
    owed(`p${i}@x.io`, { newsletter: true, channel: i % 2 ? 'sms' : 'email' }),
  )
  await session.deliver(people, passage)
  assert.equal(calls.composite, 2)
  assert.ok(org.records('Lead').every(({ Newsletter__c }) => Newsletter__c === true))
})

test('where the row without the refused field is not answered, the withdrawal is tried again and does not wait for the field', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io', { Newsletter__c: true }))
  org.addValidationRule('Lead', onlyTakes('Channel__c', null))
  const session = open({ mappings: [NEWSLETTER, CHANNEL], patience: { writeTimeoutMs: 1_000 } })
  org.faults.inject({ kind: 'hang', times: 1, match: /^composite (?!.*Channel__c).*"PATCH"/ })
  const attempt = session.deliver([owed('ann@x.io', { newsletter: false, channel: 'sms' })], passage)
  const [outcome] = await attempt
  assert.deepEqual([outcome?.state, outcome?.error?.code, outcome?.mayStillRun], ['retry', 'TIMEOUT', true])
})

test('what was refused is told, also where another record of the person was converted meanwhile', async t => {
  const { org, open } = await startTrial(t)
  const [converted, refused] = [org.insert('Lead', lead('ann@x.io')), org.insert('Lead', lead('ann@x.io'))]
  const session = open({ mappings: [NEWSLETTER, CHANNEL] })
  const [before] = await session.deliver([owed('ann@x.io'), ...crowd()], passage)
  const [between] = await session.deliver([owed('ann@x.io', { newsletter: false }, before)], passage)
  const { contactId } = org.convertLead(converted)
  org.addValidationRule('Lead', onlyTakes('Channel__c', null))
  const choice = { newsletter: true, channel: 'sms' }
  const [after] = await session.deliver([owed('ann@x.io', choice, between)], passage)
  assert.deepEqual([org.get(contactId)?.Newsletter__c, org.get(contactId)?.Channel__c], [true, 'sms'])
  assert.deepEqual([org.get(refused)?.Newsletter__c, org.get(refused)?.Channel__c], [true, null])
  assert.deepEqual([after?.state, after?.error?.code], ['failed', 'FIELD_CUSTOM_VALIDATION_EXCEPTION'])
})
