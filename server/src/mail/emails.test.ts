import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from '../../test/heed.ts'
import { enqueue } from './outbox.ts'

const { call, db, tokenFor, organizationId } = await startHeed({ delivers: false })
afterEach(() => sql`delete from email_templates`.execute(db))

const properties = {
  html: { en: '<p>Go <a href="{{url}}">there</a></p>', de: '<p><a href="{{ url }}">Los</a></p>' },
  subject: 'A link from {{organization_name}}',
  reply_to: ['help@acme.test'],
}
const input = (more: object = {}) => ({ type_id: 'didomi', email_type: 'message', properties, ...more })
const create = (more: object = {}) => call('POST /v1/marketplace/emails?organization_id=acme', input(more))

async function refused(answer: Promise<{ status: number; body: unknown }>, field: string) {
  const { status, body } = await answer
  assert.equal(status, 400, JSON.stringify(body))
  assert.deepEqual(Object.keys((body as { errors: object }).errors), [field])
}

test('a mail in own words is kept, listed, changed as a whole and deleted', async () => {
  const { status, body: email } = await create()
  assert.equal(status, 200)
  assert.deepEqual(
    { type_id: email.type_id, email_type: email.email_type, properties: email.properties },
    input(),
  )
  assert.deepEqual((await call(`GET /v1/marketplace/emails/${email.id}`)).body, email)
  const list = await call('GET /v1/marketplace/emails?email_type=message')
  assert.deepEqual(list.body, { total: 1, limit: 50, skip: 0, data: [email] })
  const changed = await call(`PATCH /v1/marketplace/emails/${email.id}`, {
    ...email,
    properties: { html: 'x', subject: 'y' },
  })
  assert.deepEqual(changed.body.properties, { html: 'x', subject: 'y', reply_to: [] })
  assert.equal(changed.body.version, 2)
  assert.deepEqual((await call(`DELETE /v1/marketplace/emails/${email.id}`)).body, changed.body)
  assert.equal((await call(`GET /v1/marketplace/emails/${email.id}`)).status, 404)
})

test('one kind of mail has one text', async () => {
  assert.equal((await create()).status, 200)
  const second = await create()
  assert.deepEqual([second.status, Object.keys(second.body.errors)], [409, ['email_type']])
})

test('what is wrong is refused by its place', async () => {
  await refused(create({ type_id: 'actito' }), 'type_id')
  await refused(create({ email_type: 'newsletter' }), 'email_type')
  await refused(create({ colour: 'red' }), 'colour')
  const but = (more: object) => create({ properties: { ...properties, ...more } })
  await refused(but({ html: undefined }), 'properties.html')
  await refused(but({ html: '' }), 'properties.html')
  await refused(but({ html: '<b>{{code}}</b>' }), 'properties.html')
  await refused(but({ html: { en: 'x', de: '{{constructor}}' } }), 'properties.html.de')
  await refused(but({ html: 'x'.repeat(200_001) }), 'properties.html')
  await refused(but({ html: '{{url}}'.repeat(101) }), 'properties.html')
  await refused(but({ html: '<i>'.repeat(5001) }), 'properties.html')
  await refused(but({ html: { en: '' } }), 'properties.html.en')
  await refused(but({ html: {} }), 'properties.html')
  await refused(but({ html: { '"><b>': 'x' } }), 'properties.html."><b>')
  await refused(but({ subject: 'Your {{ code }}' }), 'properties.subject')
  await refused(but({ subject: 7 }), 'properties.subject')
  await refused(but({ reply_to: ['help@acme.test', 'nobody'] }), 'properties.reply_to[1]')
  await refused(but({ from: 'x@acme.test' }), 'properties.from')
  const { body: email } = await create()
  const change = (patch: object) => call(`PATCH /v1/marketplace/emails/${email.id}`, patch)
  await refused(change({ properties: { html: '{{code}}', subject: 'x' } }), 'properties.html')
  await refused(change({ email_type: 'otp' }), 'email_type')
  await refused(change({ id: 'other' }), 'id')
  await refused(call('GET /v1/marketplace/emails?colour=red'), 'colour')
})

