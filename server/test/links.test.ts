/** Links: opening shows, the button acts, and neither ever does more than the link says. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { createVault } from '../src/access/vault.ts'
import { startHeed, testSecretKey } from './heed.ts'
import { fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call, db } = heed
const { app } = heed.heed
before(async () => {
  await fillLibrary(heed)
  await call('PATCH /v1/organizations/acme', {
    redirect_hosts: ['shop.acme.test'],
    preference_center_url: 'https://shop.acme.test/prefs',
  })
})

const saying = (enabled: boolean) => ({ consents: { purposes: [{ id: 'newsletter', enabled }] } })
const say = (organization_user_id: string, enabled: boolean, more: object = {}) =>
  call('POST /v1/consents/events', { user: { organization_user_id }, ...saying(enabled), ...more })
const ask = (organization_user_id: string, more: object = {}) =>
  call('POST /v1/consents/links', {
    organization_user_id,
    action: 'event.create',
    event: saying(false),
    ...more,
  })
/** Its path: what a browser on Heed's own host asks for. */
async function link(organization_user_id: string, more: object = {}): Promise<string> {
  const { status, body } = await ask(organization_user_id, more)
  assert.equal(status, 200, JSON.stringify(body))
  return new URL(body.url).pathname
}
const open = (url: string, method: 'GET' | 'HEAD' = 'GET', headers = {}) =>
  app.inject({ method, url, headers: { 'user-agent': 'scanner', ...headers } })
const press = (url: string, body = '', headers = {}) =>
  app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: body,
  })
const ONE_CLICK = 'List-Unsubscribe=One-Click'
const eventsOf = async (id: string): Promise<{ id: string }[]> =>
  (await call(`GET /v1/consents/events?organization_user_id=${id}`)).body.data
