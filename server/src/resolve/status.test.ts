import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/property.ts'
import { consentsOf, profileOf } from './consents.ts'
import type { MergeEvent } from './event.ts'
import { emptyStatus, joinStatuses, merge, registerParts, registerPath, sameStatus } from './status.ts'

const someId = fc.constantFrom('newsletter', 'ads', 'a/b', 'c~d')
const somePreference = fc.constantFrom('channel', 'topics')
const anyChoice = fc.record(
  {
    id: someId,
    enabled: fc.option(fc.boolean()),
    metadata: fc.dictionary(someId, fc.integer(), { maxKeys: 2 }),
  },
  { requiredKeys: ['id'] },
)
const anyPurpose = fc.record(
  {
    id: someId,
    enabled: fc.option(fc.boolean()),
    enabled_li: fc.option(fc.boolean()),
    values: fc.dictionary(somePreference, fc.constantFrom({ value: 'a' }, { value: 'a,b' }, { value: '' })),
    channels: fc.array(anyChoice, { maxLength: 2 }),
  },
  { requiredKeys: ['id'] },
)
const uniqueById = { selector: (choice: { id: string }) => choice.id, maxLength: 3 }
const anyEvent = fc.record({
  // Few times and regulations, so that ties and overlaps are the rule.
  at: fc.integer({ min: 0, max: 4 }).map(n => new Date(1_700_000_000_000 + n * 1000)),
  regulation: fc.constantFrom('gdpr', 'cpra'),
  consents: fc.record(
    {
      purposes: fc.uniqueArray(anyPurpose, uniqueById),
      channels: fc.uniqueArray(anyChoice, uniqueById),
      vendors: fc.record({ enabled: fc.uniqueArray(fc.constantFrom('v1', 'v2')) }),
      tcfcs: fc.option(fc.constantFrom('x', 'y')),
    },
    { requiredKeys: [] },
  ),
  user: fc.record(
    { metadata: fc.dictionary(someId, fc.integer()), country: fc.constantFrom('FR', 'DE') },
    { requiredKeys: [] },
  ),
})
const anyHistory = fc
  .array(anyEvent, { maxLength: 12 })
  .map(events => events.map((event, i): MergeEvent => ({ id: `event-${i}`, ...event })))

test('any order, any repetition and any split into batches of the same events give the same status', () => {
  fc.assert(
    fc.property(
      anyHistory.chain(history =>
        fc.tuple(
          fc.constant(history),
          fc.shuffledSubarray([...history, ...history], { minLength: history.length * 2 }),
          fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }),
        ),
      ),
      ([history, shuffled, cuts]) => {
        let status = emptyStatus
        let rest = shuffled
        for (let i = 0; rest.length > 0; i++) {
          const n = (cuts[i % cuts.length] as number) + 1
          status = merge(status, rest.slice(0, n))
          rest = rest.slice(n)
        }
        assert.ok(sameStatus(status, merge(emptyStatus, history)))
      },
    ),
    { numRuns: 500 },
  )
})

test('joining what two ids of one person add up to equals merging all their events', () => {
  fc.assert(
    fc.property(anyHistory, fc.nat(), (history, cut) => {
      const at = history.length === 0 ? 0 : cut % history.length
      const joined = joinStatuses(
        merge(emptyStatus, history.slice(0, at)),
        merge(emptyStatus, history.slice(at)),
      )
      assert.ok(sameStatus(joined, merge(emptyStatus, history)))
    }),
  )
})

test('the newest statement wins per element, and of two at the same time the greater event id', () => {
  const at = (ms: number) => new Date(ms)
  const says = (id: string, ms: number, enabled: boolean): MergeEvent => ({
    id,
    at: at(ms),
    regulation: 'gdpr',
    consents: { purposes: [{ id: 'newsletter', enabled }] },
  })
  const enabledAfter = (...events: MergeEvent[]) =>
    consentsOf(merge(emptyStatus, events).regulations.gdpr ?? {}).purposes?.[0]?.enabled
  assert.equal(enabledAfter(says('a', 2, true), says('b', 1, false)), true)
  assert.equal(enabledAfter(says('a', 1, true), says('b', 1, false)), false)
  assert.equal(enabledAfter(says('b', 1, false), says('a', 1, true)), false)
})

test('a null choice states nothing: it never takes an earlier one back', () => {
  const events: MergeEvent[] = [
    { id: 'a', at: new Date(1), regulation: 'gdpr', consents: { purposes: [{ id: 'p', enabled: true }] } },
    {
      id: 'b',
      at: new Date(2),
      regulation: 'gdpr',
      consents: { purposes: [{ id: 'p', enabled: null, values: { c: { value: 'x' } } }] },
    },
  ]
  assert.deepEqual(consentsOf(merge(emptyStatus, events).regulations.gdpr ?? {}).purposes, [
    { id: 'p', enabled: true, values: { c: { value: 'x' } } },
  ])
})

test('regulations are kept apart, and what is said of the person is not', () => {
  const status = merge(emptyStatus, [
    {
      id: 'a',
      at: new Date(1),
      regulation: 'gdpr',
      consents: { purposes: [{ id: 'p', enabled: true }] },
      user: { country: 'FR' },
    },
    {
      id: 'b',
      at: new Date(2),
      regulation: 'cpra',
      consents: { purposes: [{ id: 'p', enabled: false }] },
      user: { metadata: { lang: 'fr' } },
    },
  ])
  assert.equal(consentsOf(status.regulations.gdpr ?? {}).purposes?.[0]?.enabled, true)
  assert.equal(consentsOf(status.regulations.cpra ?? {}).purposes?.[0]?.enabled, false)
  assert.deepEqual(profileOf(status.user), { country: 'FR', metadata: { lang: 'fr' } })
})

test('every part of a consents object comes back from its registers', () => {
  const consents = {
    channels: [{ id: 'email', enabled: true, metadata: { a: 1 } }],
    purposes: [
      {
        id: 'x/y~z',
        enabled: false,
        metadata: { k: 'v' },
        enabled_li: true,
        values: { c: { value: 'a,b' } },
        channels: [{ id: 'sms', enabled: false }],
        preferences: [{ id: 'old', enabled: true, channels: [{ id: 'post', enabled: true }] }],
      },
    ],
    vendors: { enabled: ['v1'], enabled_li: [], disabled: ['v2'], disabled_li: ['v3'] },
    tcfcs: 'C-string',
  }
  const status = merge(emptyStatus, [{ id: 'a', at: new Date(1), regulation: 'gdpr', consents }])
  assert.deepEqual(consentsOf(status.regulations.gdpr ?? {}), consents)
})

test('a register path gives its parts back, whatever characters they hold', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), parts => {
      assert.deepEqual(registerParts(registerPath(...parts)), parts)
    }),
  )
})
