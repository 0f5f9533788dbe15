import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startHeed, testSecretKey } from '../../test/heed.ts'
import { createSecret } from './secrets.ts'
import { createVault } from './vault.ts'

const { call, db, tokenFor } = await startHeed({ delivers: false })

test('a secret is made here, given back whenever it is read, and sealed in the database', async () => {
  const { status, body: secret } = await call('POST /v1/secrets', { name: 'links', organization_id: 'acme' })
  assert.equal(status, 200)
  assert.ok(secret.secret.length >= 32)
  assert.deepEqual((await call(`GET /v1/secrets/${secret.id}`)).body, secret)
  assert.deepEqual((await call('GET /v1/secrets')).body, { total: 1, limit: 50, skip: 0, data: [secret] })
  const { rows } = await sql<{ sealed: Buffer }>`select sealed from secrets`.execute(db)
  assert.equal(rows.length, 1)
  assert.ok(!rows[0]?.sealed.includes(secret.secret))
})

test('a change keeps the value, counts the version and touches what it names alone', async () => {
  const { body: secret } = await call('POST /v1/secrets', { name: 'a', description: 'b' })
  for (const [method, version] of [
    ['PATCH', 2],
    ['PUT', 3],
  ]) {
    const { body } = await call(`${method} /v1/secrets/${secret.id}`, { ...secret, name: method })
    assert.deepEqual(body, { ...secret, name: method, version, updated_at: body.updated_at })
  }
  assert.deepEqual((await call(`DELETE /v1/secrets/${secret.id}`)).body.secret, secret.secret)
  assert.equal((await call(`GET /v1/secrets/${secret.id}`)).status, 404)
})

test('another organization’s secrets do not exist', async () => {
  const token = await tokenFor('globex')
  const { id } = (await call('POST /v1/secrets', { name: 'ours' })).body
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(`${method} /v1/secrets/${id}`, undefined, { token })).status, 404)
  assert.equal((await call(`PATCH /v1/secrets/${id}`, { name: 'theirs' }, { token })).status, 404)
  assert.equal((await call('GET /v1/secrets', undefined, { token })).body.total, 0)
})

test('an organization has at most 300 secrets, also when they are asked for at once', async () => {
  const token = await tokenFor('initech')
  await createSecret(db, createVault(testSecretKey), 'initech', { name: 'first', description: '' })
  await sql`
    insert into secrets (organization_id, id, name, sealed)
    select organization_id, n::text, name, sealed from secrets, generate_series(1, 297) as n
    where organization_id = 'initech'`.execute(db)
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => call('POST /v1/secrets', { name: 'more' }, { token })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 400, 400, 400, 400])
})

test('a secret needs a name, and takes no value from outside', async () => {
  const nameless = await call('POST /v1/secrets', {})
  assert.deepEqual([nameless.status, Object.keys(nameless.body.errors)], [400, ['name']])
  const { body } = await call('POST /v1/secrets', { name: 'mine', secret: 'guessable' })
  assert.notEqual(body.secret, 'guessable')
})