test('no text that can be saved keeps Heed busy or cannot be sent', async () => {
  for (const piece of [
    '{{',
    '{{ ',
    '<b>',
    '<table>',
    '<ul><li>',
    '<a href="{{url}}">',
    '<!--',
    '<',
    '&',
    '\n',
  ]) {
    const rest = piece.repeat(200_000 / piece.length).slice(0, 199_000)
    const html = `<p>Hello</p> {{ ${rest.split('<').slice(0, 4990).join('<')}`
    const { status, body } = await call('POST /v1/marketplace/emails/preview', {
      email_type: 'message',
      properties: { html: html.replaceAll('{{url}}', 'x'), subject: 'x' },
    })
    assert.equal(status, 200, `${piece} ${JSON.stringify(body).slice(0, 200)}`)
    assert.match(body.text, /^Hello/)
  }
})

test('a mail is sent in the organization’s own words', async () => {
  await create()
  await enqueue(db, {
    organizationId,
    templateId: 'message',
    to: 'ana@acme.test',
    language: 'de-AT',
    parameters: { url: 'https://acme.test/?a&b' },
  })
  const { rows } = await sql`select language, subject, html, body, reply_to from mails`.execute(db)
  const [{ html, ...mail }] = rows as [{ html: string }]
  assert.match(
    html,
    /<html lang="de" dir="ltr">[\s\S]*<p><a href="https:\/\/acme\.test\/\?a&amp;b">Los<\/a><\/p>/,
  )
  assert.deepEqual(mail, {
    language: 'de',
    subject: 'A link from acme',
    body: 'Los <https://acme.test/?a&b>',
    reply_to: ['help@acme.test'],
  })
})

test('a preview shows a draft, what is stored, or Heed’s own words, and sends nothing', async () => {
  const preview = (body: object) => call('POST /v1/marketplace/emails/preview', body)
  const before = (await sql`select from mails`.execute(db)).rows.length
  const own = await preview({ email_type: 'otp', language: 'fr', parameters: { code: '<7>' } })
  assert.equal(own.status, 200)
  assert.deepEqual(Object.keys(own.body), ['subject', 'html', 'text'])
  assert.equal(own.body.subject, 'Votre code : <7>')
  assert.match(own.body.html, /&lt;7&gt;/)
  const draft = { email_type: 'otp', language: 'en', properties: { html: '{{code}}', subject: 'Draft' } }
  assert.deepEqual(
    [(await preview(draft)).body.subject, (await preview(draft)).body.text],
    ['Draft', '123456'],
  )
  const { body: email } = await create()
  const stored = await call(`POST /v1/marketplace/emails/${email.id}/preview`, {
    language: 'en',
    parameters: { url: 'https://a.test' },
  })
  assert.deepEqual([stored.body.subject, stored.body.text], ['A link from acme', 'Go there <https://a.test>'])
  assert.equal((await preview({ email_type: 'message', language: 'de' })).body.subject, 'A link from acme')
  assert.equal((await sql`select from mails`.execute(db)).rows.length, before)

  await refused(preview({ language: 'en' }), 'email_type')
  await refused(preview({ email_type: 'otp', language: '<b>' }), 'language')
  await refused(preview({ email_type: 'otp', parameters: { colour: 'red' } }), 'parameters.colour')
  await refused(preview({ email_type: 'otp', parameters: { code: 7 } }), 'parameters.code')
  await refused(
    preview({ email_type: 'otp', properties: { html: '{{x}}', subject: 'y' } }),
    'properties.html',
  )
  await refused(call(`POST /v1/marketplace/emails/${email.id}/preview`, { email_type: 'otp' }), 'email_type')
  assert.equal((await call('POST /v1/marketplace/emails/nowhere/preview', {})).status, 404)
})

test('which mails there are, and what they take, can be asked', async () => {
  const { status, body } = await call('GET /v1/marketplace/emails/properties-schema')
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body.didomi.schema.properties), ['html', 'subject', 'reply_to'])
  assert.deepEqual(body.didomi.email_types[1], {
    id: 'otp',
    about: 'a code that signs in',
    parameters: ['code', 'url', 'organization_name'],
  })
})

test('another organization’s mails do not exist', async () => {
  const { id } = (await create()).body
  const token = await tokenFor('globex')
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(`${method} /v1/marketplace/emails/${id}`, undefined, { token })).status, 404)
  assert.equal(
    (await call(`PATCH /v1/marketplace/emails/${id}`, { properties: properties }, { token })).status,
    404,
  )
  assert.equal((await call(`POST /v1/marketplace/emails/${id}/preview`, {}, { token })).status, 404)
  const preview = await call('POST /v1/marketplace/emails/preview', { email_type: 'message' }, { token })
  assert.match(preview.body.subject, /globex/)
})
