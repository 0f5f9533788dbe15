/** What a published widget takes only by a mail, no page gets past with a person's token. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { eventually, startHeed } from './heed.ts'
import { elementIds, fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call, db } = heed
before(async () => {
  await fillLibrary(heed)
  await publish('careful', { double_opt_in: true })
  await publish('easy', {})
})
async function publish(id: string, more: object): Promise<void> {
  const widget = {
    id,
    name: id,
    format: 'embeddable',
    enabled_languages: ['en'],
    default_language: 'en',
    ...more,
  }
  for (const [route, body] of [
    ['POST /v1/widgets', widget],
    ['POST /v1/widgets/deployments', { widget_id: id }],
  ] as const) {
    const answer = await call(route, body)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
  }
}

const yes = { id: 'newsletter', enabled: true }
const no = { id: 'ads', enabled: false }
const tokenOf = async (organization_user_id: string): Promise<string> =>
  (await call('POST /v1/consents/tokens', { organization_user_id })).body.id_token
const state = async (id: string, body: unknown) =>
  (await call('POST /v1/consents/events', body, { token: await tokenOf(id) })).body
const statusOf = async (id: string) => {
  const { body } = await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`)
  return Object.fromEntries(
    body.consents.purposes.map((one: { id: string; enabled?: boolean }) => [one.id, one.enabled]),
  )
}
const askedByMail = (address: string) =>
  eventually(async () => {
    const { rows } = await sql`
      select from mails where recipient = ${address} and email_type = 'validation-double-optin'`.execute(db)
    return rows.length === 1
  })

test('what is accepted waits for the mail whatever the page states, and what is refused beside it counts at once', async () => {
  const made = await state('ann@acme.test', {
    id: 'mixed',
    status: 'confirmed',
    consents: { purposes: [yes, no] },
  })
  assert.deepEqual([made.id, made.status], ['mixed', 'pending_approval'])
  assert.deepEqual(made.consents.purposes, [yes])
  assert.deepEqual(await statusOf('ann@acme.test'), { ads: false })
  await askedByMail('ann@acme.test')
  const again = await state('ann@acme.test', {
    id: 'mixed',
    status: 'confirmed',
    consents: { purposes: [yes, no] },
  })
  assert.deepEqual([again.id, again.status], ['mixed', 'pending_approval'])
  const { rows } = await sql`select from log where organization_id = 'acme'`.execute(db)
  assert.equal(rows.length, 2)
})

test('a choice of values accepts too; an array is answered event by event', async () => {
  const values = { id: 'newsletter', values: { topics: { value: 'food' } } }
  const made = await state('bob@acme.test', [
    { consents: { purposes: [values, no] } },
    { consents: { purposes: [no] } },
  ])
  assert.deepEqual(
    made.map((one: { status: string }) => one.status),
    ['pending_approval', 'confirmed'],
  )
  assert.deepEqual(await statusOf('bob@acme.test'), { ads: false })
})

test('values behind a refusal wait, and the refusal does not', async () => {
  const refused = { id: 'newsletter', enabled: false }
  const made = await state('sly@acme.test', {
    consents: { purposes: [{ ...refused, values: { topics: { value: 'food' } } }] },
  })
  assert.equal(made.status, 'pending_approval')
  const { body } = await call('GET /v1/consents/users/sly@acme.test?$by_organization_user_id=true')
  assert.deepEqual(body.consents.purposes, [refused])
})

test('what no widget can show waits too, but a consent string, which may refuse as well', async () => {
  const consents = {
    channels: [
      { id: 'email', enabled: true },
      { id: 'sms', enabled: false },
    ],
    vendors: { enabled: ['v1'], enabled_li: ['v2'], disabled: ['v3'] },
    tcfcs: 'a-string',
  }
  const held = { channels: consents.channels.slice(0, 1), vendors: { enabled: ['v1'], enabled_li: ['v2'] } }
  const shown = { widget_id: 'easy', version: 1, language: 'en' }
  const made = await state('wide@acme.test', { id: 'wide', consents, shown })
  assert.equal(made.status, 'pending_approval')
  assert.deepEqual(made.consents, held)
  const standing = async () =>
    (await call('GET /v1/consents/users/wide@acme.test?$by_organization_user_id=true')).body.consents
  const { channels, vendors, tcfcs } = await standing()
  assert.deepEqual(
    { channels, vendors: [vendors.enabled, vendors.enabled_li, vendors.disabled], tcfcs },
    { channels: [{ id: 'sms', enabled: false }], vendors: [[], [], ['v3']], tcfcs: 'a-string' },
  )
  await call('PATCH /v1/consents/events/wide', { status: 'confirmed' })
  assert.deepEqual((await standing()).vendors.enabled, ['v1'])
  assert.equal((await state('wide@acme.test', { consents: held })).status, 'confirmed')
})

test('the hosted page holds back by the same rule: a choice of values alone waits as well', async () => {
  const { app } = heed.heed
  const url = '/c/acme/careful'
  const entered = await app.inject({ method: 'GET', url: `${url}?token=${await tokenOf('page@acme.test')}` })
  const saved = await app.inject({
    ...{ method: 'POST', url },
    headers: {
      cookie: String(entered.headers['set-cookie']).split(';')[0] as string,
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: new URLSearchParams({
      [`shown.${elementIds.topics}`]: '',
      [`choice.${elementIds.topics}`]: 'food',
      [`shown.${elementIds.ads}`]: 'yes',
    }).toString(),
  })
  assert.equal(saved.statusCode, 303)
  assert.deepEqual(await statusOf('page@acme.test'), { ads: false })
  await askedByMail('page@acme.test')
})

test('what the person has confirmed before is not asked for again', async () => {
  const user = { organization_user_id: 'old@acme.test' }
  await call('POST /v1/consents/events', { user, consents: { purposes: [yes] } })
  const made = await state('old@acme.test', { consents: { purposes: [yes, no] } })
  assert.equal(made.status, 'confirmed')
})

test('a published widget without double opt-in takes what it shows, and one that nobody published takes nothing', async () => {
  const by = (widget_id: string) => ({
    consents: { purposes: [yes] },
    shown: { widget_id, version: 1, language: 'en' },
  })
  assert.equal((await state('eve@acme.test', by('careful'))).status, 'pending_approval')
  assert.equal((await state('eve@acme.test', by('invented'))).status, 'pending_approval')
  assert.equal((await state('eve@acme.test', by('easy'))).status, 'confirmed')
})

test('the mail and the page behind it name what waits as the person was shown it, in their language', async () => {
  const title = { content: { en: 'Our monthly letter', fr: 'Notre lettre mensuelle' } }
  await call('PATCH /v1/widgets/layout-components/newsltr?widget_id=careful', { options: { title } })
  await call('POST /v1/widgets/deployments', { widget_id: 'careful' })
  const values = { topics: { value: 'food' } }
  await call(
    'POST /v1/consents/events',
    {
      consents: { purposes: [{ ...yes, values }] },
      shown: { widget_id: 'careful', version: 2, language: 'fr' },
    },
    { token: await tokenOf('words@acme.test') },
  )
  await askedByMail('words@acme.test')
  const { rows } = await sql<{ body: string }>`
    select body from mails where recipient = 'words@acme.test'`.execute(db)
  const [mail] = rows
  assert.match(mail?.body ?? '', /Oui à : Notre lettre mensuelle\nOui à : Notre lettre mensuelle – .+ : \S/)
  const url = /<(https?:[^>]+)>/.exec(mail?.body.replace(/\s+(?=[^<]*>)/g, '') ?? '')?.[1] as string
  const page = await heed.heed.app.inject({ method: 'GET', url: new URL(url).pathname })
  assert.match(page.body, /<li>Oui à : Notre lettre mensuelle<\/li>/)
})

test('an organization’s own back end, and whoever has no mailbox as their id, are taken at their word', async () => {
  const user = { organization_user_id: 'own@acme.test' }
  assert.equal(
    (await call('POST /v1/consents/events', { user, consents: { purposes: [yes] } })).body.status,
    'confirmed',
  )
  assert.equal((await state('customer-7', { consents: { purposes: [yes] } })).status, 'confirmed')
})
