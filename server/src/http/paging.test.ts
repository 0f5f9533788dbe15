import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listQuery, pageInMemory } from './paging.ts'

const all = [
  { id: 'a', version: 9, created_at: '2026-11-29T04:18:39.631Z' },
  { id: 'b', version: 10, created_at: '2026-11-29T04:18:40.000Z' },
  { id: 'c', version: 100, created_at: '2025-01-01T00:00:00.000Z' },
]
const ids = (query: object) =>
  pageInMemory(all, listQuery.parse(query), ['id', 'version', 'created_at'])
    .data.map(({ id }) => id)
    .join('')

test('numbers are compared as numbers and times as times', () => {
  assert.equal(ids({ $sort: { version: '-1' } }), 'cba')
  assert.equal(ids({ version: { $gt: '9' } }), 'bc')
  assert.equal(ids({ version: { $lte: '10' } }), 'ab')
  assert.equal(ids({ created_at: { $gte: '2026-11-29T04:18:39Z' } }), 'ab')
  assert.equal(ids({ created_at: { $gte: '2026-11-29T05:18:39.700+01:00' } }), 'b')
  assert.equal(ids({ created_at: { $lt: '2026-01-01' } }), 'c')
  assert.equal(ids({ id: { $gt: 'a', $lt: 'c' } }), 'b')
})
