import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from '../../test/heed.ts'

const { call, db, tokenFor } = await startHeed({ delivers: false })

const create = (body: object) => call('POST /v1/metadata/purposes', body)

test('a purpose keeps what it was given; its id is given or made from its name', async () => {
  const given = { id: 'my_Purpose-1', description: { en: 'Mail', fr: 'Courrier' }, metadata: { rank: 1 } }
  const { status, body } = await create(given)
  assert.equal(status, 200)
  const { created_at, updated_at, ...rest } = body
  assert.ok(created_at && updated_at)
  assert.deepEqual(rest, { ...given, organization_id: 'acme', type: 'purpose', version: 1 })
  assert.deepEqual((await call('GET /v1/metadata/purposes/my_Purpose-1')).body, body)
  for (const [description, id] of [
    [{ en: 'Marketing & Ads' }, /^marketing-ads-[A-Za-z0-9]{8}$/],
    [{ fr: 'Été à la mer' }, /^ete-a-la-mer-[A-Za-z0-9]{8}$/],
    [{ ja: '通知' }, /^purpose-[A-Za-z0-9]{8}$/],
  ] as const)
    assert.match((await create({ description })).body.id, id)
})

test('a purpose that is sent again as it is gives back the one that is there, other content under its id a conflict', async () => {
  const given = { id: 'repeated', description: 'A', metadata: { rank: 1, of: { a: 1, b: 2 } } }
  const { body } = await create(given)
  assert.deepEqual(
    (await create({ metadata: { of: { b: 2, a: 1 }, rank: 1 }, id: 'repeated', description: 'A' })).body,
    body,
  )
  assert.equal((await create({ ...given, description: 'B' })).status, 409)
})

test('one text counts as English; texts are objects, with $translations or without', async () => {
  await create({ id: 'texts', description: 'News', details: { 'pt-BR': 'Novidades' } })
  for (const query of ['', '?$translations=true', '?$translations=false']) {
    const { body } = await call(`GET /v1/metadata/purposes/texts${query}`)
    assert.deepEqual([body.description, body.details], [{ en: 'News' }, { 'pt-BR': 'Novidades' }])
  }
  assert.equal((await call('GET /v1/metadata/purposes?$translations=true')).status, 200)
})

test('PATCH changes what it names, PUT replaces everything; a purpose that was read can be sent back', async () => {
  const path = '/v1/metadata/purposes/changed'
  const { body: first } = await create({ id: 'changed', description: 'A', details: 'B', type: 'special' })
  const { body: patched } = await call(`PATCH ${path}`, { description: 'C' })
  assert.deepEqual(patched, {
    ...first,
    description: { en: 'C' },
    version: 2,
    updated_at: patched.updated_at,
  })
  const { body: same } = await call(`PUT ${path}`, patched)
  assert.deepEqual(same, { ...patched, version: 3, updated_at: same.updated_at })
  const { body: replaced } = await call(`PUT ${path}`, { description: 'D' })
  assert.deepEqual(
    [replaced.description, replaced.details, replaced.type],
    [{ en: 'D' }, undefined, 'purpose'],
  )
  assert.equal(replaced.created_at, first.created_at)
})

test('changes at the same time all count', async () => {
  await create({ id: 'raced', description: 'A' })
  const path = '/v1/metadata/purposes/raced'
  await Promise.all([
    call(`PATCH ${path}`, { details: 'B' }),
    call(`PATCH ${path}`, { regulations_id: ['gdpr'] }),
    call(`PATCH ${path}`, { metadata: { x: 1 } }),
  ])
  const { body } = await call(`GET ${path}`)
  assert.deepEqual(
    [body.details, body.regulations_id, body.metadata, body.version],
    [{ en: 'B' }, ['gdpr'], { x: 1 }, 4],
  )
})

test('a deleted purpose is hidden, its id stays valid in events and is never given again', async () => {
  const { body: purpose } = await create({ id: 'gone', description: 'Gone' })
  assert.deepEqual((await call('DELETE /v1/metadata/purposes/gone')).body, purpose)
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(`${method} /v1/metadata/purposes/gone`)).status, 404)
  for (const method of ['PATCH', 'PUT'])
    assert.equal((await call(`${method} /v1/metadata/purposes/gone`, { description: 'Back' })).status, 404)
  const { body } = await call('GET /v1/metadata/purposes')
  assert.ok(!body.data.some(({ id }: { id: string }) => id === 'gone'))
  const event = {
    user: { organization_user_id: 'a@b.test' },
    consents: { purposes: [{ id: 'gone', enabled: false }] },
  }
  assert.equal((await call('POST /v1/consents/events', event)).status, 200)
  const again = await create({ id: 'gone', description: 'Again' })
  assert.deepEqual([again.status, Object.keys(again.body.errors)], [409, ['id']])
})

test('another organization’s purposes do not exist, and may have the same ids', async () => {
  const token = await tokenFor('globex')
  await create({ id: 'shared', description: 'Ours' })
  for (const method of ['GET', 'DELETE'])
    assert.equal((await call(`${method} /v1/metadata/purposes/shared`, undefined, { token })).status, 404)
  assert.equal((await call('PATCH /v1/metadata/purposes/shared', { details: 'x' }, { token })).status, 404)
  const theirs = { id: 'shared', description: 'Theirs' }
  assert.equal((await call('POST /v1/metadata/purposes', theirs, { token })).status, 200)
  assert.deepEqual((await call('GET /v1/metadata/purposes/shared')).body.description, { en: 'Ours' })
})

test('an organization has at most 300 purposes; deleted ones do not count', async () => {
  const token = await tokenFor('initech')
  await sql`
    insert into purposes (organization_id, id, content, deleted_at)
    select 'initech', 'p' || n, '{}', case when n > 298 then now() end from generate_series(1, 320) as n`.execute(
    db,
  )
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => call('POST /v1/metadata/purposes', { description: 'x' }, { token })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 400, 400])
  const page = await call('GET /v1/metadata/purposes?$limit=100&$skip=250', undefined, { token })
  assert.deepEqual([page.body.total, page.body.data.length], [300, 50])
})

test('bad input is refused by name', async () => {
  for (const [body, path] of [
    [{ id: 'with space' }, 'id'],
    [{ id: 'x'.repeat(65) }, 'id'],
    [{ id: '' }, 'id'],
    [{ description: 'x'.repeat(1001) }, 'description'],
    [{ description: { en: 5 } }, 'description.en'],
    [{ description: { 'not a language': 'x' } }, 'description.not a language'],
    [{ colour: 'red' }, 'colour'],
    [{ namespaces: { other: '1' } }, 'namespaces.other'],
    [{ namespaces: { iab2: '1', iab2_special_feature: '1' } }, 'namespaces.iab2_special_feature'],
    [{ metadata: { x: 'y'.repeat(65_536) } }, 'metadata'],
    [{ regulations_id: [1] }, 'regulations_id[0]'],
  ] as const) {
    const answer = await create(body)
    assert.deepEqual(
      [answer.status, Object.keys(answer.body.errors)],
      [400, [path]],
      JSON.stringify(body).slice(0, 80),
    )
  }
  await create({ id: 'named', description: 'Named' })
  const renamed = await call('PATCH /v1/metadata/purposes/named', { id: 'other' })
  assert.deepEqual([renamed.status, Object.keys(renamed.body.errors)], [400, ['id']])
  for (const query of ['$top=1', 'colour=red', '$sort[colour]=1']) {
    assert.equal((await call(`GET /v1/metadata/purposes?${query}`)).status, 400, query)
    assert.equal((await call(`GET /v1/preferences?${query}`)).status, 400, query)
  }
})
