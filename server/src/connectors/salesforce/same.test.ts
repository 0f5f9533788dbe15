import assert from 'node:assert/strict'
import { test } from 'node:test'
import { descriptionOf, type FieldDescription } from './describe.ts'
import type { FieldValue } from './fit.ts'
import { isSame } from './same.ts'

function field(type: string, more: object = {}): FieldDescription {
  const described = descriptionOf({ name: 'Lead', fields: [{ name: 'X__c', type, ...more }] }).field('X__c')
  return described as FieldDescription
}

const SAME: [what: string, field: FieldDescription, now: unknown, would: FieldValue][] = [
  ['a time to the second', field('datetime'), '2026-01-01T10:00:00.000+0000', '2026-01-01T10:00:00.250Z'],
  ['chosen values in any order', field('multipicklist'), 'food;travel', 'travel;food'],
  ['an address in another case', field('email'), 'ann@x.io', 'Ann@X.io'],
  ['a text without its blanks', field('string'), 'weekly', ' weekly '],
  ['a text of blanks and none', field('string'), null, '  '],
  ['line ends', field('textarea'), 'a\r\nb', 'a\nb'],
  ['nothing and an absent field', field('string'), undefined, null],
  ['both forms of an id', field('reference'), '003000000000001AAA', '003000000000001'],
  ['a number as the field keeps it', field('double', { scale: 2 }), 0.33, 1 / 3],
  ['a phone number in the org’s spelling', field('phone'), '(415) 555-1212', '4155551212'],
  ['a picklist’s value in the picklist’s case', field('picklist'), 'Email', 'email'],
  ['anything behind a mask', field('encryptedstring'), '****', 'secret'],
]
for (const [what, described, now, would] of SAME)
  test(`equal: ${what}`, () => assert.ok(isSame(now, would, described)))

const DIFFERENT: [what: string, field: FieldDescription, now: unknown, would: FieldValue][] = [
  ['another second', field('datetime'), '2026-01-01T10:00:00.000+0000', '2026-01-01T10:00:01.000Z'],
  ['another day', field('date'), '2026-01-01', '2026-01-02'],
  ['a chosen value less', field('multipicklist'), 'food', 'travel;food'],
  ['no and nothing', field('string'), 'false', null],
  ['false and true', field('boolean'), false, true],
  ['another number', field('double', { scale: 2 }), 0.34, 0.32],
  ['zero and nothing', field('double'), 0, null],
  ['another case of a text', field('string'), 'Weekly', 'weekly'],
  ['another phone number', field('phone'), '415', '+415'],
]
for (const [what, described, now, would] of DIFFERENT)
  test(`different: ${what}`, () => assert.equal(isSame(now, would, described), false))
