import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/property.ts'
import type { Source, Stated } from '../contract.ts'
import { contact, deliverOne, lead, NEWSLETTER, owed, running, sourcesOf, startTrial } from './trial.ts'

const sources = sourcesOf({
  newsletter: { kind: 'boolean', valueIds: [] },
  channel: { kind: 'single', valueIds: ['email', 'sms'] },
  topics: { kind: 'multi', valueIds: ['travel', 'food'] },
  mail: { kind: 'text', valueIds: [] },
} satisfies Record<string, Source>)

type Org = Awaited<ReturnType<typeof startTrial>>['org']

function addFields(org: Org): void {
  for (const object of ['Lead', 'Contact']) {
    org.addField(object, { name: 'Second_Email__c', type: 'email', length: 80 })
    org.addField(object, {
      name: 'Answer__c',
      type: 'picklist',
      restrictedPicklist: true,
      picklist: ['Yes', 'No'],
    })
    org.addField(object, { name: 'Day__c', type: 'date' })
    org.addField(object, { name: 'Count__c', type: 'int' })
    org.addField(object, { name: 'Site__c', type: 'url', length: 40 })
  }
}

const all = { newsletter: false, channel: 'sms', topics: ['travel', 'food'], mail: 'Ann.B+x@Example.org' }

const ITEMS: [what: string, item: object, held: unknown][] = [
  ['an e-mail field', { id: 'Second_Email__c', value: 'mail' }, 'Ann.B+x@Example.org'],
  [
    'a table from a purpose to a picklist',
    { id: 'Answer__c', value: 'newsletter', values: { true: 'Yes', false: 'No' } },
    'No',
  ],
  [
    'a table from a purpose to a number',
    { id: 'Count__c', value: 'newsletter', values: { true: 1, false: 0 } },
    0,
  ],
  [
    'a table from a purpose to a date',
    { id: 'Day__c', value: 'newsletter', values: { true: null, false: '2026-01-31' } },
    '2026-01-31',
  ],
  [
    'a table from a preference to a checkbox',
    { id: 'Product_News__c', value: 'channel', values: { email: false, sms: true } },
    true,
  ],
  [
    'a table from a preference to an e-mail field',
    { id: 'Second_Email__c', value: 'channel', values: { email: 'a@x.io', sms: 'b@x.io' } },
    'b@x.io',
  ],
  ['a table entry that empties', { id: 'Frequency__c', value: 'channel', values: { sms: null } }, null],
  [
    'a table of several values',
    { id: 'Topics__c', value: 'topics', values: { travel: 'music', food: null } },
    'music',
  ],
  [
    'several values joined to a text',
    { id: 'Frequency__c', value: 'topics', format: ' + ' },
    'travel + food',
  ],
  ['a static checkbox', { id: 'Product_News__c', type: 'static', value: 'true' }, true],
  ['a static value of a picklist', { id: 'Answer__c', type: 'static', value: 'Yes' }, 'Yes'],
  ['a static number', { id: 'Score__c', type: 'static', value: '1.5' }, 1.5],
  ['a static date', { id: 'Day__c', type: 'static', value: '2026-02-28' }, '2026-02-28'],
  ['a static address', { id: 'Second_Email__c', type: 'static', value: 'dpo@acme.test' }, 'dpo@acme.test'],
  ['a static nothing', { id: 'Frequency__c', type: 'static', value: '' }, null],
  ['a regulation by a table', { id: 'Answer__c', type: 'regulation', values: { gdpr: 'Yes' } }, 'Yes'],
]

for (const [what, item, held] of ITEMS)
  test(`${what} is accepted at save, delivered, read back and found equal`, async t => {
    const { org, open } = await startTrial(t)
    addFields(org)
    const id = org.insert('Lead', lead('ann@x.io', { Frequency__c: 'daily' }))
    const session = open({ mappings: [NEWSLETTER, item] })
    assert.deepEqual(await session.validate(sources), [])
    const person = owed('ann@x.io', all)
    const outcome = await deliverOne(session, person)
    assert.equal(outcome.state, 'delivered', outcome.error?.message)
    assert.equal(org.get(id)?.[(item as { id: string }).id], held)
    const [{ differences } = { differences: [] }] = await session.compare(
      [{ ...person, links: outcome.links }],
      running,
    )
    assert.deepEqual(differences, [])
  })

const REFUSED: [what: string, item: object, ...paths: string[]][] = [
  ['a purpose to an e-mail field', { id: 'Second_Email__c', value: 'newsletter' }, 'mappings[0].id'],
  [
    'a table entry that is no address',
    { id: 'Second_Email__c', value: 'channel', values: { email: 'a@x.io', sms: 'none' } },
    'mappings[0].values.sms',
  ],
  [
    'a table entry for nothing chosen that is too long',
    { id: 'Site__c', value: 'channel', values: { '': 'x'.repeat(41) } },
    'mappings[0].values.',
  ],
  [
    'a static text in an e-mail field',
    { id: 'Second_Email__c', type: 'static', value: 'Heed' },
    'mappings[0].value',
    'mappings',
  ],
  [
    'an event’s id in an e-mail field',
    { id: 'Second_Email__c', value: 'newsletter', type: 'event_id' },
    'mappings[0].id',
  ],
  [
    'an event’s id in a restricted picklist',
    { id: 'Answer__c', value: 'newsletter', type: 'event_id' },
    'mappings[0].id',
  ],
]

