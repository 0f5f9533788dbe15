import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDelivering } from '../../test/delivering.ts'
import { eventually } from '../../test/heed.ts'
import { targetAway } from '../../test/ledger.ts'

const delivering = await startDelivering({}, { lookEverySeconds: 0.05 })
const { ledger, own, choose, holds, inState } = delivering

/** Values that the ledger does not hold, under what it says of itself; '' where it does not say. */
function refuse(misfit?: string) {
  const error = { code: 'TOO_LONG', message: 'too long', cure: 'Make it longer.' }
  ledger.outcomeOf = () => ({ state: 'failed', error, ...(misfit === undefined ? {} : { misfit }) })
}

async function looks(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const { looked_until } = (await own('GET status')).body.waiting_room
    await eventually(async () => (await own('GET status')).body.waiting_room.looked_until !== looked_until)
  }
}

test('who failed for a value waits while the fields stay as they are, and is written once they change', async () => {
  ledger.fit = 'narrow'
  refuse('narrow')
  await choose('long@acme.test', true)
  const { error, next_attempt_at } = await inState('long@acme.test', 'failed')
  assert.deepEqual([error?.code, next_attempt_at], ['TOO_LONG', null])
  await looks(3)
  assert.deepEqual(ledger.rounds, [['long@acme.test']])
  ledger.outcomeOf = () => undefined
  ledger.fit = 'wide'
  await holds('long@acme.test', true)
  assert.equal((await inState('long@acme.test', 'delivered')).error, null)
})

test('a change that does not mend it costs one more try, whoever does the trying', async () => {
  ledger.fit = 'first'
  refuse('first')
  await choose('still@acme.test', true)
  await inState('still@acme.test', 'failed')
  refuse('second')
  ledger.fit = 'second'
  await eventually(() => ledger.rounds.length === 2)
  await inState('still@acme.test', 'failed')
  await looks(3)
  assert.equal(ledger.rounds.length, 2)
  ledger.outcomeOf = () => undefined
  ledger.fit = 'third'
  await holds('still@acme.test', true)
})

test('a refusal that the description did not foretell is tried once more: it may have been an old description', async () => {
  ledger.fit = 'told'
  refuse('')
  await choose('told@acme.test', true)
  await eventually(() => ledger.rounds.length === 2)
  // What the description does not tell of may be mended unseen.
  assert.notEqual((await inState('told@acme.test', 'failed')).next_attempt_at, null)
  await looks(3)
  assert.equal(ledger.rounds.length, 2)
  ledger.outcomeOf = () => undefined
  ledger.fit = 'mended'
  await holds('told@acme.test', true)
})

test('who failed for another reason is not tried again by that, and then the target is not asked', async () => {
  ledger.fit = 'one'
  refuse()
  await choose('rule@acme.test', true)
  await inState('rule@acme.test', 'failed')
  ledger.asksFit = 0
  ledger.fit = 'another'
  await looks(3)
  assert.deepEqual([ledger.rounds.length, ledger.asksFit], [1, 0])
})

test('while a part of the mapping does not fit, withdrawals alone go on, also while the integration rests; all are whole once it fits', async () => {
  const hold = async () => (await own('GET')).body.hold
  await choose('leaving@acme.test', true)
  await inState('leaving@acme.test', 'delivered')
  ledger.rounds.length = 0
  ledger.fit = 'hidden'
  ledger.obstacle = targetAway('hold', 3600_000)
  const error = { code: 'HIDDEN', message: 'one field was not written', cure: 'Show it.' }
  ledger.outcomeOf = () => ({ state: 'failed', error, misfit: 'hidden', isWithdrawn: true })
  await choose('staying@acme.test', true)
  const held = await eventually(hold)
  assert.match(held.message, /withdrawals alone are delivered/)
  await choose('leaving@acme.test', false)
  await inState('leaving@acme.test', 'failed')
  await looks(2)
  assert.deepEqual([ledger.rounds, await hold()], [[['leaving@acme.test']], held])
  const { health, oldest_withdrawal_owed_seconds, people } = (await own('GET status')).body
  assert.deepEqual([health, oldest_withdrawal_owed_seconds, people.failed > 0], ['stopped', 0, true])
  ledger.outcomeOf = () => undefined
  ledger.obstacle = undefined
  ledger.fit = 'shown'
  await holds('staying@acme.test', true)
  await holds('leaving@acme.test', false)
  assert.equal((await inState('leaving@acme.test', 'delivered')).error, null)
  await eventually(async () => (await hold()) === null)
})
