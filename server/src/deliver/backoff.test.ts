import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs, waitMs } from './backoff.ts'

test('what failed together comes back apart, later each time; who waits for a call comes back together, within a minute', () => {
  assert.deepEqual(
    [1, 2, 9].map(attempts => backoffMs(attempts, undefined, undefined, () => 0)),
    [2_500, 5_000, 640_000],
  )
  assert.ok(new Set(Array.from({ length: 9 }, () => backoffMs(9))).size > 1)
  assert.deepEqual([1, 2, 3, 4, 5, 30].map(waitMs), [5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
})
