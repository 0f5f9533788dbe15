import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLanguage, directionOf } from './languages.ts'

const choose = (asked?: string, acceptLanguage?: string, available = ['en', 'de', 'pt-BR']) =>
  chooseLanguage({ asked, acceptLanguage, available, fallback: 'en' })

test('a language is found by its tag, by what is more general, or by a sister of it', () => {
  assert.equal(choose('de'), 'de')
  assert.equal(choose('DE-at'), 'de')
  assert.equal(choose('pt'), 'pt-BR')
  assert.equal(choose('pt-PT'), 'pt-BR')
  assert.equal(choose('de-AT', undefined, ['de', 'de-AT']), 'de-AT')
})

test('what was asked for comes before what the browser prefers, and that in its order', () => {
  assert.equal(choose('de', 'pt-BR'), 'de')
  assert.equal(choose('xx', 'pt-BR'), 'pt-BR')
  assert.equal(choose(undefined, 'en;q=0.5, de-CH;q=0.9, *;q=0.1'), 'de')
  assert.equal(choose(undefined, 'de;q=0, fr'), 'en')
})

test('where nothing fits or the wish is nonsense, the fallback is taken', () => {
  for (const nonsense of ['', ';;q=', '-', '../../etc', ',,,', 'de;q=x'])
    assert.equal(choose(nonsense, nonsense), 'en')
})

test('Arabic and Hebrew are read from right to left', () => {
  assert.deepEqual(['ar', 'ar-EG', 'he', 'en', 'de-AT'].map(directionOf), ['rtl', 'rtl', 'rtl', 'ltr', 'ltr'])
})
