import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from './client.ts'
import type { Descriptions } from './describe.ts'
import { CallError } from './errors.ts'
import { createStanding } from './standing.ts'

test('after slow answers calls are smaller, and grow again when they go well', async () => {
  let nowMs = 0
  const { lane, pace } = createStanding({} as Client, {} as Descriptions, () => new Date(nowMs))
  const call = async (tookMs: number) => {
    await lane(async () => {
      nowMs += tookMs
    })
    pace.wentWell()
    return [pace.collections(), pace.rows()]
  }
  assert.deepEqual(await call(14_000), [5, 200])
  assert.deepEqual(await call(19_000), [2, 200])
  assert.deepEqual(await call(16_000), [1, 200])
  assert.deepEqual(await call(16_000), [1, 100])
  for (let i = 0; i < 40; i++) await call(1_000)
  assert.deepEqual(await call(1_000), [2, 200])
})

test('so they are where something between us and the org cuts slow calls, and not twice where none is answered, or the org gives up', async () => {
  let nowMs = 0
  const { lane, pace } = createStanding({} as Client, {} as Descriptions, () => new Date(nowMs))
  const failing = (code: string) =>
    lane(async () => {
      nowMs += 60_000
      throw new CallError(code, 'it failed')
    })
  await assert.rejects(failing('UNREACHABLE'))
  assert.equal(pace.collections(), 2)
  // The writer counts them.
  for (const code of ['TIMEOUT', 'REQUEST_RUNNING_TOO_LONG']) {
    await assert.rejects(failing(code))
    assert.equal(pace.collections(), 2, code)
  }
})

test('a call that waited for another one is not slow for that', async () => {
  let nowMs = 0
  const { lane, pace } = createStanding({} as Client, {} as Descriptions, () => new Date(nowMs))
  const taking = (tookMs: number) => async () => {
    nowMs += tookMs
  }
  await Promise.all([lane(taking(10_000)), lane(taking(10_000)), lane(taking(10_000))])
  assert.equal(pace.collections(), 5)
})
