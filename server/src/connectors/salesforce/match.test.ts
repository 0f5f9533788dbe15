import assert from 'node:assert/strict'
import { test } from 'node:test'
import { descriptionOf, type FieldDescription } from './describe.ts'
import { matcherOf, matchValueOf } from './match.ts'

const fieldOf = (field: object): FieldDescription =>
  descriptionOf({ name: 'Lead', fields: [{ name: 'F', type: 'string', length: 80, ...field }] })
    .fields[0] as FieldDescription

test('text is compared without case, unless the field tells cases apart', () => {
  const email = matcherOf(fieldOf({ type: 'email' }))
  assert.equal(email?.keyOf('Ann@X.io'), email?.keyOf('ann@x.IO'))
  const strict = matcherOf(fieldOf({ caseSensitive: true, unique: true, externalId: true }))
  assert.notEqual(strict?.keyOf('Ann'), strict?.keyOf('ann'))
  assert.equal(strict?.isUniqueExternalId, true)
})

test('a value that no record can hold is not searched', () => {
  assert.equal(matcherOf(fieldOf({}))?.literalOf('x'.repeat(81)), undefined)
  assert.equal(matcherOf(fieldOf({ length: 5 }))?.literalOf('\u{1f389}@x.y'), "'\u{1f389}@x.y'")
  assert.equal(matcherOf(fieldOf({}))?.literalOf(''), undefined)
  assert.equal(matcherOf(fieldOf({ type: 'double' }))?.literalOf('1 OR 1=1'), undefined)
  assert.equal(matcherOf(fieldOf({ type: 'id' }))?.literalOf("00Q'"), undefined)
})

test('numbers and ids are compared as what they are', () => {
  const number = matcherOf(fieldOf({ type: 'double' }))
  assert.equal(number?.literalOf('0042'), '42')
  assert.equal(number?.keyOf('0042'), number?.keyOf(42))
  // As JavaScript has them, these are one number.
  assert.equal(number?.literalOf('9007199254740993'), undefined)
  assert.notEqual(number?.keyOf('9007199254740993'), number?.keyOf(9007199254740992))
  assert.equal(number?.literalOf('0.0000001'), undefined)
  assert.notEqual(number?.keyOf('0'), number?.keyOf(''))
  const id = matcherOf(fieldOf({ type: 'id' }))
  assert.equal(id?.keyOf('00Q5e00000AbCdE'), id?.keyOf('00Q5e00000AbCdEEAV'))
  assert.notEqual(id?.keyOf('00Q5e00000AbCdE'), id?.keyOf('00Q5e00000AbCdEEAX'))
})

test('an encrypted, unsearchable or senseless field finds nobody', () => {
  for (const field of [{ encrypted: true }, { filterable: false }, { type: 'boolean' }, { type: 'textarea' }])
    assert.equal(matcherOf(fieldOf(field)), undefined, JSON.stringify(field))
})

test('blanks around an id do not count: Salesforce trims what it stores', () => {
  assert.equal(matchValueOf(' a@x.io\n'), 'a@x.io')
})
