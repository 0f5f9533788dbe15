import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from '../../test/heed.ts'
import { enqueue } from '../mail/outbox.ts'
import { MAILBOX, mailboxRoutes } from './mailbox.ts'

const { db, heed, tokenFor, databaseUrl, organizationId } = await startHeed({ delivers: false })
const sample = await startHeed({
  delivers: false,
  databaseUrl,
  mount: app => mailboxRoutes(app, { db, organizationId }),
})
const get = (url: string) => sample.heed.app.inject({ method: 'GET', url })
const write = (to: string, url: string, organization = organizationId, language = 'en') =>
  enqueue(db, {
    organizationId: organization,
    templateId: 'confirm-consent-changed',
    to,
    language,
    parameters: { list: '<script>alert(1)</script>', url },
  })

test('an empty mailbox says what will be in it', async () => {
  const { statusCode, body } = await get(MAILBOX)
  assert.equal(statusCode, 200)
  assert.match(body, /Nothing yet/)
})

test('the mailbox lists the mails of its organization, newest first, each leading to the mail', async () => {
  await tokenFor('globex')
  const first = await write('ana@acme.test', 'https://acme.test/1')
  await sql`update mails set created_at = now() - interval '1 minute' where id = ${first}`.execute(db)
  const second = await write('bob@acme.test', 'https://acme.test/2')
  const other = await write('eve@globex.test', 'https://globex.test', 'globex')
  const { body, headers } = await get(MAILBOX)
  assert.deepEqual(
    [...body.matchAll(/href="\/sample\/mailbox\/([^"]+)"><bdi>/g)].map(match => match[1]),
    [second, first],
  )
  assert.doesNotMatch(body, /globex/)
  assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'self';/)
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.equal((await get(`${MAILBOX}/style.css`)).headers['content-type'], 'text/css; charset=utf-8')
  for (const path of ['', '/html']) assert.equal((await get(`${MAILBOX}/${other}${path}`)).statusCode, 404)
})

test('a mail is shown as HTML in a sandbox, and as text with its links beside it', async () => {
  const id = await write('ana@acme.test', 'https://acme.test/c?a=1&b=2', organizationId, 'ar')
  const { body } = await get(`${MAILBOX}/${id}`)
  assert.match(
    body,
    /<iframe src="\/sample\/mailbox\/[^"]+\/html" sandbox="allow-top-navigation-by-user-activation"/,
  )
  assert.match(body, /<pre lang="ar" dir="rtl">/)
  assert.ok(body.includes('<a href="https://acme.test/c?a=1&amp;b=2" rel="noreferrer">'))
  assert.doesNotMatch(body, /<script/)
  const mail = await get(`${MAILBOX}/${id}/html`)
  assert.match(mail.body, /<head><base target="_top">/)
  assert.doesNotMatch(mail.body, /<script/)
  const policy = String(mail.headers['content-security-policy'])
  assert.match(policy, /^default-src 'none';/)
  assert.match(policy, /sandbox allow-top-navigation-by-user-activation$/)
  assert.doesNotMatch(policy, /script/)
})

test('without the sample there is no mailbox', async () => {
  assert.equal((await heed.app.inject({ method: 'GET', url: MAILBOX })).statusCode, 404)
})
