import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/property.ts'
import type { Difference, Owed, Session } from '../contract.ts'
import { PATIENCE } from './limits.ts'
import { contact, deliverOne, lead, NEWSLETTER, owed, passage, running, startTrial } from './trial.ts'

const BOTH = { sobject: ['Lead', 'Contact'] }

/** The same statement as delivered, with what the delivery remembered. */
async function delivered(session: Session, person: Owed): Promise<Owed> {
  const { links, digest } = await deliverOne(session, person)
  return { ...person, links, ...(digest === undefined ? {} : { digest }) }
}

/** Without its digest, which says that nothing is to be done. */
const repaired = (session: Session, { digest: _, ...person }: Owed): Promise<Owed> =>
  delivered(session, person)

async function differencesOf(session: Session, person: Owed): Promise<readonly Difference[]> {
  const [comparison] = await session.compare([person], running)
  assert.equal(comparison?.key, person.key)
  return comparison?.differences ?? []
}

const kinds = (differences: readonly Difference[]) => differences.map(({ kind }) => kind)

test('a salesperson’s change is reported with what was there, what would be, who and when', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open()
  const person = await delivered(session, owed('ann@x.io'))
  assert.deepEqual(await differencesOf(session, person), [])
  org.update(id, { Newsletter__c: false })
  const [changed, ...others] = await differencesOf(session, person)
  assert.deepEqual(others, [])
  assert.equal(changed?.kind, 'changed')
  assert.deepEqual(
    [changed?.object, changed?.id?.slice(0, 15), changed?.field, changed?.now, changed?.would],
    ['Lead', id.slice(0, 15), 'Newsletter__c', false, true],
  )
  assert.ok(changed?.changedBy)
  assert.ok(changed?.changedAt && Date.now() - changed.changedAt.getTime() < 60_000)
})

test('of a long text the beginning is reported, and no half of a character', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Lead', { name: 'Notes__c', type: 'textarea', length: 32_000 })
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open({ mappings: [NEWSLETTER, { id: 'Notes__c', value: 'notes' }] })
  const person = await delivered(session, owed('ann@x.io', { newsletter: true, notes: 'x' }))
  org.update(id, { Notes__c: `${'y'.repeat(999)}😀${'z'.repeat(999)}` })
  const [{ now } = {}] = await differencesOf(session, person)
  assert.equal(
    now,
    `${'y'.repeat(999)}\ufffd…`,
    'the database takes no half of one, and the audit would never end',
  )
})

test('a remembered record that was deleted or merged is missing', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open()
  const person = await delivered(session, owed('ann@x.io'))
  org.remove(id)
  const [missing, ...others] = await differencesOf(session, person)
  assert.deepEqual([missing?.kind, missing?.id?.slice(0, 15), others], ['missing', id.slice(0, 15), []])
})

test('somebody without any record is missing once', async t => {
  const { open } = await startTrial(t)
  const differences = await differencesOf(open({ properties: BOTH }), owed('ann@x.io'))
  assert.deepEqual(kinds(differences), ['missing'])
  assert.equal(differences[0]?.id, undefined)
})

test('a record that appeared beside the remembered one is a duplicate', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const session = open({ properties: BOTH })
  const person = await delivered(session, owed('ann@x.io'))
  const other = org.insert('Contact', contact('ANN@x.io'))
  const [duplicate, ...others] = await differencesOf(session, person)
  assert.deepEqual(
    [duplicate?.kind, duplicate?.object, duplicate?.id, others],
    ['duplicate', 'Contact', other, []],
  )
  assert.deepEqual(await differencesOf(session, await repaired(session, person)), [])
})

