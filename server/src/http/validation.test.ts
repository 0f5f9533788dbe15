import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { errorsOf } from './validation.ts'

test('a text in place of a list is called that, not too long for the list', () => {
  const parsed = z.object({ sobject: z.array(z.string()).min(1).max(3) }).safeParse({ sobject: 'Lead' })
  assert.match(errorsOf(parsed.error?.issues ?? []).sobject ?? '', /expected array/)
})

test('what is missing is called that, by its name', () => {
  const parsed = z
    .object({ user: z.object({ id: z.string() }), names: z.array(z.string()) })
    .safeParse({ user: {} })
  assert.deepEqual(errorsOf(parsed.error?.issues ?? []), { 'user.id': 'is missing', names: 'is missing' })
})
