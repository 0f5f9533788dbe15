import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from '../../test/heed.ts'

const { call, db, tokenFor } = await startHeed({ delivers: false })

test('the secret is shown at creation alone, and the database never holds it', async () => {
  const created = await call('POST /v1/keys', { name: 'crm', description: 'the CRM team' })
  assert.equal(created.status, 200)
  const { secret, ...key } = created.body
  assert.ok(secret.length >= 32)
  assert.deepEqual(
    [key.name, key.description, key.enabled, key.is_internal, key.organization_id],
    ['crm', 'the CRM team', true, false, 'acme'],
  )
  assert.deepEqual((await call(`GET /v1/keys/${key.id}`)).body, key)
  const listed = (await call('GET /v1/keys')).body.data
  assert.deepEqual(
    listed.find(({ id }: { id: string }) => id === key.id),
    key,
  )
  const { rows } = await sql<{ row: string }>`select api_keys::text as row from api_keys`.execute(db)
  const held = rows.map(({ row }) => row).join()
  assert.ok(held.includes(key.id))
  assert.ok(!held.includes(secret) && !held.includes(Buffer.from(secret).toString('hex')))
})

test('a change touches what it names; a key that was read can be sent back whole', async () => {
  const { secret: _, ...key } = (await call('POST /v1/keys', { name: 'a', description: 'b' })).body
  const renamed = await call(`PATCH /v1/keys/${key.id}`, { name: 'c' })
  assert.deepEqual(renamed.body, { ...key, name: 'c' })
  const disabled = await call(`PUT /v1/keys/${key.id}`, { ...key, enabled: false })
  assert.deepEqual(disabled.body, { ...key, enabled: false })
  assert.equal((await call(`PATCH /v1/keys/${key.id}`, { name: 'd' })).body.enabled, false)
  assert.deepEqual((await call(`PATCH /v1/keys/${key.id}`, {})).body.name, 'd')
})

test('disabling and renaming at once do both', async () => {
  const { id } = (await call('POST /v1/keys', { name: 'raced' })).body
  await Promise.all([
    call(`PATCH /v1/keys/${id}`, { enabled: false }),
    ...['x', 'y', 'z'].map(name => call(`PATCH /v1/keys/${id}`, { name })),
  ])
  assert.equal((await call(`GET /v1/keys/${id}`)).body.enabled, false)
})

test('a deleted key is given back once more and is gone', async () => {
  const { secret: _, ...key } = (await call('POST /v1/keys', { name: 'gone' })).body
  assert.deepEqual((await call(`DELETE /v1/keys/${key.id}`)).body, key)
  for (const route of [`GET /v1/keys/${key.id}`, `DELETE /v1/keys/${key.id}`])
    assert.equal((await call(route)).status, 404)
  assert.equal((await call(`PATCH /v1/keys/${key.id}`, { name: 'back' })).status, 404)
})

test('internal keys are listed only where they are asked for', async () => {
  const { id } = (await call('POST /v1/keys', { name: 'inside', is_internal: true })).body
  const ids = async (query: string): Promise<string[]> =>
    (await call(`GET /v1/keys${query}`)).body.data.map((key: { id: string }) => key.id)
  assert.ok(!(await ids('')).includes(id))
  assert.ok(!(await ids('?is_internal=false')).includes(id))
  assert.deepEqual(await ids('?is_internal=true'), [id])
})

test('lists are paged, sorted and filtered, and refuse what they do not know', async () => {
  const token = await tokenFor('globex')
  for (const name of ['b', 'c', 'a']) await call('POST /v1/keys', { name }, { token })
  const list = (query: string) => call(`GET /v1/keys?${query}`, undefined, { token })
  const names = async (query: string) =>
    (await list(query)).body.data.map((key: { name: string }) => key.name)
  assert.deepEqual(await names('$sort[name]=1&name[$ne]=test'), ['a', 'b', 'c'])
  assert.deepEqual(await names('$sort[name]=-1&$limit=2'), ['test', 'c'])
  const { data, ...envelope } = (await list('$limit=1&$skip=3')).body
  assert.deepEqual([envelope, data.length], [{ total: 4, limit: 1, skip: 3 }, 1])
  assert.deepEqual(await names('name=a'), ['a'])
  for (const [query, path] of [
    ['$top=3', '$top'],
    ['name[$regex]=a', 'name.$regex'],
    ['secret_hash=1', 'secret_hash'],
    ['$sort[secret_hash]=1', '$sort.secret_hash'],
    ['$limit=1000', '$limit'],
    ['$skip=-1', '$skip'],
  ] as const) {
    const { status, body } = await list(query)
    assert.deepEqual([status, Object.keys(body.errors)], [400, [path]], query)
  }
  const one = await call('GET /v1/keys/key-globex?$top=1', undefined, { token })
  assert.deepEqual([one.status, Object.keys(one.body.errors)], [400, ['$top']])
})

test('another organization’s keys do not exist', async () => {
  const token = await tokenFor('initech')
  const { id } = (await call('POST /v1/keys', { name: 'ours' })).body
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(`${method} /v1/keys/${id}`, undefined, { token })).status, 404)
  for (const method of ['PATCH', 'PUT'])
    assert.equal((await call(`${method} /v1/keys/${id}`, { enabled: false }, { token })).status, 404)
  assert.equal((await call(`GET /v1/keys/${id}`)).body.enabled, true)
})

test('bad input is refused by name', async () => {
  const { id } = (await call('POST /v1/keys', {})).body
  for (const [route, body, path] of [
    ['POST /v1/keys', { nmae: 'typo' }, 'nmae'],
    ['POST /v1/keys', { name: 'x'.repeat(1001) }, 'name'],
    ['POST /v1/keys', { is_internal: 'yes' }, 'is_internal'],
    [`PATCH /v1/keys/${id}`, { secret: 'mine' }, 'secret'],
    [`PATCH /v1/keys/${id}`, { id: 'other' }, 'id'],
    [`PUT /v1/keys/${id}`, { enabled: 1 }, 'enabled'],
  ] as const) {
    const answer = await call(route, body)
    assert.deepEqual([answer.status, Object.keys(answer.body.errors)], [400, [path]], JSON.stringify(body))
  }
})