test('a lead that was converted since is reported as its contact, and no more after the next delivery', async t => {
  const { org, open } = await startTrial(t, { convertedLeadsEditable: true })
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open()
  const person = await delivered(session, owed('ann@x.io'))
  const { contactId } = org.convertLead(id)
  const [duplicate] = await differencesOf(session, person)
  assert.deepEqual([duplicate?.kind, duplicate?.object, duplicate?.id], ['duplicate', 'Contact', contactId])
  assert.match(duplicate?.message ?? '', /converted/)
  assert.deepEqual(await differencesOf(session, await repaired(session, person)), [])
  org.remove(contactId)
  assert.deepEqual(kinds(await differencesOf(session, person)), ['not_writable'])
})

test('a field that was mended a minute ago is not called missing', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  let nowMs = Date.now()
  const session = open({ now: () => new Date(nowMs) })
  const person = await delivered(session, owed('ann@x.io'))
  org.convertLead(id)
  org.removeField('Contact', 'Newsletter__c')
  nowMs += PATIENCE.describeRecheckMs
  const stuck = await repaired(session, person)
  // Another node's: it has met no refusal that made it doubt what it knows.
  const other = open({ now: () => new Date(nowMs) })
  assert.deepEqual(kinds(await differencesOf(other, stuck)), ['not_writable'])
  org.addField('Contact', { name: 'Newsletter__c', type: 'boolean' })
  nowMs += PATIENCE.describeRecheckMs
  assert.deepEqual(kinds(await differencesOf(other, stuck)), ['changed'])
})

test('a record whose address a salesperson changed is still the person’s', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open()
  const person = await delivered(session, owed('ann@x.io'))
  org.update(id, { Email: 'new@x.io' })
  assert.deepEqual(await differencesOf(session, person), [])
})

test('what a field cannot hold is not writable', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const session = open({ mappings: [NEWSLETTER, { id: 'Language__c', value: 'language' }] })
  const person = await delivered(session, owed('ann@x.io', { newsletter: true, language: 'x'.repeat(11) }))
  const [unfit, ...others] = await differencesOf(session, person)
  assert.deepEqual([unfit?.kind, unfit?.field, others], ['not_writable', 'Language__c', []])
})

test('a field that the contact of a converted lead lacks is not writable', async t => {
  const { org, open } = await startTrial(t)
  org.removeField('Contact', 'Product_News__c')
  org.convertLead(org.insert('Lead', lead('ann@x.io')))
  const session = open({ mappings: [NEWSLETTER, { id: 'Product_News__c', value: 'newsletter' }] })
  const person = await delivered(session, owed('ann@x.io'))
  const [lost, ...others] = await differencesOf(session, person)
  assert.deepEqual([lost?.kind, lost?.field, others], ['not_writable', 'Product_News__c', []])
})

test('who stated nothing that is mapped is not looked at', async t => {
  const { org, open } = await startTrial(t)
  const session = open()
  assert.deepEqual(await differencesOf(session, owed('ann@x.io', { other: true })), [])
  assert.equal(org.usage.byKind.query ?? 0, 0)
})

test('two people behind one record: the later statement is what it should hold', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const first = owed('ann@x.io', { newsletter: true })
  const second = owed('ANN@x.io', { newsletter: false })
  const session = open({ rivals: new Map([['ann@x.io', [second]]]) })
  const outcomes = await session.deliver([first, second], passage)
  const people = [first, second].map(person => ({
    ...person,
    links: outcomes.find(({ key }) => key === person.key)?.links ?? [],
  }))
  assert.equal(org.get(id)?.Newsletter__c, false)
  for (const { differences } of await session.compare(people, running)) assert.deepEqual(differences, [])
  // Alone, the earlier one still knows of the later.
  assert.deepEqual(await differencesOf(session, people[0] as Owed), [])
})

test('what only the other person behind a record has chosen stands there, and is no difference', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const first = owed('ann@x.io', { newsletter: true })
  const other = owed('ANN@x.io', { channel: 'sms' })
  const mappings = [NEWSLETTER, { id: 'Channel__c', value: 'channel' }]
  const session = open({ mappings, rivals: new Map([['ann@x.io', [other]]]) })
  const [outcome] = await session.deliver([first, other], passage)
  assert.equal(org.get(id)?.Channel__c, 'sms')
  assert.deepEqual(await differencesOf(session, { ...first, links: outcome?.links ?? [] }), [])
})

