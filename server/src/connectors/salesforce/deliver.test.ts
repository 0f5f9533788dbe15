import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outcome, type Owed, TargetError } from '../contract.ts'
import {
  contact,
  crowd,
  deliverOne,
  idsOf,
  lead,
  NEWSLETTER,
  owed,
  passage,
  passageOf,
  startTrial,
} from './trial.ts'

const BOTH = { sobject: ['Lead', 'Contact'] }

test('all records of a person are written, on every configured object', async t => {
  const { org, open } = await startTrial(t)
  const ids = [
    org.insert('Lead', lead('ann@x.io')),
    org.insert('Lead', lead('ANN@x.io')),
    org.insert('Contact', contact('Ann@X.io')),
    org.insert('Contact', contact('ann@x.io')),
  ]
  const other = org.insert('Lead', lead('bob@x.io'))
  const outcome = await deliverOne(open({ properties: BOTH }), owed('ann@x.io'))
  assert.equal(outcome.state, 'delivered')
  assert.deepEqual(idsOf(outcome.written), idsOf(ids.map(id => ({ object: '', id }))))
  for (const id of ids) assert.equal(org.get(id)?.Newsletter__c, true)
  assert.equal(org.get(other)?.Newsletter__c, false)
})

for (const address of [
  "o'brien@x.io",
  'back\\slash@x.io',
  "quote\\'s@x.io",
  'plus+tag@x.io',
  'per%cent&amp=1@x.io',
  'grüße@x.io',
  '🎉@x.io',
  'MiXeD@CaSe.Io',
  `${'a'.repeat(74)}@x.io`,
])
  test(`a person called ${address} is found`, async t => {
    const { org, open } = await startTrial(t)
    const id = org.insert('Contact', contact('seed@x.io'))
    org.update(id, { Email: address })
    const other = org.insert('Contact', contact('other@x.io'))
    const outcome = await deliverOne(
      open({ properties: { sobject: ['Contact'] } }),
      owed(address.toLowerCase()),
    )
    assert.equal(outcome.state, 'delivered')
    assert.equal(org.get(id)?.Newsletter__c, true)
    assert.equal(org.get(other)?.Newsletter__c, false)
  })

test('a value that no record can hold finds nobody, and harms nobody', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const strange = ['', '   ', 'x'.repeat(300), 'null\u0000@x.io', '\ud800@x.io']
  const outcomes = await open().deliver(
    [...strange, 'ann@x.io'].map(id => owed(id)),
    passage,
  )
  assert.deepEqual(
    outcomes.map(({ state }) => state),
    [...strange.map(() => 'unmatched'), 'delivered'],
  )
})

test('where people are matched by record ids, a text that only looks like one stops nobody else', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const strange = ['ABCDEFGHIJKLMNOPQR', id.toLowerCase(), `${id.slice(0, 15)}AAB`, 'no-id']
  const outcomes = await open({ properties: { match_field: 'Id' } }).deliver(
    [...strange, id].map(one => owed(one)),
    passage,
  )
  assert.deepEqual(
    outcomes.map(({ state }) => state),
    [...strange.map(() => 'unmatched'), 'delivered'],
  )
})

test('without upsert_mode nobody is created, and who is unknown is unmatched until there is a record', async t => {
  const { org, open } = await startTrial(t)
  const session = open()
  assert.equal((await deliverOne(session, owed('ann@x.io'))).state, 'unmatched')
  assert.equal(org.records('Lead').length, 0)
  org.insert('Lead', lead('ann@x.io'))
  assert.equal((await deliverOne(session, owed('ann@x.io'))).state, 'delivered')
})

test('a choice takes no lead from its owner, and a new lead goes to whom the org’s rule says', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const owner = org.get(id)?.OwnerId
  const nextInTurn = '0055e0000000007AAA'
  org.setAssignmentRule('Lead', nextInTurn)
  const session = open({ upsert: true, mappings: [NEWSLETTER, { id: 'Frequency__c', value: 'frequency' }] })
  // The second goes by itself: a Composite call would read the text as a reference.
  for (const frequency of ['weekly', '@{weekly}'])
    await deliverOne(session, owed('ann@x.io', { newsletter: true, frequency }))
  assert.deepEqual([org.get(id)?.Frequency__c, org.get(id)?.OwnerId], ['@{weekly}', owner])
  const [created] = (await deliverOne(session, owed('bob@x.io'))).written
  assert.equal(org.get(created?.id ?? '')?.OwnerId, nextInTurn)
})

