/** Signing in: a code or a link, to whom the mailbox belongs and to nobody else. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const other = await startHeed({ delivers: false, connectors: new Map(), databaseUrl: heed.databaseUrl })
const { call, db } = heed
const { app } = heed.heed
const CENTER = 'https://shop.acme.test/prefs'
let key = ''
before(async () => {
  await fillLibrary(heed)
  const { body } = await call('PATCH /v1/organizations/acme', {
    redirect_hosts: ['shop.acme.test'],
    preference_center_url: CENTER,
  })
  key = body.public_api_key
})

let senders = 0
/** Each from another address, so that only what a test is about is counted. */
const newSender = () => `10.0.${Math.floor(++senders / 250)}.${senders % 250}`
const query = (fields: object) => new URLSearchParams({ key, ...fields }).toString()
const get = (path: string, fields: object, remoteAddress = newSender(), headers = {}) =>
  app.inject({ method: 'GET', url: `${path}?${query(fields)}`, remoteAddress, headers })
const generate = (email: string, fields = {}, from?: string) =>
  get('/auth/protocols/otp/generate', { email, ...fields }, from)
const verify = (organization_user_id: string, code: string, node = app, fields = {}) =>
  node.inject({
    method: 'POST',
    url: `/v1/auth/protocols/otp/verify?${query(fields)}`,
    remoteAddress: newSender(),
    payload: { code, organization_user_id },
  })
async function lastMail(
  to: string,
): Promise<{ subject: string; body: string; count: number; email_type: string }> {
  const { rows } = await sql<{ subject: string; body: string; count: number; email_type: string }>`
    select subject, body, email_type, count(*) over ()::integer as count from mails
    where recipient = ${to} order by created_at desc limit 1`.execute(db)
  return rows[0] ?? { subject: '', body: '', count: 0, email_type: '' }
}
const codeFor = async (email: string) => /\d{6}/.exec((await lastMail(email)).subject)?.[0] as string
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
const urlIn = (text: string) => /<(https?:[^>]+)>/.exec(text.replace(/\s+(?=[^<]*>)/g, ''))?.[1] as string

const tomorrow = () => sql`update throttles set ends_at = now()`.execute(db)

test('a code that came by mail gives a token of the address, once', async () => {
  const asked = await generate('ann@acme.test')
  assert.equal(asked.statusCode, 200)
  assert.deepEqual(Object.keys(asked.json()).sort(), ['callback', 'redirect_url'])
  assert.doesNotMatch(asked.json().redirect_url, /ann(@|%40)|acme\.test/)
  const code = await codeFor('ann@acme.test')
  const answers = await Promise.all([
    verify('ann@acme.test', code),
    verify('ann@acme.test', code, other.heed.app),
  ])
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 400])
  const { id_token, organization_user_id } =
    answers.find(({ statusCode }) => statusCode === 200)?.json() ?? {}
  assert.equal(organization_user_id, 'ann@acme.test')
  const made = await call(
    'POST /v1/consents/events',
    { consents: { purposes: [{ id: 'newsletter', enabled: true }] } },
    { token: id_token },
  )
  assert.equal(made.body.user.organization_user_id, 'ann@acme.test')
})

test('a code is tried five times at most, also from two nodes at once, and is wrong for any other address', async () => {
  await generate('brute@acme.test')
  const code = await codeFor('brute@acme.test')
  assert.equal((await verify('ann@acme.test', code)).statusCode, 400)
  const tries = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      verify('brute@acme.test', wrong(code), i % 2 ? app : other.heed.app),
    ),
  )
  assert.deepEqual(new Set(tries.map(({ statusCode }) => statusCode)), new Set([400]))
  const { rows } = await sql<{ tries: number }>`select max(tries) as tries from sign_in_codes`.execute(db)
  assert.equal(rows[0]?.tries, 5)
  const late = await verify('brute@acme.test', code)
  assert.deepEqual(
    [late.statusCode, late.body],
    [400, tries[0]?.body],
    'right and too late is as wrong as wrong',
  )
})

