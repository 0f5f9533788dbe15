/** Double opt-in: a pending event counts once its person has confirmed it by mail, and is let go of otherwise. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { eventually, startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
await startHeed({ delivers: false, connectors: new Map(), databaseUrl: heed.databaseUrl })
const { call, db } = heed
const { app } = heed.heed
before(() => fillLibrary(heed))

const saying = { consents: { purposes: [{ id: 'newsletter', enabled: true }] } }
const pending = (organization_user_id: string, more: object = {}) =>
  call('POST /v1/consents/events', {
    user: { organization_user_id },
    status: 'pending_approval',
    ...saying,
    ...more,
  })
async function byToken(organization_user_id: string, more: object = {}): Promise<{ id: string }> {
  const token = await call('POST /v1/consents/tokens', {
    organization_user_id,
    validations: { email: { enabled: true } },
  })
  const made = await call(
    'POST /v1/consents/events',
    { ...saying, ...more },
    {
      token: token.body.id_token,
      headers: { 'accept-language': 'fr-FR,fr;q=0.9' },
    },
  )
  assert.deepEqual([made.status, made.body.status], [200, 'pending_approval'])
  return made.body
}
const mailsTo = async (address: string) =>
  (
    await sql<{ body: string; language: string; email_type: string }>`
      select body, language, email_type from mails where recipient = ${address}`.execute(db)
  ).rows
const settled = async () => {
  const { rows } = await sql`select from confirmations where mailed_at is null`.execute(db)
  return rows.length === 0
}
async function linkTo(address: string): Promise<string> {
  const mail = await eventually(async () => (await mailsTo(address))[0])
  const text = mail.body.replace(/\s+(?=[^<]*>)/g, '')
  return new URL(/<(https?:[^>]+)>/.exec(text)?.[1] as string).pathname
}
const open = (url: string) => app.inject({ method: 'GET', url })
const press = (url: string) => app.inject({ method: 'POST', url })
const enabledOf = async (id: string) =>
  (await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`)).body.consents.purposes[0]
    ?.enabled
const expire = () => sql`update confirmations set expires_at = now() - interval '1 second'`.execute(db)

test('an event that waits is confirmed by the button behind its mail, and not by opening it', async () => {
  await byToken('ann@acme.test')
  const url = await linkTo('ann@acme.test')
  assert.doesNotMatch(url, /ann(@|%40)|acme/)
  const [mail] = await mailsTo('ann@acme.test')
  assert.deepEqual([mail?.email_type, mail?.language], ['validation-double-optin', 'fr'])
  for (const _ of [1, 2]) assert.match((await open(url)).body, /lang="fr"[\s\S]*Oui à : Lettre/)
  assert.equal(await enabledOf('ann@acme.test'), undefined)
  assert.equal((await press(url)).statusCode, 200)
  assert.equal(await enabledOf('ann@acme.test'), true)
})

test('who is asked to confirm is asked in the language that the event names, else the one that they have chosen', async () => {
  await call('POST /v1/preferences', {
    ...{ id: 'speech', name: { en: 'Language' }, type: 'single', metadata: { 'heed:language': true } },
    values: ['en', 'pl'].map(id => ({ id, name: { en: id } })),
  })
  const spoken = { purposes: [{ id: 'newsletter', values: { speech: { value: 'pl' } } }] }
  for (const id of ['chose@acme.test', 'named@acme.test'])
    await call('POST /v1/consents/events', { user: { organization_user_id: id }, consents: spoken })
  await byToken('chose@acme.test')
  await byToken('named@acme.test', { user: { metadata: { language: 'nl' } } })
  const languageTo = (address: string) => eventually(async () => (await mailsTo(address))[0]?.language)
  assert.deepEqual([await languageTo('chose@acme.test'), await languageTo('named@acme.test')], ['pl', 'nl'])
})

test('an organization that asks for it has its own pending events confirmed, where the person is an address', async () => {
  await pending('off@acme.test')
  await call('PATCH /v1/organizations/acme', { double_opt_in: true })
  await pending('customer-7')
  await call('POST /v1/consents/events', { user: { organization_user_id: 'sure@acme.test' }, ...saying })
  await pending('on@acme.test', {
    user: { organization_user_id: 'on@acme.test', metadata: { language: 'de' } },
  })
  await press(await linkTo('on@acme.test'))
  assert.equal(await enabledOf('on@acme.test'), true)
  assert.equal((await mailsTo('on@acme.test'))[0]?.language, 'de')
  await eventually(settled)
  for (const address of ['off@acme.test', 'sure@acme.test', 'customer-7'])
    assert.equal((await mailsTo(address)).length, 0)
  const token = await call('POST /v1/consents/tokens', {
    organization_user_id: 'customer-7',
    validations: { email: { enabled: true } },
  })
  assert.deepEqual([token.status, Object.keys(token.body.errors)], [400, ['organization_user_id']])
})

test('an event that is sent twice is asked for once, whichever nodes look', async () => {
  for (const _ of [1, 2]) await pending('once@acme.test', { id: 'once' })
  await linkTo('once@acme.test')
  await eventually(settled)
  assert.equal((await mailsTo('once@acme.test')).length, 1)
})

test('what is not confirmed in time is let go of; what was confirmed stays', async () => {
  const late = await pending('late@acme.test')
  const kept = await pending('kept@acme.test')
  const [lateUrl, keptUrl] = [await linkTo('late@acme.test'), await linkTo('kept@acme.test')]
  await press(keptUrl)
  await eventually(settled)
  await expire()
  await eventually(async () => (await sql`select from confirmations`.execute(db)).rows.length === 0)
  assert.equal((await call(`GET /v1/consents/events/${late.body.id}`)).status, 404)
  assert.equal((await call(`GET /v1/consents/events/${kept.body.id}`)).body.status, 'confirmed')
  assert.equal((await press(lateUrl)).statusCode, 404)
  assert.equal(await enabledOf('late@acme.test'), undefined)
  assert.equal(await enabledOf('kept@acme.test'), true)
})

test('a stranger’s mailbox is not filled: the eleventh event of a day waits without a mail, and the next day’s gets one', async () => {
  await call(
    'POST /v1/consents/events',
    Array.from({ length: 21 }, () => ({
      user: { organization_user_id: 'flood@acme.test' },
      status: 'pending_approval',
      ...saying,
    })),
  )
  await eventually(settled)
  assert.equal((await mailsTo('flood@acme.test')).length, 10)
  await sql`update confirmations set mailed_at = mailed_at - interval '1 day' where not passed_over`.execute(
    db,
  )
  await pending('flood@acme.test')
  await eventually(async () => (await mailsTo('flood@acme.test')).length === 11)
})

test('a mail that cannot be written keeps nobody else from being asked', async () => {
  const globex = await heed.tokenFor('globex')
  await call('PATCH /v1/organizations/globex', { double_opt_in: true }, { token: globex })
  await sql`
    insert into email_templates (organization_id, id, email_type, properties)
    values ('globex', 'broken', 'validation-double-optin', '{"html": null, "subject": null}')`.execute(db)
  const user = { organization_user_id: 'broken@globex.test' }
  await call('POST /v1/consents/events', { user, status: 'pending_approval' }, { token: globex })
  await pending('next@acme.test')
  await linkTo('next@acme.test')
  await eventually(settled)
  assert.equal((await mailsTo('broken@globex.test')).length, 0)
})

test('an erased person is not asked any more', async () => {
  const made = await pending('gone@acme.test')
  const url = await linkTo('gone@acme.test')
  await call(`DELETE /v1/consents/users/${made.body.user.id}`)
  assert.equal((await press(url)).statusCode, 404)
})
