/** What somebody would try who has a link, a mail or a page of ours, and means harm. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

const PUBLIC_URL = 'https://choices.acme.test'
const heed = await startHeed({ delivers: false, connectors: new Map(), publicUrl: () => PUBLIC_URL })
const { call, db } = heed
const { app } = heed.heed
const SHOP = 'https://shop.acme.test'
const SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{url}}{name}'
let key = ''
let secret = { id: '', secret: '' }
before(async () => {
  await fillLibrary(heed)
  await must('POST /v1/metadata/purposes', { id: 'nasty', description: { en: SCRIPT } })
  await must('POST /v1/widgets', { id: 'centre', name: 'Centre', enabled_languages: ['en'] })
  await must('POST /v1/widgets/deployments', { widget_id: 'centre' })
  const organization = { redirect_hosts: ['shop.acme.test'], preference_center_url: `${SHOP}/prefs` }
  key = (await must('PATCH /v1/organizations/acme', { ...organization, name: SCRIPT })).public_api_key
  secret = await must('POST /v1/secrets', { name: 'mails' })
})
async function must(route: string, body?: object) {
  const answer = await call(route, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}

let senders = 0
const browser = { accept: 'text/html,*/*;q=0.8' }
const get = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' | 'OPTIONS' = 'GET') =>
  app.inject({
    ...{ method, url, remoteAddress: `10.1.${++senders >> 8}.${senders & 255}` },
    headers: { ...browser, ...headers },
  })
const FORM = 'application/x-www-form-urlencoded'
const post = (url: string, payload = '', headers: Record<string, string> = { 'content-type': FORM }) =>
  app.inject({
    ...{ method: 'POST', url, payload, remoteAddress: `10.2.${++senders >> 8}.${senders & 255}` },
    headers: { ...browser, ...headers },
  })
const query = (fields: object) => new URLSearchParams(fields as Record<string, string>).toString()

const saying = (enabled: boolean, id = 'newsletter') => ({ consents: { purposes: [{ id, enabled }] } })
const say = (organization_user_id: string, enabled: boolean) =>
  must('POST /v1/consents/events', { user: { organization_user_id }, ...saying(enabled) })
const ask = (organization_user_id: string, more: object = {}) =>
  call('POST /v1/consents/links', {
    ...{ organization_user_id, action: 'event.create', event: saying(false) },
    ...more,
  })
const link = async (id: string, more: object = {}) => new URL((await ask(id, more)).body.url).pathname
const execute = (id: string, more: object = {}, signs = id) =>
  `/v1/consents/execute?${query({
    ...{ key, auth_algorithm: 'hmac-sha256', auth_sid: secret.id },
    auth_digest: createHmac('sha256', secret.secret).update(signs).digest('hex'),
    ...{ organization_user_id: id, action: 'event.create', event: JSON.stringify(saying(false)) },
    ...more,
  })}`
const enabledOf = async (id: string) =>
  (
    await call(`GET /v1/consents/users/${encodeURIComponent(id)}?$by_organization_user_id=true`)
  ).body.consents?.purposes.find((one: { id: string }) => one.id === 'newsletter')?.enabled
const mailTo = async (address: string) => {
  const { rows } = await sql<{ subject: string; body: string; html: string }>`
    select subject, body, html from mails where recipient = ${address} order by created_at desc limit 1`.execute(
    db,
  )
  return rows[0]
}
const urlIn = (text = '') => /<(https?:[^>]+)>/.exec(text.replace(/\s+(?=[^<]*>)/g, ''))?.[1] as string
/** All that anybody could change from outside. */
const everything = async () =>
  (
    await sql`
      select (select count(*) from log) as log, (select count(*) from mails) as mails,
        (select count(*) from sign_in_codes) as codes, (select count(*) from throttles) as throttles,
        (select count(*) from links where used_at is not null) as used, (select count(*) from people) as people`.execute(
      db,
    )
  ).rows[0]

