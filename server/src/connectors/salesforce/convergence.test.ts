import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/property.ts'
import type { Outcome } from '../contract.ts'
import { contact, lead, NEWSLETTER, owed, passage, startTrial } from './trial.ts'

const PEOPLE = ['ann@x.io', 'ANN@x.io', 'bob@x.io', "o'neil@x.io", 'eve@x.io', 'ida@x.io'] as const
const ROUNDS = 60

const fault = fc.record({
  kind: fc.constantFrom('cut', 'cut-after', 'status', 'html', 'row', 'row', 'expire'),
  code: fc.constantFrom(
    'UNABLE_TO_LOCK_ROW',
    'ENTITY_IS_DELETED',
    'UNKNOWN_EXCEPTION',
    'CANNOT_UPDATE_CONVERTED_LEAD',
  ),
  times: fc.integer({ min: 1, max: 3 }),
})
const step = fc.oneof(
  fc.record({
    say: fc.constantFrom(...PEOPLE),
    newsletter: fc.boolean(),
    topics: fc.subarray(['travel', 'food', 'music']),
  }),
  fc.record({ fault }),
  fc.record({ convert: fc.nat() }),
  fc.record({ remove: fc.nat() }),
  fc.record({ add: fc.constantFrom(...PEOPLE), object: fc.constantFrom('Lead', 'Contact') }),
)

test('whatever fails on the way, the org ends equal to what people last said, one record for each who was unknown', async t => {
  const { org, open } = await startTrial(t, { convertedLeadsEditable: true })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
      for (const object of ['Lead', 'Contact'])
        for (const { Id } of org.records(object)) org.remove(String(Id))
      org.faults.clear()
      const mappings = [NEWSLETTER, { id: 'Topics__c', value: 'topics' }]
      const session = open({ mappings, upsert: true, properties: { sobject: ['Lead', 'Contact'] } })
      const wanted = new Map<string, { newsletter: boolean; topics: string[] }>()
      const last = new Map<string, Outcome>()
      const deliver = async () => {
        const people = [...wanted].map(([id, stated]) => owed(id, stated, last.get(id)))
        const outcomes = await session.deliver(people, passage).catch(error => {
          assert.equal(error.kind, 'transient', error.stack)
          return []
        })
        for (const [i, outcome] of outcomes.entries()) last.set(people[i]?.organizationUserId ?? '', outcome)
        return outcomes.length === wanted.size && outcomes.every(({ state }) => state === 'delivered')
      }
      for (const one of steps) {
        if ('say' in one) {
          // People who compare equal are one human to the org, and say the same here.
          for (const id of PEOPLE.filter(id => id.toLowerCase() === one.say.toLowerCase()))
            wanted.set(id, { newsletter: one.newsletter, topics: one.topics })
          await deliver()
        } else if ('fault' in one) {
          const { kind, code, times } = one.fault
          if (kind === 'expire') org.expireTokens()
          else
            org.faults.inject(
              kind === 'row'
                ? { kind, code, times }
                : { kind, code, times, status: 503, message: 'down', match: /^composite/ },
            )
        } else if ('convert' in one) {
          const open = org.records('Lead').filter(({ IsConverted }) => !IsConverted)
          const chosen = open[one.convert % (open.length || 1)]
          if (chosen) org.convertLead(String(chosen.Id))
        } else if ('remove' in one) {
          const all = [...org.records('Lead'), ...org.records('Contact')]
          const chosen = all[one.remove % (all.length || 1)]
          if (chosen) org.remove(String(chosen.Id))
        } else org.insert(one.object, (one.object === 'Lead' ? lead : contact)(one.add))
      }
      org.faults.clear()
      for (const [id, outcome] of last) {
        const { digest: _, ...replayed } = outcome
        last.set(id, replayed)
      }
      let rounds = 0
      while (!(await deliver()))
        assert.ok(++rounds < ROUNDS, `not delivered: ${JSON.stringify([...last.values()])}`)
      for (const [id, { newsletter, topics }] of wanted) {
        const alive = [...org.records('Lead'), ...org.records('Contact')].filter(
          ({ Email, IsConverted }) => !IsConverted && String(Email).toLowerCase() === id.toLowerCase(),
        )
        const held = alive.map(record => [
          record.Newsletter__c,
          String(record.Topics__c ?? '')
            .split(';')
            .filter(Boolean)
            .sort(),
        ])
        assert.ok(held.length > 0, id)
        const created = alive.filter(({ LastName }) => LastName !== 'Doe')
        assert.ok(created.length <= 1, `${created.length} records were created for ${id}`)
        for (const one of held) assert.deepEqual(one, [newsletter, topics.toSorted()])
      }
    }),
    { numRuns: 40 },
  )
})