test('what was delivered is not sent again, and costs no call', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open()
  const first = await deliverOne(session, owed('ann@x.io'))
  org.resetUsage()
  const second = await deliverOne(session, owed('ann@x.io', { newsletter: true }, first))
  assert.deepEqual(
    [second.state, second.written, second.links, second.digest],
    ['delivered', [], first.links, first.digest],
  )
  assert.equal(org.usage.calls, 0)
  const third = await deliverOne(session, owed('ann@x.io', { newsletter: false }, second))
  assert.equal(idsOf(third.written)[0], id.slice(0, 15))
  assert.equal(org.get(id)?.Newsletter__c, false)
})

test('what nobody stated is left alone', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io', { Newsletter__c: true, Frequency__c: 'daily' }))
  const mappings = [NEWSLETTER, { id: 'Frequency__c', value: 'frequency' }]
  await deliverOne(open({ mappings }), owed('ann@x.io', { frequency: 'weekly' }))
  assert.deepEqual([org.get(id)?.Newsletter__c, org.get(id)?.Frequency__c], [true, 'weekly'])
  org.resetUsage()
  assert.equal((await deliverOne(open(), owed('ann@x.io', { other: true }))).state, 'delivered')
  assert.equal(org.usage.rowsWritten, 0)
})

test('match fields differ by object', async t => {
  const { org, open } = await startTrial(t)
  const byEmail = org.insert('Lead', lead('ann@x.io'))
  const byId = org.insert('Contact', contact('other@x.io', { Pmp_Id__c: 'ann@x.io' }))
  const decoy = org.insert('Contact', contact('ann@x.io'))
  await deliverOne(open({ properties: { ...BOTH, match_field: { Contact: 'Pmp_Id__c' } } }), owed('ann@x.io'))
  assert.deepEqual(
    [byEmail, byId, decoy].map(id => org.get(id)?.Newsletter__c),
    [true, true, false],
  )
})

test('two people behind one record: each field holds the later statement', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const earlier = owed('ANN@x.io', { newsletter: true })
  const later = owed('ann@x.io', { newsletter: false })
  const outcomes = await open().deliver([later, earlier], passage)
  assert.deepEqual(
    outcomes.map(({ state }) => state),
    ['delivered', 'delivered'],
  )
  assert.equal(org.get(id)?.Newsletter__c, false)
  assert.equal(org.usage.rowsWritten, 1)
})

for (const convertedLeadsEditable of [false, true]) {
  const kind = convertedLeadsEditable ? 'lets converted leads be edited' : 'refuses edits of converted leads'

  test(`a lead that was converted is followed to its contact in an org that ${kind}`, async t => {
    const { org, open } = await startTrial(t, { convertedLeadsEditable })
    const id = org.insert('Lead', lead('ann@x.io'))
    const { contactId } = org.convertLead(id)
    const outcome = await deliverOne(open(), owed('ann@x.io'))
    assert.equal(outcome.state, 'delivered')
    assert.deepEqual(
      outcome.links.map(({ object }) => object),
      ['Contact'],
    )
    assert.deepEqual([org.get(id)?.Newsletter__c, org.get(contactId)?.Newsletter__c], [false, true])
  })

  test(`a remembered lead is followed once it is converted in an org that ${kind}`, async t => {
    const { org, open } = await startTrial(t, { convertedLeadsEditable })
    const id = org.insert('Lead', lead('ann@x.io'))
    const session = open()
    const before = await deliverOne(session, owed('ann@x.io'))
    const { contactId } = org.convertLead(id)
    const after = await deliverOne(session, owed('ann@x.io', { newsletter: false }, before))
    assert.equal(after.state, 'delivered')
    assert.deepEqual(idsOf(after.links), [contactId.slice(0, 15)])
    assert.deepEqual([org.get(id)?.Newsletter__c, org.get(contactId)?.Newsletter__c], [true, false])
  })

  test(`so it is in a busy time, when nobody is looked up again, in an org that ${kind}`, async t => {
    const { org, open } = await startTrial(t, { convertedLeadsEditable })
    const id = org.insert('Lead', lead('ann@x.io'))
    const before = await deliverOne(open(), owed('ann@x.io'))
    const { contactId } = org.convertLead(id)
    const [after] = await open().deliver(
      [owed('ann@x.io', { newsletter: false }, before), ...crowd()],
      passage,
    )
    assert.equal(after?.state, 'delivered')
    assert.deepEqual([org.get(id)?.Newsletter__c, org.get(contactId)?.Newsletter__c], [true, false])
  })
}