test('no spelling of an address leads anybody away from the hosts of the list', async () => {
  const spellings = [
    ...['//evil.test', '///evil.test', '/\\evil.test', '\\\\evil.test', '/%09/evil.test', '.evil.test'],
    ...[
      'https:evil.test',
      'https:/evil.test',
      'https:\\evil.test',
      'https:///evil.test',
      'HTTPS://EVIL.TEST',
    ],
    ...[
      'https://shop.acme.test@evil.test',
      'https://shop.acme.test:x@evil.test',
      'https://good@shop.acme.test',
    ],
    ...[
      'https://evil.test\\@shop.acme.test',
      'https://evil.test#@shop.acme.test',
      'https://evil.test?shop.acme.test',
    ],
    ...[
      'https://shop.acme.test.evil.test',
      'https://evilshop.acme.test',
      'https://shop.acme.test.',
      'https://acme.test',
    ],
    ...['https://xn--shp-7fa.acme.test', 'https://ѕhop.acme.test', 'https://shop.acme.test%2eevil.test'],
    ...[
      'javascript:alert(1)',
      'JaVaScRiPt://shop.acme.test/%0aalert(1)',
      'java\nscript:alert(1)',
      'data:text/html,x',
    ],
    ...[
      'vbscript:x',
      'file:///etc/passwd',
      'blob:https://shop.acme.test/x',
      'ftp://shop.acme.test',
      'http://shop.acme.test',
    ],
    ...[
      '\u0001https://evil.test',
      'https://ev\til.test',
      'https://evil\u3002test',
      'https://shop.acme.test:444',
    ],
    ...['https://shop.acme.test\u0000.evil.test', 'https://[::1]', 'https://2130706433', '', ' '],
    ...[
      'https:shop.acme.test',
      ' https://shop.acme.test',
      'https://shop。acme.test',
      'https://SHOP.acme.test',
    ],
  ]
  const isOurs = (address: unknown) => {
    const { origin } = new URL(String(address), PUBLIC_URL)
    return origin === SHOP || origin === PUBLIC_URL
  }
  const taken: string[] = []
  for (const [i, address] of spellings.entries()) {
    const id = `spelling-${i}@acme.test`
    const made = await ask(id, { redirect_url: address })
    assert.ok([200, 400].includes(made.status), `${made.status} ${address}`)
    if (made.status === 200) taken.push(address)
    const led = [
      ...(made.status === 200 ? [await post(new URL(made.body.url).pathname)] : []),
      await post(execute(id, { redirect_url: address })),
    ]
    for (const { statusCode, headers } of led) {
      assert.ok(statusCode < 500, address)
      if (headers.location !== undefined)
        assert.ok(isOurs(headers.location), `${address}: ${headers.location}`)
      assert.doesNotMatch(String(headers['content-security-policy']), /evil/)
    }
    for (const url of [
      `/v1/auth/sign-in?${query({ key, to: address })}`,
      `/v1/auth/protocols/message/callback?${query({ key, id, privacy_center_url: address })}`,
      `/v1/auth/initiate?${query({ key, email: id, privacy_center_url: address })}`,
    ])
      assert.ok((await get(url)).statusCode < 500, address)
    const mail = await mailTo(id)
    if (mail) assert.ok(isOurs(urlIn(mail.body)), `${address}: ${mail.body}`)
  }
  // As a browser reads them these are the host of the list.
  assert.deepEqual(taken, spellings.slice(-4))
})

