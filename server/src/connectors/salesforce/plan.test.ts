import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/property.ts'
import type { Owed } from '../contract.ts'
import type { Cell } from './mapping.ts'
import { digestOf, inSendingOrder, type Readings, updatesOf } from './plan.ts'
import type { TargetRecord } from './target.ts'

const personOf = (key: string, withdrawal = false): Owed => ({
  key,
  organizationUserId: key,
  regulation: 'gdpr',
  stated: new Map(),
  withdrawal,
  links: [],
})
const readingsFrom =
  (cells: (person: Owed, object: string) => Cell[]): Readings =>
  (person, object) => ({ cells: cells(person, object), faults: [], unwritten: [] })

test('a record stands in one row however many people and pages name it', () => {
  const [a, b] = [personOf('a'), personOf('b', true)]
  const record = { object: 'Contact', id: '003000000000001AAA' }
  const records = new Map<Owed, TargetRecord[]>([
    [a, [record]],
    [
      b,
      [
        { ...record, id: '003000000000001' },
        { object: 'Contact', id: '003000000000002' },
      ],
    ],
  ])
  const rows = updatesOf(
    records,
    readingsFrom(() => [{ field: 'X__c', value: true, atMs: 1 }]),
  )
  assert.deepEqual(
    rows.map(({ id, isWithdrawal, owners }) => [id, isWithdrawal, owners.map(({ key }) => key)]),
    [
      ['003000000000001AAA', true, ['a', 'b']],
      ['003000000000002', true, ['b']],
    ],
  )
})

test('where two people stand behind one record, each field holds the later statement, in any order', () => {
  const cells: Record<string, Cell[]> = {
    a: [
      { field: 'X__c', value: 'old', atMs: 1 },
      { field: 'Y__c', value: 'new', atMs: 9 },
    ],
    b: [
      { field: 'X__c', value: 'new', atMs: 5 },
      { field: 'Y__c', value: 'old', atMs: 2 },
    ],
  }
  const record = { object: 'Lead', id: '00Q000000000001' }
  for (const order of [
    ['a', 'b'],
    ['b', 'a'],
  ]) {
    const records = new Map(order.map(key => [personOf(key), [record]]))
    const [row] = updatesOf(
      records,
      readingsFrom(({ key }) => cells[key] ?? []),
    )
    assert.deepEqual(row?.fields, { X__c: 'new', Y__c: 'new' })
  }
})

test('a record on which nothing would be written gets no row', () => {
  const records = new Map([[personOf('a'), [{ object: 'Lead', id: '00Q000000000001' }]]])
  assert.deepEqual(
    updatesOf(
      records,
      readingsFrom(() => []),
    ),
    [],
  )
})

test('a digest tells values and records apart, and nothing else', () => {
  const readings = (value: boolean) => readingsFrom(() => [{ field: 'X__c', value, atMs: Math.random() }])
  const person = personOf('a')
  const records = fc.uniqueArray(fc.stringMatching(/^003[0-9]{12}$/), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(records, ids => {
      const links = ids.map(id => ({ object: 'Contact', id }))
      const digest = digestOf('s', person, links, readings(true))
      assert.equal(
        digest,
        digestOf(
          's',
          person,
          links.toReversed().map(one => ({ ...one, id: `${one.id}AAA` })),
          readings(true),
        ),
      )
      assert.notEqual(digest, digestOf('s', person, links, readings(false)))
      assert.notEqual(digest, digestOf('s', person, links.slice(1), readings(true)))
    }),
  )
})

test('withdrawals are sent first, then neighbours by their parent', () => {
  const row = (id: string, parent: string, isWithdrawal: boolean) => ({
    object: 'Contact',
    id,
    parent,
    isWithdrawal,
    fields: {},
    owners: [],
  })
  const rows = [row('4', 'b', false), row('1', 'c', true), row('3', 'a', false), row('2', 'b', false)]
  assert.deepEqual(
    inSendingOrder(rows).map(({ id }) => id),
    ['1', '3', '2', '4'],
  )
})
