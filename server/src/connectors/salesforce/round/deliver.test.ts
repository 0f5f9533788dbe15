import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TargetError } from '../../contract.ts'
import {
  contact,
  deliverOne,
  idsOf,
  lead,
  NEWSLETTER,
  owed,
  passage,
  passageOf,
  startTrial,
} from '../trial.ts'

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
