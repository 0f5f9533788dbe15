import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contact, idsOf, lead, running, startTrial } from './trial.ts'

const BOTH = { sobject: ['Lead', 'Contact'] }
const MINUTE_MS = 60_000
const before = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS)

test('new and changed records appear with their match value in lower case, by one call', async t => {
  const { org, open } = await startTrial(t)
  const ann = org.insert('Lead', lead('Ann@X.io'))
  const bob = org.insert('Contact', contact('bob@x.io'))
  org.insert('Contact', { LastName: 'Nobody' })
  const session = open({ properties: BOTH })
  await session.appeared(before(1), running)
  org.resetUsage()
  const { records, until } = await session.appeared(before(1), running)
  assert.deepEqual(
    records.map(({ object, id, value }) => [object, id, value]),
    [
      ['Lead', ann, 'ann@x.io'],
      ['Contact', bob, 'bob@x.io'],
    ],
  )
  assert.equal(org.usage.calls, 1)
  assert.ok(until < new Date())
})

test('a match field that tells cases apart gives its value as it is', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Lead', { name: 'Key__c', type: 'string', length: 40, caseSensitive: true, unique: true })
  org.insert('Lead', { ...lead('ann@x.io'), Key__c: 'aB' })
  const session = open({ properties: { match_field: 'Key__c' } })
  const { records } = await session.appeared(before(1), running)
  assert.deepEqual(
    records.map(({ value, isExact }) => [value, isExact]),
    [['aB', true]],
  )
})

test('the next look begins before this one, because changes are seen later than they are stamped', async t => {
  const { org, open } = await startTrial(t)
  const session = open()
  const { until } = await session.appeared(before(60), running)
  assert.ok(until <= before(4), 'some minutes')
  assert.ok(until > before(7), 'not more')
  org.insert('Lead', lead('ann@x.io'))
  assert.equal((await session.appeared(until, running)).records.length, 1)
})

test('a look goes no further back than the last one', async t => {
  const { open } = await startTrial(t)
  const since = new Date(Math.floor(Date.now() / 1000) * 1000)
  assert.deepEqual((await open().appeared(since, running)).until, since)
})

test('a merged record appears as the one that was kept, one that was only deleted does not', async t => {
  const { org, open } = await startTrial(t)
  const [kept, given, gone] = ['ann@new.io', 'ann@old.io', 'bob@x.io'].map(email =>
    org.insert('Contact', contact(email)),
  ) as [string, string, string]
  org.merge(kept, given)
  org.remove(gone)
  const seen = async (properties: object) =>
    (await open({ properties }).appeared(before(1), running)).records.map(
      ({ object, id, value, insteadOf }) => [object, id, value, insteadOf],
    )
  const merged = ['Contact', kept, '', given]
  assert.deepEqual(await seen(BOTH), [['Contact', kept, 'ann@new.io', undefined], merged])
  // Contacts that leads were followed to.
  assert.deepEqual(await seen({ sobject: ['Lead'] }), [merged])
})

test('a converted lead appears as its contact, a lead without one does not', async t => {
  const { org, open } = await startTrial(t)
  const { contactId } = org.convertLead(org.insert('Lead', lead('ann@x.io')))
  const { records } = await open().appeared(before(1), running)
  assert.deepEqual(
    records.map(({ object, id, value }) => [object, id, value]),
    [['Contact', contactId, 'ann@x.io']],
  )
})

test('it names the lead, for whoever remembers that, also where its address is gone', async t => {
  const { org, open } = await startTrial(t)
  const moved = org.insert('Lead', lead('ann@x.io'))
  const emptied = org.insert('Lead', lead('bob@x.io'))
  org.update(moved, { Email: 'other@x.io' })
  org.update(emptied, { Email: null })
  const contacts = [moved, emptied].map(id => org.convertLead(id).contactId)
  const { records } = await open().appeared(before(1), running)
  assert.deepEqual(
    records.map(({ id, value, insteadOf }) => [id, value, insteadOf]),
    [
      [contacts[0], 'other@x.io', moved],
      [contacts[1], '', emptied],
    ],
  )
})

test('a person account appears once, by its account', async t => {
  const { org, open } = await startTrial(t, { personAccounts: true })
  const account = org.insert('Account', { Name: 'Ann Lee', PersonEmail: 'ann@x.io' })
  const session = open({ properties: { sobject: ['Account', 'Contact'] } })
  const { records } = await session.appeared(before(1), running)
  assert.deepEqual(idsOf(records), [account.slice(0, 15)])
})

test('what this integration wrote itself is not left out: the address may have been changed just before', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('old@x.io'))
  const session = open()
  org.update(id, { Email: 'new@x.io' })
  assert.equal((await session.appeared(before(1), running)).records[0]?.value, 'new@x.io')
})

test('more than a look reads: the next ones bring the rest, each record is there', async t => {
  let now = Date.now() - 3 * 3600_000
  const { org, open } = await startTrial(t, { now: () => new Date(now) })
  for (let batch = 0; batch < 6; batch++) {
    org.insertMany(
      'Lead',
      Array.from({ length: 2_000 }, (_, i) => lead(`p${batch}-${i}@x.io`)),
    )
    now += MINUTE_MS
  }
  const session = open()
  const seen = new Set<string>()
  let since = before(240)
  for (let looks = 0; looks < 4; looks++) {
    const { records, until } = await session.appeared(since, running)
    for (const { value } of records) seen.add(value)
    if (until.getTime() === since.getTime()) break
    since = until
  }
  assert.equal(seen.size, 12_000)
})

test('thousands with one stamp neither end the reading nor repeat it for ever', async t => {
  const stampMs = Math.floor(Date.now() / 1000) * 1000 - 3600_000
  let orgMs: number | undefined = stampMs
  const { org, open } = await startTrial(t, { now: () => new Date(orgMs ?? Date.now()) })
  org.insertMany(
    'Lead',
    Array.from({ length: 13_000 }, (_, i) => lead(`p${i}@x.io`)),
  )
  orgMs = undefined
  const session = open()
  const first = await session.appeared(before(240), running)
  assert.equal(first.records.length, 10_000)
  assert.equal(first.until.getTime(), stampMs)
  const second = await session.appeared(first.until, running)
  assert.equal(second.records.length, 13_000)
  assert.ok(second.until > first.until)
})
