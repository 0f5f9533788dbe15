import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html } from './html.ts'

test('what is put into a page is escaped, in text and in attributes', () => {
  const evil = `"'><script>alert(1)</script>&amp;`
  assert.equal(
    html`<p title="${evil}">${evil}</p>`.text,
    '<p title="&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;">&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;</p>',
  )
})

test('HTML stands as it is, lists are joined, and what is not there renders as nothing', () => {
  const items = ['a', '<b>'].map(item => html`<li>${item}</li>`)
  assert.equal(
    html`<ul>${items}</ul>${false}${true}${null}${undefined}${0}`.text,
    '<ul><li>a</li><li>&lt;b&gt;</li></ul>0',
  )
})