test('nobody who only knows an address keeps its owner out: who comes by the mail has tries of their own', async () => {
  const page = async (url: string) => stateIn((await app.inject({ method: 'GET', url })).body)
  const enter = (state: string, code: string) => post('/v1/auth/sign-in/code', { state, code })
  await tomorrow()
  for (const _ of [1, 2, 3, 4]) {
    await generate('kept-out@acme.test')
    const code = await codeFor('kept-out@acme.test')
    for (const _ of [1, 2, 3, 4, 5])
      assert.equal((await verify('kept-out@acme.test', wrong(code))).statusCode, 400)
  }
  const asked = new URL((await generate('kept-out@acme.test')).json().redirect_url)
  const code = await codeFor('kept-out@acme.test')
  const guess = await verify('kept-out@acme.test', code)
  assert.ok(guess.statusCode === 429 && Number(guess.headers['retry-after']) > 80_000, 'twenty a day')
  const refused = await enter(await page(asked.pathname + asked.search), code)
  assert.equal(refused.statusCode, 429)
  assert.match(refused.body, /button in our mail/)
  const mailed = new URL(urlIn((await lastMail('kept-out@acme.test')).body))
  const state = await page(mailed.pathname + mailed.search)
  for (const _ of [1, 2, 3, 4]) assert.equal((await enter(state, wrong(code))).statusCode, 400)
  assert.equal((await enter(state, code)).statusCode, 303)
  assert.equal((await enter(state, code)).statusCode, 400)
})

test('a code that has not left yet is not sent any more once there is a newer one', async () => {
  await generate('slow@acme.test')
  await generate('SLOW@acme.test')
  const { rows } = await sql<{ recipient: string; state: string }>`
    select recipient, state from mails where lower(recipient) = 'slow@acme.test' order by created_at`.execute(
    db,
  )
  assert.deepEqual(
    rows.map(({ recipient, state }) => [recipient, state]),
    [
      ['slow@acme.test', 'failed'],
      ['SLOW@acme.test', 'waiting'],
    ],
  )
})

test('only the newest code of an address lives, for five minutes, and none is kept in clear', async () => {
  await generate('new@acme.test')
  const first = await codeFor('new@acme.test')
  await generate('NEW@acme.test')
  const second = await codeFor('NEW@acme.test')
  if (first !== second) assert.equal((await verify('new@acme.test', first)).statusCode, 400)
  const { rows } = await sql<{ text: string; lives: number }>`
    select c::text as text, extract(epoch from expires_at - now())::float8 as lives from sign_in_codes c`.execute(
    db,
  )
  for (const { text, lives } of rows) {
    assert.ok(!text.includes(second) && !text.includes('acme.test'))
    assert.ok(lives <= 300)
  }
  await sql`update sign_in_codes set expires_at = now()`.execute(db)
  assert.equal((await verify('new@acme.test', second)).statusCode, 400)
})

test('nobody learns whether an address is known: the answer and the mail are the same', async () => {
  await call('POST /v1/consents/events', { user: { organization_user_id: 'known@acme.test' } })
  const shape = async (email: string) => {
    const answer = await generate(email)
    const { redirect_url, callback } = answer.json()
    const { email_type, count } = await lastMail(email)
    return [answer.statusCode, redirect_url.length, callback, email_type, count]
  }
  assert.deepEqual(await shape('known@acme.test'), await shape('other@acme.test'))
  const link = async (id: string) =>
    (await get('/auth/protocols/message/callback', { id, privacy_center_url: CENTER, channel: 'email' })).body
  assert.equal(await link('known@acme.test'), await link('other@acme.test'))
})