test('a lead that was converted since the org was asked for its conversions is followed in the same round', async t => {
  const { org, open } = await startTrial(t, { convertedLeadsEditable: true })
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open()
  const [before] = await session.deliver([owed('ann@x.io'), ...crowd()], passage)
  org.resetUsage()
  const [between] = await session.deliver([owed('ann@x.io', { newsletter: false }, before)], passage)
  assert.equal(org.usage.calls, 1)
  const { contactId } = org.convertLead(id)
  const [after] = await session.deliver([owed('ann@x.io', { newsletter: true }, between)], passage)
  assert.deepEqual([after?.state, idsOf(after?.links ?? [])], ['delivered', [contactId.slice(0, 15)]])
  assert.equal(org.get(contactId)?.Newsletter__c, true)
})

test('the contact of a converted lead takes the items that it has fields for, and the rest is reported', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const { contactId } = org.convertLead(id)
  org.removeField('Contact', 'Frequency__c')
  const mappings = [NEWSLETTER, { id: 'Frequency__c', value: 'frequency' }]
  const outcome = await deliverOne(
    open({ mappings }),
    owed('ann@x.io', { newsletter: true, frequency: 'weekly' }),
  )
  assert.equal(org.get(contactId)?.Newsletter__c, true)
  assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'FIELD_MISSING'])
  assert.match(outcome.error?.message ?? '', /Frequency__c/)
})

test('where all items are for leads, a converted lead fails with what to do', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const { contactId } = org.convertLead(id)
  const outcome = await deliverOne(open({ mappings: [{ ...NEWSLETTER, sobject: 'Lead' }] }), owed('ann@x.io'))
  assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'CONVERTED_LEAD'])
  assert.deepEqual([org.get(id)?.Newsletter__c, org.get(contactId)?.Newsletter__c], [false, false])
})

test('a remembered record that was deleted is looked up again and written in the same round', async t => {
  const { org, open } = await startTrial(t)
  const gone = org.insert('Lead', lead('ann@x.io'))
  const before = await deliverOne(open(), owed('ann@x.io'))
  org.remove(gone)
  const fresh = org.insert('Lead', lead('ann@x.io'))
  const [after] = await open().deliver(
    [owed('ann@x.io', { newsletter: true }, { ...before, digest: `${before.digest}x` }), ...crowd()],
    passage,
  )
  assert.deepEqual([after?.state, idsOf(after?.links ?? [])], ['delivered', [fresh.slice(0, 15)]])
  assert.equal(org.get(fresh)?.Newsletter__c, true)
})

for (const others of [[], crowd()])
  test(`a remembered record that was merged is followed to the one that was kept, whatever its address, among ${others.length} others`, async t => {
    const { org, open } = await startTrial(t)
    const [given, between, kept] = ['ann@old.io', 'ann@work.io', 'ann@new.io'].map(email =>
      org.insert('Lead', lead(email, { Newsletter__c: true })),
    ) as [string, string, string]
    const session = open({ upsert: others.length === 0 })
    const deliver = async (one: Owed) => (await session.deliver([one, ...others], passage))[0] as Outcome
    const first = await deliver(owed('ann@old.io'))
    org.merge(between, given)
    org.merge(kept, between)
    const second = await deliver(owed('ann@old.io', { newsletter: false }, first))
    assert.deepEqual([second.state, idsOf(second.links)], ['delivered', [kept.slice(0, 15)]])
    assert.equal(org.get(kept)?.Newsletter__c, false)
    assert.equal(org.records('Lead').length, 1)
  })

/** People, each of whom Heed remembers a lead of that the org does not show. */
const haunted = (count: number, scope = ''): Owed[] =>
  Array.from({ length: count }, (_, i) => {
    const id = `00Q5e0000099${String(i).padStart(3, '0')}AAA`
    return {
      ...owed(`ghost-${i}@x.io`, { newsletter: false }),
      ...{ links: [{ object: 'Lead', id }], digest: `${scope}.what was` },
    }
  })

for (const others of [[], crowd()])
  test(`where the records of many are seen no more at once, they fail instead of being created, until the next try, among ${others.length} others`, async t => {
    const { org, open } = await startTrial(t)
    const session = open({ upsert: true })
    for (const { organizationUserId } of others) org.insert('Lead', lead(organizationUserId))
    const [scope] = (await deliverOne(session, owed('first@x.io'))).digest?.split('.') ?? []
    const outcomes = await session.deliver([...haunted(12, scope), ...others], passage)
    const failed = outcomes.slice(0, 12)
    assert.deepEqual(
      failed.map(({ state, error, links }) => [state, error?.code, links.length]),
      failed.map(() => ['failed', 'RECORDS_VANISHED', 0]),
    )
    for (const { state } of outcomes.slice(12)) assert.equal(state, 'delivered')
    assert.equal(org.records('Lead').length, 1 + others.length)
    const next = haunted(12).map((one, i) => ({ ...one, links: failed[i]?.links ?? [], digest: undefined }))
    for (const { state } of await session.deliver(next, passage)) assert.equal(state, 'delivered')
    assert.equal(org.records('Lead').length, 13 + others.length)
  })

