import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome, Owed, Session } from '../contract.ts'
import { manifest } from './manifest.ts'
import { lead, owed, passage, startTrial } from './trial.ts'

const PEOPLE = 10_000
const ids = Array.from({ length: PEOPLE }, (_, i) => `firstname.lastname${i}@example.com`)

async function deliverAll(session: Session, people: readonly Owed[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let i = 0; i < people.length; i += manifest.roundSize)
    outcomes.push(...(await session.deliver(people.slice(i, i + manifest.roundSize), passage)))
  assert.ok(outcomes.every(({ state }) => state === 'delivered'))
  return outcomes
}

test('10,000 unknown people cost at most 25 calls, 10,000 known ones at most 12', async t => {
  const { org, open } = await startTrial(t)
  org.insertMany(
    'Lead',
    ids.map(email => lead(email)),
  )
  const session = open()
  org.resetUsage()
  const first = await deliverAll(
    session,
    ids.map(id => owed(id)),
  )
  assert.ok(org.usage.calls <= 20, `${org.usage.calls} calls for unknown people`)
  org.resetUsage()
  await deliverAll(
    session,
    ids.map((id, i) => owed(id, { newsletter: false }, first[i])),
  )
  assert.ok(org.usage.calls <= 11, `${org.usage.calls} calls for known people`)
  assert.ok(org.records('Lead').every(({ Newsletter__c }) => Newsletter__c === false))
})

test('10,000 new records cost at most 25 calls, and each person has one', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true })
  await deliverAll(
    session,
    ids.map(id => owed(id)),
  )
  assert.ok(org.usage.calls <= 20, `${org.usage.calls} calls`)
  assert.equal(new Set(org.records('Lead').map(({ Email }) => Email)).size, PEOPLE)
  assert.equal(org.records('Lead').length, PEOPLE)
})

test('in an org that has spent half of its calls, nobody known is looked up', async t => {
  const { org, open } = await startTrial(t, { dailyApiLimit: 16 })
  org.insert('Lead', lead('ann@x.io'))
  const session = open()
  let outcome: Outcome | undefined
  for (let i = 0; i < 6; i++)
    [outcome] = await session.deliver([owed('ann@x.io', { newsletter: i % 2 === 0 }, outcome)], passage)
  org.resetUsage()
  await session.deliver([owed('ann@x.io', { newsletter: true }, outcome)], passage)
  assert.equal(org.usage.calls, 1)
})