const enabledOf = async (id: string) =>
  (await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`)).body.consents.purposes.find(
    (one: { id: string }) => one.id === 'newsletter',
  )?.enabled
const expire = (url: string) => {
  const hash = createVault(testSecretKey).hashSecret(url.split('/').at(-1) as string)
  return sql`update links set expires_at = now() - interval '1 second' where token_hash = ${hash}`.execute(db)
}

test('opening a link changes nothing, however often and by whomever; its button acts once', async () => {
  await say('ann@acme.test', true)
  const url = await link('ann@acme.test')
  for (const method of ['GET', 'HEAD', 'GET'] as const)
    assert.equal((await open(url, method)).statusCode, 200)
  assert.equal(await enabledOf('ann@acme.test'), true)
  const page = await open(url)
  assert.match(page.body, /No to: Newsletter/)
  assert.match(page.body, /<form method="post">/)
  await Promise.all([press(url), press(url), press(url)])
  assert.equal(await enabledOf('ann@acme.test'), false)
  assert.equal((await eventsOf('ann@acme.test')).length, 2)
})

test('a link that says yes speaks once; one that unsubscribes does so again to who has subscribed again', async () => {
  const yes = await link('twice@acme.test', { event: saying(true) })
  const no = await link('twice@acme.test')
  await press(yes)
  await say('twice@acme.test', false)
  assert.match((await press(yes)).body, /Yes to/)
  assert.equal(await enabledOf('twice@acme.test'), false, 'a consent that was used up does not come back')
  await say('twice@acme.test', true)
  await press(no)
  assert.equal((await eventsOf('twice@acme.test')).length, 4)
  await press(no)
  assert.equal((await eventsOf('twice@acme.test')).length, 4)
  await say('twice@acme.test', true)
  assert.match((await open(no)).body, /Unsubscribe/)
  await press(no, ONE_CLICK)
  assert.equal(await enabledOf('twice@acme.test'), false)
})

test('an address says nothing of the person, and the page keeps browsers strict', async () => {
  const { body } = await ask('secret.person@acme.test')
  assert.doesNotMatch(body.url, /secret|acme|newsletter/)
  assert.equal(body.lifetime, 900)
  const { headers, body: page } = await open(new URL(body.url).pathname)
  assert.doesNotMatch(page, /secret\.person/)
  assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
  assert.deepEqual([headers['referrer-policy'], headers['cache-control']], ['no-referrer', 'no-store'])
  assert.equal((await open('/assets/sign-in.css')).statusCode, 200)
})

test('a page speaks the language of its reader, from right to left where it must', async () => {
  const url = await link('lang@acme.test', { language: 'fr' })
  assert.match((await open(url)).body, /<html lang="fr" dir="ltr">[\s\S]*Non à : Lettre/)
  assert.match((await open(`${url}?lang=ar-EG`)).body, /<html lang="ar" dir="rtl">/)
  const plain = await link('lang@acme.test')
  assert.match((await open(plain, 'GET', { 'accept-language': 'de-AT,de;q=0.9' })).body, /lang="de"/)
})

test('each page of a link leads to itself in the other languages, which changes nothing, and goes on to the preferences', async () => {
  await say('switch@acme.test', true)
  const url = await link('switch@acme.test')
  const inGerman = async ({ body }: { body: string }) => {
    const address = /href="([^"]*)" lang="de"/.exec(body)?.[1]?.replaceAll('&amp;', '&') as string
    const page = await open(address)
    assert.match(page.body, /<html lang="de"/)
    return page.body
  }
  assert.match(await inGerman(await open(url)), /<h1>Bitte bestätigen[\s\S]*Abmelden/)
  assert.equal(await enabledOf('switch@acme.test'), true)
  const receipt = await press(url)
  assert.match(await inGerman(receipt), /<h1>Erledigt[\s\S]*name="undo"/)
  assert.match(receipt.body, /href="\/v1\/auth\/sign-in\?key=/)
  assert.equal(await enabledOf('switch@acme.test'), false)
  assert.match(await inGerman(await press(url, 'undo=1')), /<h1>Rückgängig/)
  assert.equal(await enabledOf('switch@acme.test'), true)
})

test('what was unsubscribed from can be undone, and unsubscribed from again', async () => {
  await say('undo@acme.test', true)
  const url = await link('undo@acme.test')
  assert.equal((await press(url, 'undo=1')).statusCode, 200)
  assert.equal(await enabledOf('undo@acme.test'), true)
  const receipt = await press(url)
  assert.match(receipt.body, /name="undo"/)
  assert.equal(await enabledOf('undo@acme.test'), false)
  assert.match((await open(url)).body, /name="undo"/)
  await Promise.all([press(url, 'undo=1'), press(url, 'undo=1')])
  assert.equal(await enabledOf('undo@acme.test'), true)
  await press(url)
  assert.equal(await enabledOf('undo@acme.test'), false)
})

test('one click of a mail program unsubscribes without cookies or redirect, and can be undone at the same address', async () => {
  await say('click@acme.test', true)
  const url = await link('click@acme.test', { redirect_url: 'https://shop.acme.test/bye' })
  const answer = await press(url, ONE_CLICK)
  assert.equal(answer.statusCode, 200)
  assert.equal(await enabledOf('click@acme.test'), false)
  assert.match((await open(url)).body, /name="undo"/)
  await say('form@acme.test', true)
  const boundary = 'x1'
  const multipart = `--${boundary}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--${boundary}--\r\n`
  await press(await link('form@acme.test'), multipart, {
    'content-type': `multipart/form-data; boundary=${boundary}`,
  })
  assert.equal(await enabledOf('form@acme.test'), false)
})

test('one click never consents to anything: a link that says yes does not act by it', async () => {
  await say('yes@acme.test', false)
  const mixed = {
    consents: {
      purposes: [
        { id: 'ads', enabled: false },
        { id: 'newsletter', enabled: true },
      ],
    },
  }
  for (const event of [saying(true), mixed]) {
    const url = await link('yes@acme.test', { event })
    assert.equal((await press(url, ONE_CLICK)).statusCode, 400)
    assert.equal((await eventsOf('yes@acme.test')).length, 1)
    assert.doesNotMatch((await press(url)).body, /name="undo"/)
    assert.equal(await enabledOf('yes@acme.test'), true)
    await call(`DELETE /v1/consents/events/${(await eventsOf('yes@acme.test'))[0]?.id}`)
  }
})

test('a link confirms an event of its person, and a correction made later stands', async () => {
  const made = await say('pend@acme.test', true, { status: 'pending_approval' })
  const event = { id: made.body.id, status: 'confirmed' }
  const url = await link('pend@acme.test', { action: 'event.update', event })
  assert.match((await open(url)).body, /Yes to: Newsletter/)
  assert.equal(await enabledOf('pend@acme.test'), undefined)
  await press(url)
  assert.equal(await enabledOf('pend@acme.test'), true)
  await call(`PATCH /v1/consents/events/${made.body.id}`, saying(false))
  await press(url)
  assert.equal(await enabledOf('pend@acme.test'), false)
  for (const [id, wrong] of [
    ['other@acme.test', event],
    ['pend@acme.test', { status: 'confirmed' }],
    ['pend@acme.test', { id: 'nowhere', status: 'confirmed' }],
    ['pend@acme.test', { id: made.body.id, status: 'maybe' }],
    ['pend@acme.test', { id: made.body.id, colour: 'red' }],
  ] as const)
    assert.equal((await ask(id, { action: 'event.update', event: wrong })).status, 400, JSON.stringify(wrong))
})

test('afterwards the person is led to an address of the organization’s list, and to no other', async () => {
  const url = await link('led@acme.test', { redirect_url: 'https://shop.acme.test/thanks?a=1' })
  assert.match(
    String((await open(url)).headers['content-security-policy']),
    /form-action 'self' https:\/\/shop\.acme\.test/,
  )
  const led = await press(url)
  assert.deepEqual([led.statusCode, led.headers.location], [303, 'https://shop.acme.test/thanks?a=1'])
  for (const redirect_url of [
    'https://evil.test/',
    'https://shop.acme.test.evil.test/',
    'https://shop.acme.test@evil.test/',
    'https://evil.test\\@shop.acme.test/',
    'http://shop.acme.test/',
    'https://shop.acme.test:8443/',
    '//evil.test',
    '/relative',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user:pw@shop.acme.test/',
    `https://shop.acme.test/${'x'.repeat(3000)}`,
  ]) {
    const { status, body } = await ask('led@acme.test', { redirect_url })
    assert.deepEqual([status, Object.keys(body.errors)], [400, ['redirect_url']], redirect_url)
  }
  const left = await link('led@acme.test', { redirect_url: 'https://shop.acme.test/' })
  await call('PATCH /v1/organizations/acme', { redirect_hosts: [] })
  assert.equal((await press(left)).statusCode, 200, 'a host that has left the list gets nobody')
  await call('PATCH /v1/organizations/acme', { redirect_hosts: ['shop.acme.test'] })
  const { body } = await ask('led@acme.test', { redirect_url: 'https://shop.acme.test/\r\nSet-Cookie: a=b' })
  const { headers } = await press(new URL(body.url).pathname)
  assert.doesNotMatch(String(headers.location), /[\r\n]/)
  assert.ok(!('set-cookie' in headers))
})