test('2,000 remembered people cost two calls, none of which writes', async t => {
  const { org, open } = await startTrial(t)
  const people: Owed[] = []
  for (let i = 0; i < 2_000; i++) {
    const id = org.insert('Lead', lead(`p${i}@x.io`, { Newsletter__c: i % 2 === 0 }))
    people.push({ ...owed(`p${i}@x.io`), links: [{ object: 'Lead', id }] })
  }
  const session = open()
  await session.compare([people[0] as Owed], running)
  org.resetUsage()
  const comparisons = await session.compare(people, running)
  assert.equal(comparisons.filter(({ differences }) => differences.length === 1).length, 1_000)
  assert.ok(org.usage.calls <= 3, `${org.usage.calls} calls`)
  assert.equal(org.usage.rowsWritten, 0)
})

test('what was just written is never reported, whatever it is and whatever type its field has', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Lead', { name: 'Day__c', type: 'date' })
  org.addField('Lead', { name: 'Notes__c', type: 'textarea', length: 1000 })
  org.addField('Lead', { name: 'Mobile__c', type: 'phone', length: 40 })
  org.addField('Lead', { name: 'Loose__c', type: 'picklist', picklist: ['a'] })
  const mappings = [
    NEWSLETTER,
    { id: 'HasOptedOutOfEmail', value: 'newsletter', invert: true },
    { id: 'Topics__c', value: 'topics' },
    { id: 'Channel__c', value: 'channel' },
    { id: 'Loose__c', value: 'text' },
    { id: 'Frequency__c', value: 'text' },
    { id: 'Notes__c', value: 'long' },
    { id: 'Mobile__c', value: 'phone' },
    { id: 'Score__c', value: 'score' },
    { id: 'Day__c', value: 'newsletter', type: 'changed_at', format: 'date' },
    { id: 'Consent_Date__c', value: 'newsletter', type: 'changed_at' },
    { id: 'Consent_Event__c', value: 'newsletter', type: 'event_id' },
    { id: 'Consent_Regulation__c', type: 'regulation' },
  ]
  const session = open({ mappings })
  const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength })
  const stated = fc.record({
    newsletter: fc.boolean(),
    topics: fc.shuffledSubarray(['travel', 'food', 'music', 'sport']),
    channel: fc.constantFrom('email', 'sms', 'post', ''),
    text: text(20),
    long: text(200),
    phone: text(30),
    score: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  })
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.array(stated, { minLength: 1, maxLength: 8 }), async all => {
      const people = all.map(one => owed(`p${count++}@x.io`, one))
      org.insertMany(
        'Lead',
        people.map(({ organizationUserId }) => lead(organizationUserId)),
      )
      const outcomes = await session.deliver(people, passage)
      const known = people.map((person, i) => ({ ...person, links: outcomes[i]?.links ?? [] }))
      // What did not fit was not written.
      for (const [i, { differences }] of (await session.compare(known, running)).entries())
        assert.deepEqual(
          differences.filter(({ kind }) => kind !== 'not_writable'),
          [],
          JSON.stringify(all[i]),
        )
    }),
    { numRuns: 60 },
  )
})

test('a shared record whose address was changed still stands for both who remember it', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const early = owed('ann@x.io')
  const late = owed('ANN@x.io', { newsletter: false })
  const [first, second] = await open().deliver([early, late], passage)
  org.update(id, { Email: 'ann.married@x.io' })
  const rival = { ...late, links: second?.links ?? [] }
  const session = open({ rivals: new Map([['ann@x.io', [rival]]]) })
  assert.deepEqual(await differencesOf(session, { ...early, links: first?.links ?? [] }), [])
})