test('a few whose records are gone, and many of whom the org says that they were deleted, are created anew at once', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true })
  const people = () => Array.from({ length: 12 }, (_, i) => `ann-${i}@x.io`)
  for (const id of people()) org.insert('Lead', lead(id))
  const first = await session.deliver(
    people().map(id => owed(id)),
    passage,
  )
  for (const { Id } of org.records('Lead')) org.remove(String(Id))
  const again = people().map((id, i) => owed(id, { newsletter: false }, first[i]))
  const outcomes = await session.deliver([...again, ...haunted(9)], passage)
  assert.deepEqual([...new Set(outcomes.map(({ state }) => state))], ['delivered'])
  assert.equal(org.records('Lead').length, 21)
})

test('a contact that was followed and then deleted leaves its person unmatched', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const { contactId } = org.convertLead(id)
  const before = await deliverOne(open(), owed('ann@x.io'))
  org.remove(contactId)
  const after = await deliverOne(open(), owed('ann@x.io', { newsletter: false }, before))
  assert.equal(after.state, 'unmatched')
  assert.equal(org.get(id)?.Newsletter__c, false)
})

test('in quiet times a new duplicate of a known person is found', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const session = open()
  const before = await deliverOne(session, owed('ann@x.io'))
  const second = org.insert('Lead', lead('ann@x.io', { Newsletter__c: true }))
  await deliverOne(session, owed('ann@x.io', { newsletter: false }, before))
  assert.equal(org.get(second)?.Newsletter__c, false)
})

test('a remembered record is written although its e-mail changed', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open()
  const before = await deliverOne(session, owed('ann@x.io'))
  org.update(id, { Email: 'ann@new.io' })
  await deliverOne(session, owed('ann@x.io', { newsletter: false }, before))
  assert.equal(org.get(id)?.Newsletter__c, false)
})

test('records of an object that is configured later are found, although the person was known', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const id = org.insert('Contact', contact('ann@x.io'))
  const before = await deliverOne(open(), owed('ann@x.io'))
  const session = open({ properties: BOTH })
  const [after] = await session.deliver([owed('ann@x.io', { newsletter: true }, before), ...crowd()], passage)
  assert.equal(after?.state, 'delivered')
  assert.equal(org.get(id)?.Newsletter__c, true)
})

test('records of an object that is no longer configured are let go', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  const before = await deliverOne(open(), owed('ann@x.io'))
  const after = await deliverOne(
    open({ properties: { sobject: ['Contact'] } }),
    owed('ann@x.io', { newsletter: false }, before),
  )
  assert.deepEqual([after.state, after.links], ['unmatched', []])
  assert.equal(org.get(id)?.Newsletter__c, true)
})

test('a value that does not fit fails visibly; the withdrawal beside it is written', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io', { Newsletter__c: true }))
  const mappings = [NEWSLETTER, { id: 'Language__c', value: 'language' }]
  const outcome = await deliverOne(
    open({ mappings }),
    owed('ann@x.io', { newsletter: false, language: 'much too long' }),
  )
  assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'VALUE_DOES_NOT_FIT'])
  assert.equal(outcome.digest, undefined)
  assert.equal(org.get(id)?.Newsletter__c, false)
})

test('a mapped field that was hidden since holds the integration, and is taken up again when it is back', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io'))
  let nowMs = Date.now()
  const session = open({ now: () => new Date(nowMs) })
  org.setFieldAccess('Lead', 'Newsletter__c', { updateable: false })
  await assert.rejects(deliverOne(session, owed('ann@x.io')), (error: TargetError) => {
    assert.ok(error instanceof TargetError)
    return error.kind === 'hold' && error.message.includes('Newsletter__c')
  })
  org.setFieldAccess('Lead', 'Newsletter__c', { updateable: true })
  nowMs += 60_000
  assert.equal((await deliverOne(session, owed('ann@x.io'))).state, 'delivered')
  assert.equal(org.get(id)?.Newsletter__c, true)
})

test('a round that is stopped before it began throws, and sends nothing', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const session = open()
  await assert.rejects(session.deliver([owed('ann@x.io')], passageOf({ signal: AbortSignal.abort() })))
  assert.equal(org.usage.rowsWritten, 0)
})