test('a mail speaks the language that its person has chosen; the answer speaks that of who asks, and says nothing of the person', async () => {
  await call('POST /v1/preferences', {
    ...{ id: 'speech', name: { en: 'Language' }, type: 'single', metadata: { 'heed:language': true } },
    values: ['en', 'fr', 'pl'].map(id => ({ id, name: { en: id } })),
  })
  const answer = (value: string) => ({ id: 'newsletter', values: { speech: { value } } })
  for (const value of ['pl', 'fr'])
    await call('POST /v1/consents/events', {
      user: { organization_user_id: 'speaks@acme.test' },
      consents: { purposes: [answer(value)] },
    })
  const ask = async (path: string, email: string, fields = {}) => {
    const { statusCode, json } = await get(
      path,
      { ...(path.endsWith('callback') ? { id: email } : { email }), ...fields },
      newSender(),
      { 'accept-language': 'de' },
    )
    const { rows } = await sql<{ language: string; url: string }>`
      select language, body as url from mails where recipient = ${email} order by created_at desc limit 1`.execute(
      db,
    )
    return { statusCode, redirect: json().redirect_url, ...rows[0] }
  }
  const languageIn = (url: string) => new URL(url).searchParams.get('lang')
  const code = '/auth/protocols/otp/generate'
  const [known, unknown] = [await ask(code, 'speaks@acme.test'), await ask(code, 'nobody@acme.test')]
  assert.deepEqual([known.language, unknown.language], ['fr', 'de'])
  assert.deepEqual([languageIn(known.redirect), languageIn(unknown.redirect)], ['de', 'de'])
  assert.equal(known.redirect.length, unknown.redirect.length + 'speaks'.length - 'nobody'.length)
  assert.equal(languageIn(urlIn(known.url as string)), 'fr')
  assert.equal((await ask(code, 'Speaks@ACME.test')).language, 'fr')
  assert.equal((await ask('/auth/protocols/message/callback', 'speaks@acme.test')).language, 'fr')
  assert.equal((await ask(code, 'speaks@acme.test', { lang: 'it' })).language, 'it')
  const onPage = (to: string) =>
    app.inject({
      method: 'POST',
      url: `/v1/auth/sign-in?${query({ lang: 'de', to })}`,
      remoteAddress: newSender(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'email=speaks@acme.test',
    })
  assert.match(String((await onPage(CENTER)).headers.location), /lang=de$/)
  assert.equal((await ask(code, 'nobody@acme.test')).language, 'de')
  const languages = async () =>
    (
      await sql<{ language: string }>`
        select language from mails where recipient = 'speaks@acme.test' order by created_at desc limit 1`.execute(
        db,
      )
    ).rows[0]?.language
  assert.equal(await languages(), 'fr')
  await tomorrow()
  await onPage(`${CENTER}?lang=de`)
  assert.equal(await languages(), 'de')
})

test('mails to one address and by one sender are bounded, whichever node they go by', async () => {
  const times = 8
  const answers = await Promise.all(
    Array.from({ length: times }, (_, i) =>
      (i % 2 ? app : other.heed.app).inject({
        method: 'GET',
        url: `/auth/protocols/otp/generate?${query({ email: i % 2 ? 'flood@acme.test' : 'FLOOD@acme.test' })}`,
        remoteAddress: newSender(),
      }),
    ),
  )
  assert.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 5)
  const refused = answers.find(({ statusCode }) => statusCode === 429)
  assert.ok(Number(refused?.headers['retry-after']) > 0)
  const from = (i: number) => generate(`many-${i}@acme.test`, {}, `2001:db8::${i + 1}`)
  const many = await Promise.all(Array.from({ length: 62 }, (_, i) => from(i)))
  assert.equal(many.filter(({ statusCode }) => statusCode === 429).length, 2)
})

test('a link that came by mail opens the privacy center with a sealed token, and opening it twice does no harm', async () => {
  const answer = await get('/auth/protocols/message/callback', {
    id: 'link@acme.test',
    privacy_center_url: `${CENTER}?a=1#top`,
    channel: 'email',
  })
  assert.equal(answer.statusCode, 200)
  const { body, email_type } = await lastMail('link@acme.test')
  assert.equal(email_type, 'message')
  const url = new URL(urlIn(body))
  assert.deepEqual([url.host, url.pathname, url.searchParams.get('a')], ['shop.acme.test', '/prefs', '1'])
  const token = url.searchParams.get('token') as string
  assert.equal(token.split('.').length, 5)
  assert.doesNotMatch(url.href, /link@|link%40/)
  for (const _ of [1, 2])
    assert.equal((await call('GET /v1/consents/events', undefined, { token })).status, 200)
  assert.doesNotMatch(answer.body, new RegExp(token))
})

