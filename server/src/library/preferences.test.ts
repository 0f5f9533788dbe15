import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHeed } from '../../test/heed.ts'

const { call, tokenFor } = await startHeed({ delivers: false })
await call('POST /v1/metadata/purposes', { id: 'news', description: 'News' })

const create = (body: object) => call('POST /v1/preferences', { name: 'P', type: 'multi', ...body })
const value = (id: string) => ({ id, name: { en: id } })
const idsOf = (body: { values: { id: string }[] }) => body.values.map(({ id }) => id)
const say = (preferenceId: string, choice: string) =>
  call('POST /v1/consents/events', {
    user: { organization_user_id: 'a@b.test' },
    consents: { purposes: [{ id: 'news', enabled: true, values: { [preferenceId]: { value: choice } } }] },
  })

test('a preference keeps what it was given; ids are given or generated', async () => {
  const given = {
    id: 'channel',
    name: { en: 'Channel', fr: 'Canal' },
    description: { en: 'How' },
    metadata: { icon: 'mail' },
    type: 'single',
    values: [
      { id: 'email', name: { en: 'E-mail' }, metadata: { short: 'e' } },
      { id: 'sms', name: { en: 'SMS' }, metadata: {} },
    ],
  }
  const { status, body } = await create(given)
  assert.equal(status, 200)
  const { created_at, updated_at, ...rest } = body
  const values = given.values.map((one, order) => ({ ...one, order }))
  assert.deepEqual(rest, { ...given, values, organization_id: 'acme', version: 1 })
  assert.deepEqual((await call('GET /v1/preferences/channel')).body, body)
  assert.deepEqual((await call('GET /v1/preferences')).body, { total: 1, limit: 50, skip: 0, data: [body] })
  const generated = (await create({ values: [{ name: 'Yes' }] })).body
  assert.match(generated.id, /^[A-Za-z0-9]{8}$/)
  assert.match(generated.values[0].id, /^[A-Za-z0-9]{8}$/)
  assert.deepEqual(generated.values[0].name, { en: 'Yes' })
})

test('order counts at creation, and cannot be edited afterwards', async () => {
  const { body } = await create({
    id: 'ordered',
    values: [
      { ...value('b'), order: 2 },
      { ...value('a'), order: 1 },
      { ...value('c'), order: 3 },
    ],
  })
  assert.deepEqual(idsOf(body), ['a', 'b', 'c'])
  const changed = await call('PATCH /v1/preferences/ordered', {
    values: [{ ...value('new'), order: 0 }, { ...value('c'), order: 1 }, value('b'), value('a')],
  })
  assert.deepEqual(idsOf(changed.body), ['a', 'b', 'c', 'new'])
})

test('a value that is not sent is deleted, stays valid in events, and comes back in its place when sent again', async () => {
  await create({ id: 'topics', values: ['food', 'music', 'travel'].map(value) })
  const less = await call('PATCH /v1/preferences/topics', { values: [value('food'), value('travel')] })
  assert.deepEqual(idsOf(less.body), ['food', 'travel'])
  assert.equal((await say('topics', 'music,food')).status, 200)
  const never = await say('topics', 'sports')
  assert.deepEqual(
    [never.status, Object.keys(never.body.errors)],
    [400, ['consents.purposes[0].values.topics']],
  )
  const { body } = await call('PATCH /v1/preferences/topics', {
    values: ['food', 'travel', 'music'].map(id => ({ ...value(id), metadata: { again: true } })),
  })
  assert.deepEqual(idsOf(body), ['food', 'music', 'travel'])
  assert.deepEqual(body.values[1].metadata, { again: true })
})

test('a change without values keeps them; a preference that was read can be sent back', async () => {
  const { body: first } = await create({ id: 'kept', values: [value('a'), value('b')] })
  const { body: named } = await call('PATCH /v1/preferences/kept', { name: 'Other' })
  assert.deepEqual(named, { ...first, name: { en: 'Other' }, version: 2, updated_at: named.updated_at })
  const { body: same } = await call('PATCH /v1/preferences/kept', named)
  assert.deepEqual(same, { ...named, version: 3, updated_at: same.updated_at })
  const { body: emptied } = await call('PATCH /v1/preferences/kept', { values: [] })
  assert.deepEqual(emptied.values, [])
})

test('the type is for ever', async () => {
  await create({ id: 'typed', type: 'multi' })
  assert.equal((await call('PATCH /v1/preferences/typed', { type: 'multi' })).status, 200)
  const { status, body } = await call('PATCH /v1/preferences/typed', { type: 'single' })
  assert.deepEqual([status, Object.keys(body.errors)], [400, ['type']])
})

test('a preference that is sent again as it is gives back the one that is there, other content under its id a conflict', async () => {
  const given = { id: 'repeated', values: [value('a'), value('b')] }
  const { body } = await create(given)
  assert.deepEqual((await create(given)).body, body)
  assert.equal((await create({ ...given, values: [value('a')] })).status, 409)
  assert.equal((await create({ ...given, values: [{ name: 'a' }, value('b')] })).status, 409)
})

test('a deleted preference is hidden, its id stays valid in events and is never given again', async () => {
  const { body } = await create({ id: 'gone', values: [value('a')] })
  assert.deepEqual((await call('DELETE /v1/preferences/gone')).body, body)
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(`${method} /v1/preferences/gone`)).status, 404)
  assert.equal((await call('PATCH /v1/preferences/gone', { name: 'Back' })).status, 404)
  assert.equal((await say('gone', 'a')).status, 200)
  assert.equal((await create({ id: 'gone' })).status, 409)
})

test('another organization’s preferences do not exist', async () => {
  const token = await tokenFor('globex')
  await create({ id: 'ours' })
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(`${method} /v1/preferences/ours`, undefined, { token })).status, 404)
  assert.equal((await call('PATCH /v1/preferences/ours', { name: 'x' }, { token })).status, 404)
  assert.equal((await call('GET /v1/preferences', undefined, { token })).body.total, 0)
})

test('bad input is refused by name', async () => {
  for (const [body, path] of [
    [{ type: 'text' }, 'type'],
    [{ name: undefined }, 'name'],
    [{ values: [value('a'), value('a')] }, 'values[1].id'],
    [{ values: [{ id: 'a,b', name: 'x' }] }, 'values[0].id'],
    [{ values: [{ id: 'a' }] }, 'values[0].name'],
    [{ values: [{ ...value('a'), enabled: true }] }, 'values[0].enabled'],
    [{ values: Array.from({ length: 501 }, (_, i) => value(`v${i}`)) }, 'values'],
    [{ name: { en: 'x'.repeat(1001) } }, 'name.en'],
    [{ metadata: [] }, 'metadata'],
  ] as const) {
    const answer = await create({ id: 'bad', ...body })
    assert.deepEqual([answer.status, Object.keys(answer.body.errors)], [400, [path]], path)
  }
  assert.equal((await call('GET /v1/preferences/bad')).status, 404)
})
