/** What one person's tokens may do in a day, and what strangers may make an organization mail in an hour. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { createPersonTokens } from '../src/access/personTokens.ts'
import { createVault } from '../src/access/vault.ts'
import { startHeed, testSecretKey } from './heed.ts'
import { elementIds, fillLibrary } from './library.ts'

const dailyLimits = { events: 3, proofs: 2, copies: 1 }
const limits = { delivers: false, connectors: new Map(), dailyLimits, signInMailsAnHour: 3 }
const heed = await startHeed(limits)
const { call, db, databaseUrl } = heed
const other = await startHeed({ ...limits, databaseUrl })
before(async () => {
  await fillLibrary(heed)
  assert.equal((await call('POST /v1/widgets', { id: 'centre', name: 'Centre' })).status, 200)
  assert.equal((await call('POST /v1/widgets/deployments', { widget_id: 'centre' })).status, 200)
})

const tokenOf = async (organization_user_id: string): Promise<string> =>
  (await call('POST /v1/consents/tokens', { organization_user_id })).body.id_token
const yes = { consents: { purposes: [{ id: 'newsletter', enabled: true }] } }
const pdf = `data:application/pdf;base64,${Buffer.from('%PDF-1.7').toString('base64')}`
const tomorrow = () => sql`update throttles set ends_at = now()`.execute(db)

/** The hosted page as its person's browser asks for it. */
async function pageOf(organizationUserId: string) {
  const session = await createPersonTokens(createVault(testSecretKey)).seal(
    { organizationId: 'acme', organizationUserId, permissions: ['read', 'write'] },
    600,
  )
  return (route: string, form?: Record<string, string>) => {
    const [method, url] = route.split(' ') as ['GET' | 'POST', string]
    return heed.heed.app.inject({
      ...{ method, url },
      headers: {
        accept: 'text/html',
        cookie: `heed_person=${session}`,
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
    })
  }
}

test('events are bounded per person and day, whichever node takes them, and not for the organization', async () => {
  const token = await tokenOf('ann@acme.test')
  assert.equal((await call('POST /v1/consents/events', [yes, yes], { token })).status, 200)
  assert.equal((await other.call('POST /v1/consents/events', yes, { token })).status, 200)
  const refused = await other.call('POST /v1/consents/events', yes, { token })
  assert.equal(refused.status, 429)
  const seconds = Number(refused.headers['retry-after'])
  assert.ok(seconds > 86_000 && seconds <= 86_400)
  assert.equal(
    (await call('POST /v1/consents/events', yes, { token: await tokenOf('bob@acme.test') })).status,
    200,
  )
  const user = { organization_user_id: 'ann@acme.test' }
  assert.equal((await call('POST /v1/consents/events', { user, ...yes })).status, 200)
  await tomorrow()
  assert.equal((await call('POST /v1/consents/events', yes, { token })).status, 200)
})

test('a withdrawal meets no limit: beyond it only what takes something back is taken, once for each thing given', async () => {
  const token = await tokenOf('leaves@acme.test')
  const state = (body: unknown) => call('POST /v1/consents/events', body, { token })
  const saying = (consents: object, more: object = {}) => ({ ...more, consents })
  const purposes = (...choices: [id: string, enabled: boolean][]) => ({
    purposes: choices.map(([id, enabled]) => ({ id, enabled })),
  })
  const topics = (value: string) => ({ purposes: [{ id: 'newsletter', values: { topics: { value } } }] })
  const given = saying({
    ...{ purposes: [{ id: 'newsletter', enabled: true, values: { topics: { value: 'travel,music' } } }] },
    ...{ vendors: { enabled: ['v1'] } },
  })
  assert.equal((await state([given, yes, yes])).status, 200)
  const refused = async (body: unknown) => assert.equal((await state(body)).status, 429, JSON.stringify(body))
  const taken = async (body: unknown) => assert.equal((await state(body)).status, 200, JSON.stringify(body))
  const leaves = saying(purposes(['newsletter', false]), { id: 'leaves' })
  await refused(yes)
  await refused(saying(topics('travel,food')))
  await taken(saying(topics('travel')))
  await refused(saying(purposes(['newsletter', false], ['ads', true])))
  await refused({ ...leaves, created_at: '2020-01-01T00:00:00Z' })
  await refused({ ...leaves, status: 'pending_approval' })
  await refused([leaves, saying(purposes(['newsletter', false]))])
  await taken([leaves, saying(purposes(['ads', false]))])
  await taken(leaves)
  await refused(saying(purposes(['newsletter', false])))
  await refused(saying(purposes(['newsletter', true])))
  await taken(saying({ vendors: { disabled: ['v1'] } }))
  await refused(saying({ vendors: { disabled: ['v1'] } }))
  await refused(saying({ vendors: { disabled: ['never-given'] } }))
  const { body } = await call('GET /v1/consents/users/leaves@acme.test?$by_organization_user_id=true')
  assert.deepEqual(
    body.consents.purposes.map((one: { id: string; enabled: boolean }) => [one.id, one.enabled]),
    [
      ['ads', false],
      ['newsletter', false],
    ],
  )
})

test('beyond the limit the hosted page saves what is taken back, and says that it left the rest', async () => {
  const organizationUserId = 'form@acme.test'
  const user = { organization_user_id: organizationUserId }
  const token = await tokenOf(organizationUserId)
  await call('POST /v1/consents/events', { user, ...yes })
  assert.equal((await call('POST /v1/consents/events', [yes, yes, yes], { token })).status, 200)
  const page = await pageOf(organizationUserId)
  const both = {
    [`shown.${elementIds.newsletter}`]: 'yes',
    [`shown.${elementIds.ads}`]: '',
    [`choice.${elementIds.ads}`]: 'yes',
  }
  const saved = await page('POST /c/acme/centre', both)
  assert.equal(saved.statusCode, 303)
  const receipt = await page(`GET ${saved.headers.location}`)
  assert.match(receipt.body, /only what you withdrew was saved/)
  const { body } = await call(`GET /v1/consents/users/${organizationUserId}?$by_organization_user_id=true`)
  assert.deepEqual(
    body.consents.purposes.map((one: { id: string; enabled: boolean }) => [one.id, one.enabled]),
    [['newsletter', false]],
  )
  const refused = await page('POST /c/acme/centre', both)
  assert.equal(refused.statusCode, 429)
  assert.match(refused.body, /so this was not saved\. Please try again tomorrow/)
})

test('whoever has a link cannot fill the log with it either, and can always unsubscribe by it', async () => {
  const organization_user_id = 'link@acme.test'
  const subscribe = () => call('POST /v1/consents/events', { user: { organization_user_id }, ...yes })
  await subscribe()
  const { body } = await call('POST /v1/consents/links', {
    ...{ organization_user_id, action: 'event.create' },
    event: { consents: { purposes: [{ id: 'newsletter', enabled: false }] } },
  })
  const press = async (payload = '') =>
    (
      await heed.heed.app.inject({
        ...{ method: 'POST', url: new URL(body.url).pathname, payload },
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
      })
    ).statusCode
  const eventsInLog = async () =>
    (await sql`select from log where organization_id = 'acme'`.execute(db)).rows.length
  assert.deepEqual([await press(), await press('undo=1'), await press()], [200, 200, 200])
  const before = await eventsInLog()
  for (const _ of [1, 2, 3]) assert.deepEqual([await press('undo=1'), await press()], [429, 200])
  assert.equal(await eventsInLog(), before)
  await subscribe()
  assert.equal(await press(), 200)
  const status = await call(`GET /v1/consents/users/${organization_user_id}?$by_organization_user_id=true`)
  assert.equal(status.body.consents.purposes[0].enabled, false)
})

test('nor can whoever has a digest link, whatever it says', async () => {
  const { public_api_key: key } = (await call('GET /v1/organizations/acme')).body
  const { body: secret } = await call('POST /v1/secrets', { name: 'mails' })
  const id = 'digest@acme.test'
  const saying = (enabled: boolean) =>
    heed.heed.app.inject({
      method: 'POST',
      url: `/v1/consents/execute?${new URLSearchParams({
        ...{ key, auth_algorithm: 'hmac-sha256', auth_sid: secret.id },
        auth_digest: createHmac('sha256', secret.secret).update(id).digest('hex'),
        ...{ organization_user_id: id, action: 'event.create' },
        event: JSON.stringify({ consents: { purposes: [{ id: 'newsletter', enabled }] } }),
      })}`,
    })
  const codes: number[] = []
  for (const enabled of [true, false, true, true, false, false, true])
    codes.push((await saying(enabled)).statusCode)
  assert.deepEqual(codes, [200, 200, 200, 429, 200, 200, 429])
  const { rows } = await sql`select from links where organization_user_id = ${id}`.execute(db)
  assert.equal(rows.length, 4)
})

test('proofs that come with events are bounded too', async () => {
  const token = await tokenOf('file@acme.test')
  const withProofs = (...proofs: string[]) => call('POST /v1/consents/events', { ...yes, proofs }, { token })
  assert.equal((await withProofs(pdf, pdf)).status, 200)
  assert.equal((await withProofs(pdf)).status, 429)
  assert.equal((await withProofs()).status, 200)
})

test('one copy of a receipt too many is not sent; what was chosen is saved', async () => {
  const organizationUserId = 'copy@acme.test'
  const page = await pageOf(organizationUserId)
  for (const _ of [1, 2]) {
    await call('POST /v1/consents/events', { user: { organization_user_id: organizationUserId }, ...yes })
    const left = await page('POST /c/acme/centre', { action: 'unsubscribe_all', copy: 'yes' })
    assert.equal(left.statusCode, 303)
    assert.match(String(left.headers.location), /saved=/)
  }
  const { rows } = await sql`select from mails where recipient = ${organizationUserId}`.execute(db)
  assert.equal(rows.length, 1)
})

test('many senders together make an organization mail no more strangers than its bound; who is known gets in all the same', async () => {
  const { body } = await call('PATCH /v1/organizations/acme', {
    redirect_hosts: ['shop.acme.test'],
    preference_center_url: 'https://shop.acme.test/prefs',
  })
  let senders = 0
  const ask = (node: typeof heed, address: string, remoteAddress = `10.9.0.${++senders}`) =>
    node.heed.app.inject({
      method: 'GET',
      url: `/v1/auth/initiate?${new URLSearchParams({ key: body.public_api_key, email: address })}`,
      remoteAddress,
    })
  const mailsTo = async (pattern: string, state = 'waiting') =>
    (
      await sql`select from mails where recipient like ${pattern} and email_type = 'otp' and state = ${state}`.execute(
        db,
      )
    ).rows.length
  const known = 'ann@acme.test'
  const answers = [
    ...(await Promise.all([1, 2].map(i => ask(heed, `greedy-${i}@acme.test`, '10.9.9.9')))),
    ...(await Promise.all([1, 2, 3, 4].map(i => ask(i % 2 ? heed : other, `many-${i}@acme.test`)))),
    ...(await Promise.all([heed, other].map(node => ask(node, known)))),
  ]
  for (const { statusCode, body, headers } of answers) {
    const { redirect_url, ...answer } = JSON.parse(body)
    assert.deepEqual(
      [statusCode, headers['retry-after'], Object.keys(answer)],
      [200, undefined, ['type', 'callback']],
    )
  }
  assert.equal(await mailsTo('greedy-%'), 1, 'a sender gets its share')
  assert.deepEqual([await mailsTo('many-%'), await mailsTo('many-%', 'failed')], [2, 2])
  assert.equal(await mailsTo(known), 1, 'the newer of two codes')
  const { rows } =
    await sql`select from mails where reason like 'one of too many%' and html || body || subject <> ''`.execute(
      db,
    )
  assert.equal(rows.length, 0)
  const { body: metrics } = await heed.heed.app.inject({ method: 'GET', url: '/metrics' })
  assert.match(metrics, /heed_sign_in_mails_refused_total [1-9]/)
  await tomorrow()
  assert.equal((await ask(heed, 'later@acme.test')).statusCode, 200)
  assert.equal(await mailsTo('later@acme.test'), 1)
})
