import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { errorsOf } from './validation.ts'

test('a text in place of a list is called that, not too long for the list', () => {
  const parsed = z.object({ sobject: z.array(z.string()).min(1).max(3) }).safeParse({ sobject: 'Lead' })
  assert.equal(errorsOf(parsed.error?.issues ?? []).sobject, 'must be a list, not a text')
})

test('what is missing is called that, by its name', () => {
  const parsed = z
    .object({ user: z.object({ id: z.string() }), names: z.array(z.string()) })
    .safeParse({ user: {} })
  assert.deepEqual(errorsOf(parsed.error?.issues ?? []), { 'user.id': 'is missing', names: 'is missing' })
})

test('what does not fit is said in plain words, and a schema’s own words stay', () => {
  const schema = z.object({
    share: z.number().max(1),
    pause: z.number().gt(0),
    whole: z.int(),
    names: z.array(z.string()).min(1),
    text: z.string().max(2),
    object: z.enum(['Lead', 'Contact']),
    on: z.boolean(),
    zone: z.string().refine(() => false, 'is no time zone'),
  })
  const given = {
    share: 2,
    pause: 0,
    whole: 1.5,
    names: [],
    text: 'long',
    object: 'lead',
    on: 'yes',
    zone: 'x',
  }
  assert.deepEqual(errorsOf(schema.safeParse(given).error?.issues ?? []), {
    share: 'must be at most 1',
    pause: 'must be more than 0',
    whole: 'must be a whole number, not a number',
    names: 'must have at least 1 items',
    text: 'must have at most 2 characters',
    object: 'must be one of "Lead", "Contact"',
    on: 'must be true or false, not a text',
    zone: 'is no time zone',
  })
})