test('no page and no redirect passes its address on, since tokens stand in some', async () => {
  const token = (await must('POST /v1/consents/tokens', { organization_user_id: 'ref@acme.test' })).id_token
  const led = await link('ref@acme.test', { redirect_url: SHOP })
  const asked = await get(`/v1/auth/protocols/otp/generate?${query({ key, email: 'ref@acme.test' })}`)
  const codePage = new URL(asked.json().redirect_url)
  for (const answer of [
    await get(led),
    await post(led),
    await get('/v1/consents/links/nowhere'),
    await get(`/v1/consents/links/${'x'.repeat(400)}`),
    await get(execute('ref@acme.test')),
    await get(execute('ref@acme.test', {}, 'somebody else')),
    await get('/v1/consents/execute?key=1'),
    await get(`/v1/auth/sign-in?${query({ key })}`),
    await get(codePage.pathname + codePage.search),
    await get(`/c/acme/centre?token=${token}`),
    await get('/c/acme/centre?token=nonsense'),
    await get('/c/acme/nowhere?token=nonsense'),
  ]) {
    assert.ok(
      ['no-referrer', 'same-origin'].includes(String(answer.headers['referrer-policy'])),
      `${answer.statusCode} ${answer.body.slice(0, 200)}`,
    )
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.doesNotMatch(answer.body, /(src|href)="(https?:)?\/\//)
  }
})

test('one click unsubscribes however a mail program sends it, as often as it likes, and after an erasure too', async () => {
  const bodies: [payload: string, headers: Record<string, string>][] = [
    ['List-Unsubscribe=One-Click', { 'content-type': FORM }],
    ['List-Unsubscribe=One-Click', { 'content-type': `${FORM}; charset=UTF-8` }],
    ['List-Unsubscribe=One-Click', { 'content-type': 'text/plain' }],
    ['List-Unsubscribe=One-Click', {}],
    ['{"List-Unsubscribe":"One-Click"}', { 'content-type': 'application/json' }],
    ['', {}],
    ['', { 'content-type': FORM }],
    ['', { 'content-type': 'application/json' }],
  ]
  for (const [i, [payload, headers]] of bodies.entries())
    for (const make of [
      (id: string) => link(id, { redirect_url: SHOP }),
      async (id: string) => execute(id),
    ]) {
      const id = `click-${i}-${make.length}-${senders}@acme.test`
      await say(id, true)
      const url = await make(id)
      for (const _ of [1, 2]) {
        const { statusCode, headers: answered } = await post(url, payload, headers)
        assert.ok(
          statusCode === 200 || statusCode === 303,
          `${statusCode} for ${payload} ${JSON.stringify(headers)}`,
        )
        // RFC 8058: one click is not led on.
        if (payload !== '') assert.ok(!answered.location)
        assert.equal(await enabledOf(id), false)
      }
      await say(id, true)
      await post(url, payload, headers)
      assert.equal(await enabledOf(id), false, 'who has subscribed again gets out again')
      await call(`DELETE /v1/consents/users/${encodeURIComponent(id)}?$by_organization_user_id=true`)
      assert.ok((await post(url, payload, headers)).statusCode < 500)
      assert.notEqual(await enabledOf(id), true)
    }
})

test('what one token opens no other opens, and a forwarded mail does what its link says and nothing else', async () => {
  const id = 'forwards@acme.test'
  await say(id, true)
  const session = await heed.tokenFor('acme')
  const person = (await must('POST /v1/consents/tokens', { organization_user_id: id })).id_token
  const linkToken = (await link(id)).split('/').at(-1) as string
  await get(`/v1/auth/protocols/message/callback?${query({ key, id })}`)
  const sealed = new URL(urlIn((await mailTo(id))?.body)).searchParams.get('token') as string
  const asked = await get(`/v1/auth/protocols/otp/generate?${query({ key, email: id })}`)
  const state = new URL(asked.json().redirect_url).searchParams.get('state') as string
  const code = /\d{6}/.exec((await mailTo(id))?.subject as string)?.[0] as string
  const tokens = { session, person, linkToken, sealed, state, code }
  const opened = async (name: keyof typeof tokens) => {
    const token = tokens[name]
    const bearer = { authorization: `Bearer ${token}` }
    const ways = {
      'the API': await get('/v1/keys', bearer),
      'own events': await get(`/v1/consents/events?organization_user_id=${id}`, bearer),
      'own events by address': await get(`/v1/consents/events?${query({ token })}`),
      'a link': await get(`/v1/consents/links/${token}`),
      'the code page': await get(`/v1/auth/sign-in/code?${query({ state: token })}`),
      'the page': await get(`/c/acme/centre?${query({ token })}`),
      'the page by cookie': await get('/c/acme/centre', { cookie: `heed_person=${token}` }),
    }
    return Object.entries(ways)
      .filter(([, { statusCode, headers }]) =>
        statusCode === 303 ? !String(headers.location).includes('expired') : statusCode === 200,
      )
      .map(([way]) => way)
  }
  const own = ['own events', 'own events by address', 'the page', 'the page by cookie']
  assert.deepEqual(await opened('session'), ['the API', 'own events'])
  assert.deepEqual(await opened('person'), own)
  assert.deepEqual(await opened('sealed'), own)
  assert.deepEqual(await opened('linkToken'), ['a link'])
  assert.deepEqual(await opened('state'), ['the code page'])
  assert.deepEqual(await opened('code'), [])
})

test('a code is worth nothing for another address or another organization', async () => {
  const globex = await heed.tokenFor('globex')
  const { body: theirs } = await call('GET /v1/organizations/globex', undefined, { token: globex })
  await get(`/v1/auth/protocols/otp/generate?${query({ key, email: 'mine@acme.test' })}`)
  const code = /\d{6}/.exec((await mailTo('mine@acme.test'))?.subject as string)?.[0] as string
  const verify = (organization_user_id: string, by = key) =>
    post(
      `/v1/auth/protocols/otp/verify?${query({ key: by })}`,
      JSON.stringify({ code, organization_user_id }),
      {
        ...{ 'content-type': 'application/json', accept: 'application/json' },
      },
    )
  assert.equal((await verify('yours@acme.test')).statusCode, 400)
  assert.equal((await verify('mine@acme.test', theirs.public_api_key)).statusCode, 400)
  const foreign = await get(`/v1/auth/protocols/otp/generate?${query({ key, email: 'yours@acme.test' })}`)
  const state = new URL(foreign.json().redirect_url).searchParams.get('state') as string
  assert.equal((await post('/v1/auth/sign-in/code', query({ state, code }))).statusCode, 400)
  assert.equal((await verify('mine@acme.test')).statusCode, 200)
})

test('a digest speaks for no other person, also where a salt could be taken for the end of an id', async () => {
  for (const id of ['customer-1', 'customer-12', 'customer-123']) await say(id, true)
  const salted = (id: string, auth_salt: string) =>
    execute(id, auth_salt === '' ? {} : { auth_salt }, 'customer-12x7')
  for (const [id, salt] of [
    ['customer-1', '2x7'],
    ['customer-', '12x7'],
    ['customer-123', ''],
  ] as const)
    assert.equal((await post(salted(id, salt))).statusCode, 404, `${id} ${salt}`)
  assert.equal(await enabledOf('customer-1'), true)
  assert.equal((await post(salted('customer-12', 'x7'))).statusCode, 200)
  assert.equal(await enabledOf('customer-12'), false)
})

test('no form of a foreign page acts for whoever looks at it', async () => {
  const id = 'lured@acme.test'
  await say(id, true)
  const token = (await must('POST /v1/consents/tokens', { organization_user_id: id })).id_token
  const entered = await get(`/c/acme/centre?token=${token}`)
  const cookie = String(entered.headers['set-cookie']).split(';')[0] as string
  assert.match(String(entered.headers['set-cookie']), /HttpOnly; Secure; SameSite=Lax/)
  const state = new URL(
    (await get(`/v1/auth/protocols/otp/generate?${query({ key, email: id })}`)).json().redirect_url,
  ).searchParams.get('state') as string
  const before = await everything()
  for (const from of [
    ...['https://evil.test', 'https://evil.choices.acme.test', 'http://choices.acme.test'].map(origin => ({
      origin,
    })),
    ...['cross-site', 'same-site'].map(site => ({ 'sec-fetch-site': site, origin: 'null' })),
    { 'sec-fetch-site': 'cross-site', origin: PUBLIC_URL },
  ] as Record<string, string>[])
    for (const [url, payload] of [
      ['/c/acme/centre', 'action=unsubscribe_all'],
      ['/c/acme/centre/sign-out', ''],
      [`/v1/auth/sign-in?${query({ key })}`, 'email=stranger@acme.test'],
      ['/v1/auth/sign-in/code', query({ state, code: '000000' })],
    ] as const) {
      const answer = await post(url, payload, { 'content-type': FORM, cookie, ...from })
      assert.equal(answer.statusCode, 403, `${url} ${JSON.stringify(from)}`)
      assert.ok(!('set-cookie' in answer.headers))
    }
  assert.deepEqual(await everything(), before)
  assert.equal(await enabledOf(id), true)
})

test('no name, text, address or parameter becomes a part of a page or of a mail', async () => {
  const id = `${'a'.repeat(5)}@acme.test`
  const nasty = { ...saying(false, 'nasty'), delegate: { id: 'd', name: SCRIPT } }
  const url = await link(id, { event: nasty })
  const by = (name: string) => `${name}=${encodeURIComponent(SCRIPT)}`
  await must('POST /v1/consents/events', { user: { organization_user_id: id }, ...nasty })
  const token = (await must('POST /v1/consents/tokens', { organization_user_id: id })).id_token
  const entered = await get(`/c/acme/centre?token=${token}`)
  const cookie = String(entered.headers['set-cookie']).split(';')[0] as string
  const answers = [
    await get(`${url}?${by('lang')}`, { 'accept-language': SCRIPT }),
    await post(url),
    await post(url, `undo=${encodeURIComponent(SCRIPT)}`),
    await get(execute(id, { event: JSON.stringify(nasty) })),
    await get(execute(id, { [SCRIPT]: '1' })),
    await get(execute(id, { redirect_url: SCRIPT })),
    await get(execute(id, { event: JSON.stringify({ [SCRIPT]: SCRIPT, consents: { [SCRIPT]: 1 } }) })),
    await get(`/v1/consents/links/${encodeURIComponent(SCRIPT)}`),
    await get(`/v1/auth/sign-in?${query({ key })}&${by('lang')}`),
    await get(`/v1/auth/sign-in?${query({ key })}&${by('to')}`),
    await get(`/v1/auth/sign-in?${by('key')}`),
    await get(`/v1/auth/sign-in/code?${by('state')}`),
    await post(`/v1/auth/sign-in?${query({ key })}`, by('email')),
    await post('/v1/auth/sign-in/code', `${by('state')}&${by('code')}`),
    await get(`/c/acme/centre?${by('lang')}&${by('saved')}&${by('unchanged')}`, { cookie }),
    await get(`/c/acme/centre/history?${by('before')}`, { cookie }),
    await get(`/c/acme/${encodeURIComponent(SCRIPT)}`),
  ]
  for (const [i, { statusCode, body, headers }] of answers.entries()) {
    assert.ok(statusCode < 500, `${i}: ${statusCode}`)
    assert.doesNotMatch(body, /<script>alert|<img src=x/, `${i}`)
    assert.match(String(headers['content-security-policy']), /^default-src 'none'/, `${i}`)
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|alert/, `${i}`)
  }
  assert.ok(answers.some(({ body }) => body.includes('&lt;script&gt;alert(1)')))
  await get(`/v1/auth/protocols/otp/generate?${query({ key, email: id })}`)
  const mail = await mailTo(id)
  assert.doesNotMatch(String(mail?.html), /<script>|<img/)
})

test('nothing acts that only looks ahead: neither HEAD nor OPTIONS nor a prefetch', async () => {
  const id = 'ahead@acme.test'
  await say(id, true)
  const urls = [
    await link(id),
    await link(id, { act_on_open: true }),
    execute(id),
    `/v1/auth/sign-in?${query({ key })}`,
    `/v1/auth/protocols/otp/generate?${query({ key, email: id })}`,
    `/v1/auth/protocols/message/callback?${query({ key, id })}`,
    `/v1/auth/initiate?${query({ key, email: id })}`,
    '/c/acme/centre',
  ]
  const before = await everything()
  for (const url of urls) {
    for (const method of ['HEAD', 'OPTIONS'] as const)
      assert.ok((await get(url, {}, method)).statusCode < 500, `${method} ${url}`)
    for (const headers of [
      { 'sec-purpose': 'prefetch' },
      { 'sec-purpose': 'prefetch;prerender' },
      { purpose: 'prefetch' },
      { 'x-purpose': 'preview' },
      { 'x-moz': 'prefetch' },
    ] as Record<string, string>[])
      assert.ok((await get(url, headers)).statusCode < 500, url)
  }
  assert.deepEqual(await everything(), before)
})