test('no token and no person is sent to a host that the organization has not named', async () => {
  for (const privacy_center_url of [
    'https://evil.test/',
    'https://shop.acme.test@evil.test/',
    'http://shop.acme.test/',
    'javascript:alert(1)',
    '//evil.test',
  ]) {
    const link = await get('/auth/protocols/message/callback', { id: 'evil@acme.test', privacy_center_url })
    assert.deepEqual([link.statusCode, Object.keys(link.json().errors)], [400, ['privacy_center_url']])
    assert.equal((await generate('evil@acme.test', { privacy_center_url })).statusCode, 400)
    assert.equal((await get('/v1/auth/sign-in', { to: privacy_center_url })).statusCode, 404)
    assert.equal((await verify('evil@acme.test', '123456', app, { privacy_center_url })).statusCode, 400)
  }
  assert.equal((await lastMail('evil@acme.test')).count, 0)
})

test('what is no address gets no mail, above all one that would bring headers of its own', async () => {
  for (const email of [
    'ann',
    'ann@acme.test\r\nBcc: all@acme.test',
    'a@acme.test,b@acme.test',
    '',
    '<a@acme.test>',
  ])
    assert.equal((await generate(email)).statusCode, 400, email)
  const foreign = await app.inject({
    method: 'GET',
    url: '/auth/protocols/otp/generate?key=nope&email=a@acme.test',
  })
  assert.equal(foreign.statusCode, 400)
  const head = await app.inject({
    method: 'HEAD',
    url: `/auth/protocols/otp/generate?${query({ email: 'head@acme.test' })}`,
  })
  assert.equal(head.statusCode, 404)
  assert.equal((await lastMail('head@acme.test')).count, 0)
})

test('the organization’s default way is taken unless another is named', async () => {
  const initiate = (fields: object) => get('/v1/auth/initiate', { email: 'way@acme.test', ...fields })
  assert.equal((await initiate({})).json().type, 'otp')
  const link = await call('POST /v1/auth-providers', { type: 'message', is_default: true })
  const code = await call('POST /v1/auth-providers', { type: 'otp' })
  assert.deepEqual((await initiate({})).json(), { type: 'message', auth_provider_id: link.body.id })
  assert.equal((await lastMail('way@acme.test')).email_type, 'message')
  const named = (await initiate({ auth_provider_id: code.body.id })).json()
  assert.equal(named.type, 'otp')
  const page = await app.inject({ method: 'GET', url: named.redirect_url.replace(/^https?:\/\/[^/]+/, '') })
  assert.match(page.body, new RegExp(`auth_provider_id=${code.body.id}`), 'a new code comes the same way')
  const globex = await heed.tokenFor('globex')
  const theirs = await call('POST /v1/auth-providers', { type: 'otp' }, { token: globex })
  assert.equal((await initiate({ auth_provider_id: theirs.body.id })).statusCode, 404)
  for (const { body } of [link, code]) await call(`DELETE /v1/auth-providers/${body.id}`)
})

test('browsers on any site may sign people in', async () => {
  for (const path of ['otp/generate', 'otp/verify', 'message/callback']) {
    const answer = await app.inject({ method: 'OPTIONS', url: `/v1/auth/protocols/${path}` })
    assert.deepEqual([answer.statusCode, answer.headers['access-control-allow-origin']], [204, '*'])
  }
})

const post = (url: string, fields: Record<string, string>, headers = {}) =>
  app.inject({
    method: 'POST',
    url,
    remoteAddress: newSender(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(fields).toString(),
  })
/** As a browser does. */
async function askOnPage(url: string, email: string) {
  const { statusCode, headers } = await post(url, { email })
  assert.equal(statusCode, 303)
  return app.inject({ method: 'GET', url: String(headers.location) })
}
const stateIn = (page: string) => /name="state" value="([^"]+)"/.exec(page)?.[1] as string

