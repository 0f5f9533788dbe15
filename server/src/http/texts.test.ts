import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fill, inLanguage, languageOf } from './texts.ts'

test('a text is said in the nearest language, else in the default, in English, in any', () => {
  const texts = { de: 'Brief', 'pt-BR': 'Carta', en: 'Letter' }
  assert.equal(inLanguage(texts, 'de-AT', 'en'), 'Brief')
  assert.equal(inLanguage(texts, 'pt-PT', 'de'), 'Carta')
  assert.equal(inLanguage(texts, 'fr', 'de'), 'Brief')
  assert.equal(inLanguage(texts, 'fr', 'nl'), 'Letter')
  assert.equal(inLanguage({ ar: 'رسالة' }, 'fr', 'nl'), 'رسالة')
  assert.equal(languageOf(texts, 'fr-CA', 'de'), 'de')
  assert.equal(inLanguage({}, 'fr', 'nl'), '')
})

test('places in a text are filled, and what nothing is given for stays', () => {
  assert.equal(fill('{name}: {values} {more}', { name: 'News', values: 2 }), 'News: 2 {more}')
})
