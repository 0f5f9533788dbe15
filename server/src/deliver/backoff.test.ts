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

test('who comes back after more than half an hour does so with others, at five-minute marks', () => {
  const nowMs = Date.parse('2026-05-01T12:01:02Z')
  const at = (attempts: number, random: number) =>
    new Date(nowMs + backoffMs(attempts, undefined, undefined, () => random, nowMs))
      .toISOString()
      .slice(11, 19)
  assert.deepEqual(
    [at(10, 0), at(11, 0), at(11, 0.01), at(30, 0.999)],
    ['12:22:22', '12:45:00', '12:45:00', '18:05:00'],
  )
})
