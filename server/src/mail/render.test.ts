import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultContentOf, defaultLanguages } from './defaults.ts'
import { placeholdersIn, render } from './render.ts'
import { placeholdersOf, templateIds, templates } from './templates.ts'

const given = {
  organization_name: 'Acme',
  code: '123456',
  list: 'One\nTwo',
  url: 'https://acme.test/?a=1&b=2',
}
const everything = { ...given, privacy_center_url: given.url, validation_approve_url: given.url }

test('every mail speaks every language, names only what it is given, and has its link', () => {
  assert.deepEqual(defaultLanguages, ['en', 'fr', 'de', 'es', 'it', 'nl', 'pt', 'pl', 'ar'])
  for (const language of defaultLanguages)
    for (const id of templateIds) {
      const { subject, html } = defaultContentOf(id, language)
      for (const name of placeholdersIn(subject + html))
        assert.ok(placeholdersOf(id).includes(name), `${id}: ${name}`)
      for (const name of templates[id].parameters) assert.ok(html.includes(`{{${name}}}`), `${id}: ${name}`)
      const rendered = render(id, undefined, language, everything)
      assert.equal(rendered.language, language)
      assert.doesNotMatch(rendered.subject + rendered.html, /[{}]{2}|undefined/)
      assert.ok(rendered.html.includes('href="https://acme.test/?a=1&amp;b=2"'))
      assert.ok(rendered.text.includes('<https://acme.test/?a=1&b=2>'), rendered.text)
    }
})

test('a mail says in which language it is and how it is read; a language without texts gets English', () => {
  assert.match(render('message', undefined, 'ar-EG', given).html, /<html lang="ar" dir="rtl">/)
  assert.match(render('message', undefined, 'de-AT', given).html, /<html lang="de" dir="ltr">/)
  assert.match(render('message', undefined, 'sv', given).html, /<html lang="en" dir="ltr">/)
})

test('what is put in stays text, and its lines stay lines', () => {
  const list = '<script>alert(1)</script>\n"Two" & {{url}}'
  const { html, text } = render('confirm-consent-changed', undefined, 'en', { ...given, list })
  assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;<br>\n&quot;Two&quot; &amp; {{url}}'))
  assert.ok(text.includes('<script>alert(1)</script>\n"Two" & {{url}}'))
})

test('a subject is one line, whatever is put in', () => {
  const properties = { html: 'x', subject: 'For {{ organization_name }}', reply_to: [] }
  const { subject } = render('message', properties, 'en', {
    ...given,
    organization_name: 'A\r\nBcc: <b@x.test>',
  })
  assert.equal(subject, 'For A Bcc: <b@x.test>')
})

test('own words: one text for all languages, or the nearest of several', () => {
  const one = render('message', { html: '<b>Hi</b>', subject: 'Hi', reply_to: [] }, 'sv', given)
  assert.match(one.html, /<html lang="sv" dir="ltr">[\s\S]*<b>Hi<\/b>/)
  const properties = {
    html: { de: '<p>Hallo</p>', fr: '<html><body>Salut</body></html>' },
    subject: { de: 'Hallo', en: 'Hello' },
    reply_to: [],
  }
  assert.deepEqual(
    ['de-CH', 'fr', 'sv'].map(asked => {
      const { language, subject, text } = render('message', properties, asked, given)
      return [language, subject, text]
    }),
    [
      ['de', 'Hallo', 'Hallo'],
      ['fr', 'Hello', 'Salut'],
      ['de', 'Hallo', 'Hallo'],
    ],
  )
  assert.equal(render('message', properties, 'fr', given).html, '<html><body>Salut</body></html>')
})
