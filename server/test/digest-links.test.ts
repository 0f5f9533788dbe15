/** Digest links: addresses that a mailing tool builds itself. */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { before, test } from 'node:test'
import { startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call } = heed
const { app } = heed.heed
let key = ''
let secret = { id: '', secret: '' }
before(async () => {
  await fillLibrary(heed)
  key = (await call('PATCH /v1/organizations/acme', { redirect_hosts: ['shop.acme.test'] })).body
    .public_api_key
  secret = (await call('POST /v1/secrets', { name: 'mails' })).body
})

const saying = (enabled: boolean) => ({ consents: { purposes: [{ id: 'newsletter', enabled }] } })
const subscribe = (organization_user_id: string) =>
  call('POST /v1/consents/events', { user: { organization_user_id }, ...saying(true) })
const digestOf = (algorithm: string, id: string, salt: string, value: string): string => {
  const [kind, name = ''] = algorithm.split('-')
  return kind === 'hmac'
    ? createHmac(name, value)
        .update(id + salt)
        .digest('hex')
    : createHash(name)
        .update(id + value + salt)
        .digest('hex')
}
interface Parts {
  algorithm?: string
  salt?: string
  event?: object
  [field: string]: string | object | undefined
}
function url(
  id: string,
  { algorithm = 'hmac-sha256', salt = '', event = saying(false) as object, ...more }: Parts = {},
): string {
  const fields = {
    key,
    auth_algorithm: algorithm,
    auth_sid: secret.id,
    auth_digest: digestOf(algorithm, id, salt, secret.secret),
    ...(salt ? { auth_salt: salt } : {}),
    organization_user_id: id,
    action: 'event.create',
    event: JSON.stringify(event),
    ...more,
  }
  return `/v1/consents/execute?${new URLSearchParams(fields as Record<string, string>)}`
}
const open = (address: string, method: 'GET' | 'HEAD' = 'GET') => app.inject({ method, url: address })
const press = (address: string, payload = '') =>
  app.inject({
    method: 'POST',
    url: address,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload,
  })
const enabledOf = async (id: string) =>
  (await call(`GET /v1/consents/users/${id}?$by_organization_user_id=true`)).body.consents?.purposes[0]
    ?.enabled

test('each algorithm is taken, with a salt and without; opening shows and the button acts', async () => {
  for (const algorithm of [
    'hmac-sha256',
    'hmac-sha384',
    'hmac-sha512',
    'hash-sha256',
    'hash-sha384',
    'hash-sha512',
  ])
    for (const salt of ['', 'pepper']) {
      const id = `${algorithm}${salt}@acme.test`
      await subscribe(id)
      const address = url(id, { algorithm, salt })
      for (const method of ['GET', 'HEAD', 'GET'] as const)
        assert.equal((await open(address, method)).statusCode, 200, id)
      assert.equal(await enabledOf(id), true)
      assert.match((await press(address)).body, /name="undo"/)
      assert.equal(await enabledOf(id), false)
    }
})

test('a digest of another person, secret, salt or algorithm speaks for nobody', async () => {
  await subscribe('ann@acme.test')
  const other = (await call('POST /v1/secrets', { name: 'other' })).body
  const globex = await heed.tokenFor('globex')
  const theirs = (await call('POST /v1/secrets', { name: 'theirs' }, { token: globex })).body
  const forged: Record<string, string>[] = [
    { auth_digest: digestOf('hmac-sha256', 'bob@acme.test', '', secret.secret) },
    { auth_digest: digestOf('hmac-sha256', 'ann@acme.test', '', other.secret) },
    { auth_digest: digestOf('hmac-sha256', 'ann@acme.test', '', theirs.secret), auth_sid: theirs.id },
    { auth_digest: digestOf('hash-sha256', 'ann@acme.test', '', secret.secret) },
    { auth_digest: digestOf('hmac-sha256', 'ann@acme.test', '', secret.secret).slice(2) },
    { auth_salt: 'salt' },
    { auth_sid: 'nowhere' },
    { key: 'nobody' },
  ]
  for (const more of forged) {
    const address = url('ann@acme.test', more)
    assert.deepEqual([(await open(address)).statusCode, (await press(address)).statusCode], [404, 404])
  }
  assert.equal(await enabledOf('ann@acme.test'), true)
})

test('MD5 is taken only where the organization has switched it on', async () => {
  await subscribe('md5@acme.test')
  const address = url('md5@acme.test', { algorithm: 'hash-md5' })
  assert.equal((await press(address)).statusCode, 400)
  assert.equal(await enabledOf('md5@acme.test'), true)
  await call('PATCH /v1/organizations/acme', { md5_links: true })
  assert.equal((await press(address)).statusCode, 200)
  assert.equal(await enabledOf('md5@acme.test'), false)
  await call('PATCH /v1/organizations/acme', { md5_links: false })
  assert.equal((await open(address)).statusCode, 400)
})

