import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Owed } from '../../contract.ts'
import { crowd, deliverOne, lead, owed, passage, startTrial } from '../trial.ts'

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
  test(`where the records of many are seen no more at once, they fail instead of being created, until the next day’s try, among ${others.length} others`, async t => {
    const { org, open } = await startTrial(t)
    const session = open({ upsert: true })
    for (const { organizationUserId } of others) org.insert('Lead', lead(organizationUserId))
    const [scope] = (await deliverOne(session, owed('first@x.io'))).digest?.split('.') ?? []
    const people = haunted(12, scope)
    const outcomes = await session.deliver([...people, ...others], passage)
    const failed = outcomes.slice(0, 12)
    assert.deepEqual(
      failed.map(({ state, error, links }) => [state, error?.code, links]),
      people.map(({ links }) => ['failed', 'RECORDS_VANISHED', links]),
    )
    for (const { state } of outcomes.slice(12)) assert.equal(state, 'delivered')
    assert.equal(org.records('Lead').length, 1 + others.length)
    // Who chooses anew, or is replayed, begins anew.
    for (const { state } of await session.deliver(people, passage)) assert.equal(state, 'failed')
    const tomorrow = people.map(one => ({ ...one, digest: undefined, retryOf: 'RECORDS_VANISHED' }))
    for (const { state } of await session.deliver(tomorrow, passage)) assert.equal(state, 'delivered')
    assert.equal(org.records('Lead').length, 13 + others.length)
  })

test('that they come one at a time changes nothing, once there are many of them', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true })
  const states: string[] = []
  for (const one of haunted(12)) states.push((await deliverOne(session, one)).state)
  assert.deepEqual(states, [...Array(9).fill('delivered'), ...Array(3).fill('failed')])
  assert.equal(org.records('Lead').length, 9)
})

test('where most records are seen, those of the others are gone', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true })
  const others = crowd().slice(0, 60)
  for (const { organizationUserId } of others) org.insert('Lead', lead(organizationUserId))
  const before = await session.deliver(others, passage)
  const again = others.map(({ organizationUserId }, i) =>
    owed(organizationUserId, { newsletter: false }, before[i]),
  )
  for (const { state } of await session.deliver([...haunted(12), ...again], passage))
    assert.equal(state, 'delivered')
  assert.equal(org.records('Lead').length, 72)
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
