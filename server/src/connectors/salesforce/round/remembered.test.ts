import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome, Owed } from '../../contract.ts'
import { contact, crowd, deliverOne, idsOf, lead, owed, passage, startTrial } from '../trial.ts'

const BOTH = { sobject: ['Lead', 'Contact'] }

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

for (const retryOf of ['FIELD_CUSTOM_VALIDATION_EXCEPTION', undefined])
  test(`whoever failed is ${retryOf ? 'tried again without a look-up' : 'looked up when they are owed again, also in busy times'}`, async t => {
    const { org, open } = await startTrial(t)
    const session = open()
    const first = org.insert('Lead', lead('ann@x.io'))
    org.faults.inject({ kind: 'row', code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', times: 1 })
    const failed = await deliverOne(session, owed('ann@x.io'))
    assert.equal(failed.state, 'failed')
    const second = org.insert('Lead', lead('ann@x.io'))
    const again = { ...owed('ann@x.io', { newsletter: true }, failed), retryOf }
    const [outcome] = await session.deliver([again, ...crowd()], passage)
    assert.equal(outcome?.state, 'delivered')
    assert.deepEqual(
      [first, second].map(id => org.get(id)?.Newsletter__c),
      [true, retryOf === undefined],
    )
  })