test('a salt that could be the end of another id only takes back, whether or not anybody has that id yet', async () => {
  await subscribe('customer-1')
  const stolen = (event: object, salt = '2') =>
    url('customer-1', {
      ...{ event, auth_digest: digestOf('hmac-sha256', 'customer-12', '', secret.secret) },
      salt,
    })
  assert.equal((await press(stolen(saying(true)))).statusCode, 400)
  assert.deepEqual(Object.keys((await open(stolen({ ...saying(false), ...saying(true) }))).json().errors), [
    'auth_salt',
  ])
  for (const salt of [':', ' and more', '|x'])
    assert.equal((await press(url(`salted${salt}@acme.test`, { salt, event: saying(true) }))).statusCode, 200)
  assert.equal(
    (await press(url('hash@acme.test', { salt: '2', algorithm: 'hash-sha256', event: saying(true) })))
      .statusCode,
    200,
  )
})

test('pressing twice leaves what pressing once leaves, and who subscribed again can unsubscribe again by the same address', async () => {
  const id = 'again@acme.test'
  await subscribe(id)
  const address = url(id)
  await Promise.all([press(address), press(address), press(address)])
  assert.equal(await enabledOf(id), false)
  await subscribe(id)
  await press(address)
  assert.equal(await enabledOf(id), false)
})

test('a link that names its event leaves one receipt, however often its button is pressed', async () => {
  const address = url('named@acme.test', { event: { id: 'named', ...saying(false) } })
  const receipts = await Promise.all([press(address), press(address), press(address)])
  assert.equal(new Set(receipts.map(({ body }) => /action="([^"]+)"/.exec(body)?.[1])).size, 1)
})

test('what was unsubscribed from can be undone at the receipt, also after one click', async () => {
  const id = 'undo@acme.test'
  await subscribe(id)
  const receipt = await press(url(id), 'List-Unsubscribe=One-Click')
  assert.equal(await enabledOf(id), false)
  const action = /action="([^"]+)"/.exec(receipt.body)?.[1] as string
  assert.match(action, /^\/v1\/consents\/links\//)
  await press(action, 'undo=1')
  assert.equal(await enabledOf(id), true)
  assert.equal((await press(url(id, { event: saying(true) }), 'List-Unsubscribe=One-Click')).statusCode, 400)
})

test('a digest link changes events of its own person alone, and leads to named hosts alone', async () => {
  const bob = await call('POST /v1/consents/events', {
    user: { organization_user_id: 'bob@acme.test' },
    status: 'pending_approval',
    ...saying(true),
  })
  await subscribe('eve@acme.test')
  const event = { id: bob.body.id, status: 'confirmed' }
  assert.equal((await press(url('eve@acme.test', { action: 'event.update', event }))).statusCode, 400)
  assert.equal((await press(url('bob@acme.test', { action: 'event.update', event }))).statusCode, 200)
  assert.equal(await enabledOf('bob@acme.test'), true)
  const named = { ...saying(false), user: { organization_user_id: 'bob@acme.test' } }
  await press(url('eve@acme.test', { event: named }))
  assert.equal(await enabledOf('bob@acme.test'), true)
  const led = await press(url('eve@acme.test', { redirect_url: 'https://shop.acme.test/bye' }))
  assert.deepEqual([led.statusCode, led.headers.location], [303, 'https://shop.acme.test/bye'])
  assert.equal((await press(url('eve@acme.test', { redirect_url: 'https://evil.test/' }))).statusCode, 400)
})

test('what is not valid is refused with its place', async () => {
  for (const more of [
    { event: 'nonsense' },
    { event: '[]' },
    { event: '{"id":7}' },
    { event: '{"__proto__":{}}' },
    { event: '{"metadata":{"__proto__":{}}}' },
    { event: '{"metadata":{"a":"\\u0000"}}' },
    { event: `{"metadata":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}` },
    { action: 'event.delete' },
    { auth_algorithm: 'none' },
    { auth_digest: 'zz' },
    { colour: 'red' },
  ] as Record<string, string>[]) {
    const address = `${url('ann@acme.test')}`.replace(/\?.*/, '')
    const fields = new URLSearchParams(url('ann@acme.test').split('?')[1])
    for (const [name, value] of Object.entries(more)) fields.set(name, value)
    assert.equal((await open(`${address}?${fields}`)).statusCode, 400, JSON.stringify(more))
  }
})