for (const [what, item, ...paths] of REFUSED)
  test(`${what} is refused at save`, async t => {
    const { org, open } = await startTrial(t)
    addFields(org)
    const issues = await open({ mappings: [item] }).validate(sources)
    assert.deepEqual(issues.map(({ path }) => path).sort(), paths.sort())
  })

test('a text that is no e-mail address fails with a cure, and the withdrawal beside it is written', async t => {
  const { org, open } = await startTrial(t)
  addFields(org)
  const id = org.insert('Lead', lead('ann@x.io', { Newsletter__c: true, Second_Email__c: 'old@x.io' }))
  const session = open({ mappings: [NEWSLETTER, { id: 'Second_Email__c', value: 'mail' }] })
  for (const mail of ['nobody', 'a b@x.io', '@x.io', 'a@b@x.io']) {
    const outcome = await deliverOne(session, owed('ann@x.io', { newsletter: false, mail }))
    assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'VALUE_DOES_NOT_FIT'], mail)
    assert.deepEqual([org.get(id)?.Newsletter__c, org.get(id)?.Second_Email__c], [false, 'old@x.io'])
  }
})

test('items for one object are written to it alone, and each object may have its own for one field', async t => {
  const { org, open } = await startTrial(t)
  addFields(org)
  const leadId = org.insert('Lead', lead('ann@x.io'))
  const contactId = org.insert('Contact', contact('ann@x.io'))
  const session = open({
    properties: { sobject: ['Lead', 'Contact'] },
    mappings: [
      { id: 'HasOptedOutOfEmail', value: 'newsletter', invert: true, sobject: 'Lead' },
      { id: 'Channel__c', value: 'channel', sobject: 'Contact' },
      { id: 'Answer__c', value: 'newsletter', values: { true: 'Yes', false: 'No' }, sobject: 'Lead' },
      { id: 'Answer__c', type: 'static', value: 'Yes', sobject: 'Contact' },
    ],
  })
  assert.deepEqual(await session.validate(sources), [])
  const person = owed('ann@x.io', all)
  const outcome = await deliverOne(session, person)
  assert.equal(outcome.state, 'delivered')
  const held = (id: string) => {
    const { HasOptedOutOfEmail, Channel__c, Answer__c } = org.get(id) ?? {}
    return [HasOptedOutOfEmail, Channel__c, Answer__c]
  }
  assert.deepEqual(held(leadId), [true, null, 'No'])
  assert.deepEqual(held(contactId), [false, 'sms', 'Yes'])
  const [comparison] = await session.compare([{ ...person, links: outcome.links }], running)
  assert.deepEqual(comparison?.differences, [])
})

test('whatever item is accepted at save, no value of its source is refused at delivery, and all are read back equal', async t => {
  const { org, open } = await startTrial(t)
  addFields(org)
  const cell = fc.constantFrom<(string | number | boolean | null)[]>(
    ...[
      null,
      true,
      false,
      0,
      1.5,
      7,
      'true',
      'no',
      'Yes',
      'email',
      'music',
      '2026-01-31',
      '2026-01-31T10:00:00Z',
      'a@x.io',
    ],
    ...['x'.repeat(41), ' blank ', 'a;b', ''],
  )
  const fields = [
    'Newsletter__c',
    'Answer__c',
    'Channel__c',
    'Topics__c',
    'LeadSource',
    'Frequency__c',
    'Score__c',
  ]
  const item = fc.record(
    {
      id: fc.constantFrom(
        ...fields,
        'Count__c',
        'Day__c',
        'Consent_Date__c',
        'Second_Email__c',
        'Site__c',
        'MobilePhone',
      ),
      value: fc.constantFrom('newsletter', 'channel', 'topics'),
      invert: fc.boolean(),
      values: fc.dictionary(fc.constantFrom('true', 'false', 'email', 'sms', 'travel', 'food', ''), cell, {
        maxKeys: 4,
      }),
      format: fc.constantFrom(',', ' / ', 'date'),
      type: fc.constantFrom('changed_at', 'regulation', 'event_id'),
    },
    { requiredKeys: ['id', 'value'] },
  )
  const VALUES: Record<string, Stated['value'][]> = {
    newsletter: [true, false],
    channel: ['email', 'sms', ''],
    topics: [[], ['travel'], ['food'], ['travel', 'food']],
  }
  let people = 0
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(item, async given => {
      const session = open({ mappings: [given] })
      if ((await session.validate(sources)).length > 0) return
      accepted++
      for (const value of VALUES[given.value] ?? []) {
        const person = owed(`p${people++}@x.io`, { [given.value]: value })
        org.insert('Lead', lead(person.organizationUserId))
        const outcome = await deliverOne(session, person)
        assert.equal(outcome.state, 'delivered', JSON.stringify([value, outcome.error]))
        const [comparison] = await session.compare([{ ...person, links: outcome.links }], running)
        assert.deepEqual(comparison?.differences, [], JSON.stringify(value))
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(accepted > 30, `${accepted} were accepted`)
})