test('the sign-in page leads by address and code to the preferences, without JavaScript', async () => {
  const page = await get('/v1/auth/sign-in', { lang: 'de' })
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /<html lang="de"[\s\S]*<label for="email">[\s\S]*type="email"/)
  const url = `/v1/auth/sign-in?${query({ lang: 'de' })}`
  assert.equal((await post(url, { email: 'nonsense' })).statusCode, 400)
  const asked = await askOnPage(url, ' Page@acme.test ')
  assert.match(
    String(asked.headers['content-security-policy']),
    /form-action 'self' https:\/\/shop\.acme\.test/,
  )
  assert.doesNotMatch(asked.body, /page@acme/i)
  const code = await codeFor('Page@acme.test')
  const missed = await post('/v1/auth/sign-in/code', { state: stateIn(asked.body), code: wrong(code) })
  assert.equal(missed.statusCode, 400)
  assert.match(missed.body, /role="alert"/)
  const entered = await post('/v1/auth/sign-in/code', { state: stateIn(missed.body), code: ` ${code} ` })
  assert.equal(entered.statusCode, 303)
  const to = new URL(String(entered.headers.location))
  assert.equal(to.origin + to.pathname, CENTER)
  const mine = await call('GET /v1/consents/users', undefined, {
    token: to.searchParams.get('token') as string,
  })
  assert.equal(mine.status, 200)
})

test('the mail’s own page asks for the code, too; a state that was not made here is worth nothing', async () => {
  const { redirect_url } = (await generate('mailed@acme.test')).json()
  const { pathname, search } = new URL(redirect_url)
  const page = await app.inject({ method: 'GET', url: pathname + search })
  const code = await codeFor('mailed@acme.test')
  assert.equal((await post('/v1/auth/sign-in/code', { state: stateIn(page.body), code })).statusCode, 303)
  for (const state of ['x', 'A'.repeat(200), stateIn(page.body).slice(0, -8)]) {
    assert.equal((await app.inject({ method: 'GET', url: `${pathname}?state=${state}` })).statusCode, 404)
    assert.equal((await post('/v1/auth/sign-in/code', { state, code })).statusCode, 404)
  }
})

test('the page for the code is there in each language, and leads back for a new code or another address', async () => {
  const asked = await askOnPage(`/v1/auth/sign-in?${query({ lang: 'de' })}`, 'again@acme.test')
  const follow = (page: string, link: RegExp) =>
    app.inject({ method: 'GET', url: link.exec(page)?.[1]?.replaceAll('&amp;', '&') as string })
  const french = await follow(asked.body, /href="([^"]*)" lang="fr"/)
  assert.match(french.body, /<html lang="fr"[\s\S]*Saisissez votre code/)
  const code = await codeFor('again@acme.test')
  assert.equal((await post('/v1/auth/sign-in/code', { state: stateIn(french.body), code })).statusCode, 303)
  const again = await follow(french.body, /<p><a href="([^"]*)"/)
  assert.match(again.body, /<html lang="fr"[\s\S]*type="email"/)
})

test('a form from another site signs nobody in', async () => {
  const url = `/v1/auth/sign-in?${query({})}`
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.test' },
  ]) {
    assert.equal((await post(url, { email: 'csrf@acme.test' }, headers)).statusCode, 403)
    assert.equal((await post('/v1/auth/sign-in/code', { state: 'x', code: '1' }, headers)).statusCode, 403)
  }
  assert.equal((await lastMail('csrf@acme.test')).count, 0)
  assert.equal(
    (await post(url, { email: 'own@acme.test' }, { 'sec-fetch-site': 'same-origin', origin: 'null' }))
      .statusCode,
    303,
  )
})

test('whoever has written their address otherwise before is found as they wrote it', async () => {
  await call('POST /v1/consents/events', { user: { organization_user_id: 'Mixed@acme.test' } })
  await generate('Mixed@acme.test')
  const signedIn = await verify('Mixed@acme.test', await codeFor('Mixed@acme.test'))
  assert.equal(signedIn.json().organization_user_id, 'Mixed@acme.test')
  await generate('FRESH@acme.test')
  const fresh = await verify('FRESH@acme.test', await codeFor('FRESH@acme.test'))
  assert.equal(fresh.json().organization_user_id, 'fresh@acme.test')
})

