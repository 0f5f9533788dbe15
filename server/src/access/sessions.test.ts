import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHeed, testSecretKey } from '../../test/heed.ts'
import { ensureKey } from './keys.ts'
import { ensureOrganization } from './organizations.ts'
import { createVault } from './vault.ts'

const { call, db, tokenFor } = await startHeed({ delivers: false })
const vault = createVault(testSecretKey)
const ask = (body: object) => call('POST /v1/sessions', body, { token: 'none' })

const makeKey = async (): Promise<{ id: string; key: string; secret: string }> => {
  const { body } = await call('POST /v1/keys', { name: 'for sessions' })
  return { id: body.id, key: body.id, secret: body.secret }
}

test('a key and its secret give a token that opens the organization, with or without /v1', async () => {
  const { key, secret } = await makeKey()
  for (const path of ['/v1/sessions', '/sessions']) {
    const { status, body } = await call(`POST ${path}`, { type: 'api-key', key, secret }, { token: 'none' })
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body).sort(), ['access_token', 'key', 'type'])
    assert.deepEqual([body.type, body.key], ['api-key', key])
    const organizations = await call('GET /v1/organizations', undefined, { token: body.access_token })
    assert.equal(organizations.body.data[0].id, 'acme')
  }
})

test('a wrong secret, an unknown key, a disabled key and another type are refused alike', async () => {
  const { id, key, secret } = await makeKey()
  const other = await makeKey()
  const wrong = await ask({ type: 'api-key', key, secret: `${secret}x` })
  const unknown = await ask({ type: 'api-key', key: 'nobody', secret })
  const swapped = await ask({ type: 'api-key', key, secret: other.secret })
  const email = await ask({ type: 'email', key, secret })
  assert.equal((await call(`PATCH /v1/keys/${id}`, { enabled: false })).status, 200)
  const disabled = await ask({ type: 'api-key', key, secret })
  for (const { status, body } of [wrong, unknown, swapped, email, disabled]) {
    assert.equal(status, 400)
    assert.deepEqual(body, wrong.body)
  }
})

test('a token issued before its key was disabled or deleted lives on; no new one is given', async () => {
  for (const end of ['PATCH', 'DELETE']) {
    const { id, key, secret } = await makeKey()
    const { access_token: token } = (await ask({ type: 'api-key', key, secret })).body
    await call(`${end} /v1/keys/${id}`, end === 'PATCH' ? { enabled: false } : undefined)
    assert.equal((await call('GET /v1/organizations', undefined, { token })).status, 200)
    assert.equal((await ask({ type: 'api-key', key, secret })).status, 400)
  }
})

test('what is missing or unknown in the request is named', async () => {
  const missing = await ask({ type: 'api-key', key: 'k' })
  assert.deepEqual([missing.status, Object.keys(missing.body.errors)], [400, ['secret']])
  const unknown = await ask({ type: 'api-key', key: 'k', secret: 's', remember: true })
  assert.deepEqual([unknown.status, Object.keys(unknown.body.errors)], [400, ['remember']])
})

test('without a token, or with one that is not ours, nothing opens', async () => {
  for (const token of ['', 'nonsense', 'a.b.c']) {
    const { status, body } = await call('GET /v1/keys', undefined, { token })
    assert.deepEqual([status, body.name], [401, 'NotAuthenticated'])
  }
})

test('a token opens no other organization, wherever that one is named', async () => {
  const token = await tokenFor('globex')
  for (const [route, body] of [
    ['GET /v1/keys?organization_id=acme', undefined],
    ['POST /v1/keys', { organization_id: 'acme', name: 'mine' }],
    ['POST /v1/metadata/purposes', { organization_id: 'acme', description: 'mine' }],
  ] as const) {
    const answer = await call(route, body, { token })
    assert.deepEqual([answer.status, Object.keys(answer.body.errors)], [403, ['organization_id']], route)
  }
})

test('a key that must be there gets the secret it must have, and is enabled anew', async () => {
  await ensureOrganization(db, { id: 'initech', name: 'Initech' })
  await ensureOrganization(db, { id: 'initech', name: 'Another name' })
  const key = { organizationId: 'initech', id: 'initech-key', name: 'from the environment' }
  await ensureKey(db, vault, { ...key, secret: 'first-secret' })
  await db.updateTable('api_keys').set({ enabled: false }).where('id', '=', key.id).execute()
  await ensureKey(db, vault, { ...key, secret: 'second-secret' })
  assert.equal((await ask({ type: 'api-key', key: key.id, secret: 'first-secret' })).status, 400)
  const { body } = await ask({ type: 'api-key', key: key.id, secret: 'second-secret' })
  const organization = await call('GET /v1/organizations/initech', undefined, { token: body.access_token })
  assert.equal(organization.body.name, 'Initech')
  await assert.rejects(
    ensureKey(db, vault, { ...key, organizationId: 'acme', secret: 'stolen-secret' }),
    /initech-key belongs to another organization/,
  )
  assert.equal((await ask({ type: 'api-key', key: key.id, secret: 'second-secret' })).status, 200)
})

test('a route that does not exist is a 404, whatever organization the body names', async () => {
  const { status, body } = await call('POST /v1/nothing', { organization_id: 'globex' }, { token: 'none' })
  assert.deepEqual([status, body.name], [404, 'NotFound'])
})