test('only a link that was told to acts when it is opened, with a warning to who made it, and never by HEAD', async () => {
  await say('open@acme.test', true)
  const { body } = await ask('open@acme.test', { act_on_open: true })
  assert.match(body.warnings[0], /open every link/)
  const url = new URL(body.url).pathname
  await open(url, 'HEAD')
  await open(url, 'GET', { 'sec-purpose': 'prefetch;prerender' })
  assert.equal(await enabledOf('open@acme.test'), true)
  assert.match((await open(url)).body, /name="undo"/)
  assert.equal(await enabledOf('open@acme.test'), false)
  await open(url)
  assert.equal((await eventsOf('open@acme.test')).length, 2)
})

test('an expired link says so and offers a way on; an unknown one is not there; neither changes anything', async () => {
  await say('late@acme.test', true)
  const url = await link('late@acme.test', { act_on_open: true })
  await expire(url)
  for (const answer of [
    await open(url),
    await press(url),
    await press(url, ONE_CLICK),
    await press(url, 'undo=1'),
  ]) {
    assert.equal(answer.statusCode, 410)
    assert.match(answer.body, /href="\/v1\/auth\/sign-in\?key=[^"]+"/)
  }
  assert.equal(await enabledOf('late@acme.test'), true)
  for (const bad of [`${url}x`, '/v1/consents/links/x', `/v1/consents/links/${'x'.repeat(43)}`])
    assert.deepEqual([(await open(bad)).statusCode, (await press(bad)).statusCode], [404, 404])
})

test('a link belongs to who has a key; what is not valid is refused when the link is made', async () => {
  const token = (await call('POST /v1/consents/tokens', { organization_user_id: 'ann@acme.test' })).body
    .id_token
  const body = { organization_user_id: 'ann@acme.test', action: 'event.create', event: saying(false) }
  assert.equal((await call('POST /v1/consents/links', body, { token })).status, 403)
  const other = await heed.tokenFor('globex')
  assert.equal((await call('POST /v1/consents/links', body, { token: other })).status, 400)
  assert.equal(
    (await call('POST /v1/consents/links?organization_id=acme', body, { token: other })).status,
    403,
  )
  for (const more of [
    { action: 'event.delete' },
    { event: { consents: { purposes: [{ id: 'nowhere', enabled: true }] } } },
    { event: { user: { organization_user_id: 'bob@acme.test' }, user_id: 'x' } },
    { event: { ...saying(true), user: 'bob' } },
    { event: { ...saying(false), created_at: '2020-01-01T00:00:00Z' } },
    { lifetime: 0 },
    { lifetime: 1e12 },
    { language: '"><script>' },
  ])
    assert.equal((await ask('ann@acme.test', more)).status, 400, JSON.stringify(more))
})

test('a link states for its own person, whatever its event names', async () => {
  const url = await link('mine@acme.test', {
    event: { ...saying(true), user: { organization_user_id: 'theirs@acme.test' } },
  })
  await press(url)
  assert.equal(await enabledOf('mine@acme.test'), true)
  assert.equal((await eventsOf('theirs@acme.test')).length, 0)
})

test('an erased person leaves no link behind', async () => {
  const made = await say('gone@acme.test', true)
  const url = await link('gone@acme.test')
  await call(`DELETE /v1/consents/users/${made.body.user.id}`)
  assert.equal((await press(url)).statusCode, 404)
})