test('where nobody new is let in, everybody gets the same answer and mail, and only who is known gets further', async () => {
  const { body } = await call('PATCH /v1/organizations/acme', { auth_allow_user_creation: false })
  assert.equal(body.auth_allow_user_creation, false)
  await call('POST /v1/consents/events', { user: { organization_user_id: 'mine@acme.test' } })
  const seen = async (email: string) => {
    const { redirect_url, callback } = (await generate(email)).json()
    const { email_type, body } = await lastMail(email)
    return [redirect_url.length, callback, email_type, body.replaceAll(/\d{6}|<[^>]*>/g, '')]
  }
  assert.deepEqual(await seen('mine@acme.test'), await seen('news@acme.test'))
  assert.equal((await verify('mine@acme.test', await codeFor('mine@acme.test'))).statusCode, 200)
  const code = await codeFor('news@acme.test')
  assert.equal((await verify('news@acme.test', wrong(code))).statusCode, 400)
  const unknown = await verify('news@acme.test', code)
  assert.deepEqual([unknown.statusCode, Object.keys(unknown.json().errors)], [403, ['organization_user_id']])
  const asked = await askOnPage(`/v1/auth/sign-in?${query({})}`, 'page2@acme.test')
  const entered = await post('/v1/auth/sign-in/code', {
    state: stateIn(asked.body),
    code: await codeFor('page2@acme.test'),
  })
  assert.equal(entered.statusCode, 403)
  assert.match(entered.body, /Nobody is known at acme/)
  for (const id of ['mine@acme.test', 'link2@acme.test']) {
    await get('/auth/protocols/message/callback', { id })
    const token = new URL(urlIn((await lastMail(id)).body)).searchParams.get('token') as string
    assert.equal((await call('GET /v1/consents/events', undefined, { token })).status, 200)
    const made = await call('POST /v1/consents/events', { consents: {} }, { token })
    assert.equal(made.status, id === 'mine@acme.test' ? 200 : 403)
  }
  await call('PATCH /v1/organizations/acme', { auth_allow_user_creation: true })
})

test('where signing in is off no mail leaves and no code is worth anything, on the page too', async () => {
  await generate('before@acme.test')
  const code = await codeFor('before@acme.test')
  await call('PATCH /v1/organizations/acme', { auth_enabled: false })
  assert.equal((await generate('off@acme.test')).statusCode, 403)
  assert.equal((await get('/v1/auth/initiate', { email: 'off@acme.test' })).statusCode, 403)
  assert.equal((await get('/auth/protocols/message/callback', { id: 'off@acme.test' })).statusCode, 403)
  assert.equal((await verify('before@acme.test', code)).statusCode, 403)
  for (const page of [
    await get('/v1/auth/sign-in', {}),
    await post(`/v1/auth/sign-in?${query({})}`, { email: 'off@acme.test' }),
  ]) {
    assert.equal(page.statusCode, 403)
    assert.match(page.body, /switched signing in off/)
  }
  assert.equal((await lastMail('off@acme.test')).count, 0)
  await call('PATCH /v1/organizations/acme', { auth_enabled: true })
  assert.equal((await verify('before@acme.test', code)).statusCode, 200)
})

test('the channels of messages are read and set as the public API has it: mail alone', async () => {
  const change = (auth_message_priority: unknown) =>
    call('PATCH /v1/organizations/acme', { auth_message_priority })
  assert.deepEqual((await change(['email'])).body.auth_message_priority, ['email'])
  assert.deepEqual(Object.keys((await change(['sms'])).body.errors), ['auth_message_priority[0]'])
})

test('a browser is told on a page what is wrong with an address, in its language; a program as ever', async () => {
  const open = (url: string, headers: Record<string, string>) =>
    app.inject({ method: 'GET', url, headers: { 'accept-language': 'de', ...headers } })
  const page = await open('/v1/auth/sign-in', { accept: 'text/html,*/*' })
  assert.equal(page.statusCode, 400)
  assert.match(page.body, /<html lang="de"[\s\S]*nicht bekannt[\s\S]*<code>key<\/code>/)
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
  const executed = await open('/v1/consents/execute?key=%3Cscript%3E', { accept: 'text/html' })
  assert.match(executed.body, /<code>auth_digest<\/code>/)
  assert.doesNotMatch(executed.body, /<script/)
  assert.equal((await open('/v1/auth/sign-in', { accept: '*/*' })).json().errors.key !== undefined, true)
})
