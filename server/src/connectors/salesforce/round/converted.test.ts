import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crowd, deliverOne, idsOf, lead, NEWSLETTER, owed, passage, startTrial } from '../trial.ts'

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
