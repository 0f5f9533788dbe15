import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { jwtVerify } from 'jose'
import { assertionOf } from './key.ts'
import { authentication, type ByKey } from './manifest.ts'

const pair = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength })
const { privateKey, publicKey } = pair(2_048)
const pem = (key = privateKey, type: 'pkcs1' | 'pkcs8' = 'pkcs8') =>
  String(key.export({ type, format: 'pem' }))
const given = {
  url: 'https://acme.my.salesforce.com',
  client_id: 'consumer',
  username: 'heed@acme.com',
  private_key: pem(),
}
const SECRET = { url: given.url, client_id: 'consumer', client_secret: 'secret' }

function refusedAt(body: object): string | undefined {
  const [issue] = authentication.safeParse(body).error?.issues ?? []
  return issue?.path.join('.')
}

test('the assertion is signed for the user and the app, and ends within the five minutes that are taken', async () => {
  const at = new Date('2026-05-01T10:00:00Z')
  const jwt = await assertionOf(authentication.parse(given) as ByKey, at)
  const { payload } = await jwtVerify(jwt, publicKey, { currentDate: at })
  assert.deepEqual(payload, {
    iss: 'consumer',
    sub: 'heed@acme.com',
    aud: 'https://login.salesforce.com',
    exp: at.getTime() / 1000 + 180,
  })
})

test('a sandbox’s assertion is for test.salesforce.com; a given audience goes before', async () => {
  const audienceOf = async (more: object) => {
    const parsed = authentication.parse({ ...given, ...more }) as ByKey
    return (await jwtVerify(await assertionOf(parsed, new Date()), publicKey)).payload.aud
  }
  const url = 'https://acme--uat.sandbox.my.salesforce.com'
  assert.equal(await audienceOf({ url }), 'https://test.salesforce.com')
  assert.equal(await audienceOf({ url, audience: given.url }), given.url)
})

test('a key is taken in both PEM forms, and with line ends as an environment variable has them', () => {
  for (const private_key of [pem(privateKey, 'pkcs1'), pem().replaceAll('\n', '\\n')])
    assert.equal(refusedAt({ ...given, private_key }), undefined)
})

test('what cannot sign is refused at its field, without being repeated', () => {
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  const wrong = [
    'no key',
    pem().slice(0, 500),
    String(publicKey.export({ type: 'spki', format: 'pem' })),
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    pem(elliptic),
    String(locked),
    pem(pair(1_024).privateKey),
  ]
  for (const private_key of wrong) {
    assert.equal(refusedAt({ ...given, private_key }), 'private_key', private_key.slice(0, 40))
    const { error } = authentication.safeParse({ ...given, private_key })
    const [, inside = private_key] = private_key.split('\n')
    assert.ok(!error?.message.includes(inside))
  }
})

test('one way or the other; a change of the stored one goes over by setting the old way to null', () => {
  assert.equal(refusedAt({ ...SECRET, ...given }), 'client_secret')
  assert.equal(refusedAt({ url: given.url, client_id: 'consumer' }), 'client_secret')
  assert.equal(refusedAt({ ...given, username: null }), 'username')
  assert.equal(refusedAt({ ...given, private_key: null }), 'private_key')
  assert.deepEqual(Object.keys(authentication.parse({ ...SECRET, ...given, client_secret: null })).sort(), [
    'client_id',
    'private_key',
    'url',
    'username',
  ])
  const back = { ...given, client_secret: 'secret', username: null, private_key: null }
  assert.deepEqual(authentication.parse(back), SECRET)
})
