import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Consents } from './event.ts'
import { emptyStatus, merge } from './status.ts'
import { takenBack, withdrawnIn, withRefused } from './withdrawal.ts'

const after = (before: Consents | undefined, then: Consents): boolean => {
  const event = (id: string, at: number, consents: Consents) => ({
    id,
    at: new Date(at),
    regulation: 'gdpr',
    consents,
  })
  const was = before ? merge(emptyStatus, [event('a', 1, before)]) : emptyStatus
  return withdrawnIn(was, merge(was, [event('b', 2, then)])).length > 0
}
const purpose = (enabled: boolean): Consents => ({ purposes: [{ id: 'p', enabled }] })
const values = (value: string): Consents => ({ purposes: [{ id: 'p', values: { topics: { value } } }] })

test('refusing what was accepted, or was never asked, is a withdrawal', () => {
  assert.ok(after(purpose(true), purpose(false)))
  assert.ok(after(undefined, purpose(false)))
  assert.ok(after(undefined, { purposes: [{ id: 'p', enabled_li: false }] }))
  assert.ok(after(undefined, { vendors: { disabled: ['v'] } }))
})

test('dropping a chosen value is a withdrawal; adding one is not', () => {
  assert.ok(after(values('a,b'), values('a')))
  assert.ok(after(values('a'), values('b')))
  assert.ok(!after(values('a'), values('a,b')))
  assert.ok(!after(undefined, values('a')))
})

test('what was withdrawn is named by its regulation and its register', () => {
  const event = (id: string, at: number, consents: Consents) => ({
    id,
    at: new Date(at),
    regulation: 'a/b',
    consents,
  })
  const was = merge(emptyStatus, [
    event('a', 1, { purposes: [{ id: 'p', enabled: true, values: { topics: { value: 'a,b' } } }] }),
  ])
  const now = merge(was, [
    event('b', 2, {
      purposes: [
        { id: 'p', enabled: false, values: { topics: { value: 'a' } } },
        { id: 'q', enabled: true },
      ],
    }),
  ])
  assert.deepEqual(withdrawnIn(was, now).sort(), ['a~1b/purposes/p/enabled', 'a~1b/purposes/p/values/topics'])
})

test('accepting, and refusing once more what is refused, are none', () => {
  assert.ok(!after(undefined, purpose(true)))
  assert.ok(!after(purpose(false), purpose(true)))
  assert.ok(!after(purpose(false), purpose(false)))
})

test('an older refusal that arrives late changes nothing, so it is none', () => {
  const event = (id: string, at: number, enabled: boolean) => ({
    id,
    at: new Date(at),
    regulation: 'gdpr',
    consents: purpose(enabled),
  })
  const was = merge(emptyStatus, [event('a', 2, true)])
  assert.deepEqual(withdrawnIn(was, merge(was, [event('b', 1, false)])), [])
})

test('what is taken back is what was withdrawn and not given anew since', () => {
  const said = (id: string, at: number, enabled: boolean) => ({
    id,
    at: new Date(at),
    regulation: 'gdpr',
    consents: { purposes: [{ id, enabled }] },
  })
  const status = merge(emptyStatus, [said('a', 1, false), said('b', 2, true), said('c', 3, false)])
  const left = (names: string[] | null) => Object.keys(takenBack(status, names).regulations.gdpr ?? {})
  assert.deepEqual(left(['gdpr/purposes/a/enabled', 'gdpr/purposes/b/enabled']), ['purposes/a/enabled'])
  assert.deepEqual(left(null), ['purposes/a/enabled', 'purposes/c/enabled'])
  assert.deepEqual(takenBack(status, ['ccpa/purposes/a/enabled']), emptyStatus)
})

test('a yes that is said by no event any more is withdrawn, and what is withdrawn and not said counts as a no', () => {
  const yes = merge(emptyStatus, [
    {
      id: 'a',
      at: new Date(1),
      regulation: 'a/b',
      consents: { purposes: [{ id: 'p', enabled: true, values: { t: { value: 'x' } } }] },
    },
    {
      id: 'b',
      at: new Date(1),
      regulation: 'a/b',
      consents: { purposes: [{ id: 'q', enabled: false, values: { t: { value: '' } } }] },
    },
  ])
  const withdrawn = withdrawnIn(yes, emptyStatus)
  assert.deepEqual(withdrawn, ['a~1b/purposes/p/enabled', 'a~1b/purposes/p/values/t'])
  const { regulations } = withRefused(emptyStatus, withdrawn, 2)
  const held = Object.entries(regulations['a/b'] ?? {}).map(([path, [value]]) => [path, value])
  assert.deepEqual(held, [
    ['purposes/p/enabled', false],
    ['purposes/p/values/t', ''],
  ])
  assert.deepEqual(withRefused(yes, withdrawn, 2), yes, 'what is said anew stands')
})
