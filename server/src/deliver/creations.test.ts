import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startDelivering } from '../../test/delivering.ts'
import { claimCreations, releaseCreations } from './creations.ts'
import { type IntegrationRow, readIntegration } from './integration.ts'

const delivering = await startDelivering()
const { db } = delivering
const row = (await readIntegration(db, 'acme', delivering.integration)) as IntegrationRow
const [one, other] = [randomUUID(), randomUUID()]

test('a key is one round’s to create for, until it is released', async () => {
  assert.deepEqual(await claimCreations(db, row, one, ['a', 'b', 'a']), new Set(['a', 'b']))
  assert.deepEqual(await claimCreations(db, row, one, ['a']), new Set(['a']))
  assert.deepEqual(await claimCreations(db, row, other, ['a', 'c']), new Set(['c']))
  await releaseCreations(db, row, other, ['a'])
  assert.deepEqual(await claimCreations(db, row, other, ['a']), new Set())
  await releaseCreations(db, row, one, ['a'])
  assert.deepEqual(await claimCreations(db, row, other, ['a']), new Set(['a']))
})

test('of many rounds that claim the same keys at once, each key is granted to one', async () => {
  const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`)
  const granted = await Promise.all(
    Array.from({ length: 4 }, () =>
      claimCreations(
        db,
        row,
        randomUUID(),
        keys.toSorted(() => Math.random() - 0.5),
      ),
    ),
  )
  assert.deepEqual(granted.flatMap(set => [...set]).sort(), keys.sort())
})

test('what a dead round claimed is free when its calls must have ended', async () => {
  await claimCreations(db, row, one, ['dead'])
  await sql`update creations set claimed_at = now() - interval '11 minutes' where key = 'dead'`.execute(db)
  assert.deepEqual(await claimCreations(db, row, other, ['dead']), new Set(['dead']))
})
