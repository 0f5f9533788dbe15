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
