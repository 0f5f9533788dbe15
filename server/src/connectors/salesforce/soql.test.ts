import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/property.ts'
import { encodeQuery, literal, pack, queryPath } from './soql.ts'

test('a literal escapes quotes, backslashes and control characters', () => {
  assert.equal(literal("o'brien@x.io"), "'o\\'brien@x.io'")
  assert.equal(literal('back\\'), "'back\\\\'")
  assert.equal(literal("\\' OR Name != '"), "'\\\\\\' OR Name != \\''")
  assert.equal(literal('a\nb\tc\u0001'), "'a\\nb\\tc\\u0001'")
  assert.equal(literal('broken \ud800 half'), "'broken \ufffd half'")
  assert.equal(literal('grüße 🎉'), "'grüße 🎉'")
})

test('no text breaks out of its literal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const inside = literal(text).slice(1, -1)
      // What is left after the escapes that SOQL knows holds neither of the two characters that end a literal.
      const rest = inside.replace(/\\(u[0-9a-f]{4}|[nrtbf'\\])/g, '')
      assert.ok(!/['\\]/.test(rest))
    }),
  )
})

test('an encoded query reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      const soql = `SELECT Id FROM Lead WHERE Email IN (${literal(text)},'a+b@x.io')`
      assert.equal(new URL(queryPath(soql), 'http://h').searchParams.get('q'), soql)
    }),
  )
})

test('a packed look-up has every literal once, in statements below the limit of a query', () => {
  const literals = Array.from({ length: 3_000 }, (_, i) =>
    literal(`person.number.${i}+list@example-company.com`),
  )
  const ids = Array.from({ length: 500 }, (_, i) => literal(`00Q${String(i).padStart(12, '0')}`))
  const anyOf = [
    { field: 'Email', literals },
    { field: 'Id', literals: ids },
  ]
  const statements = pack({ object: 'Lead', select: ['Id', 'Email'], anyOf })
  const found = statements.flatMap(one => one.match(/'[^']+'/g) ?? [])
  assert.deepEqual(found, [...literals, ...ids])
  for (const one of statements)
    assert.ok(encodeQuery(one).length + 40 <= 16_100, String(encodeQuery(one).length))
  assert.ok(statements.some(one => one.includes(') OR Id IN (')))
})

test('five statements hold a round of 2,000 usual addresses', () => {
  const literals = Array.from({ length: 2_000 }, (_, i) => literal(`firstname.lastname${i}@example.com`))
  assert.ok(
    pack({ object: 'Lead', select: ['Id', 'Email'], anyOf: [{ field: 'Email', literals }] }).length <= 5,
  )
})

test('nothing to look for gives no statement', () => {
  assert.deepEqual(pack({ object: 'Lead', select: ['Id'], anyOf: [] }), [])
})
