import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KyselyPlugin, type PluginTransformQueryArgs, sql } from 'kysely'
import { startHeed } from '../../test/heed.ts'
import { fillLibrary } from '../../test/library.ts'
import { createLibraries } from './libraries.ts'

const heed = await startHeed({ delivers: false })
const { db } = heed
await fillLibrary(heed)

/** A database that counts its statements. */
function counted() {
  let statements = 0
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }: PluginTransformQueryArgs) => {
      statements++
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return { db: db.withPlugin(plugin), count: () => statements }
}
const addPurpose = (id: string) =>
  sql`insert into purposes (organization_id, id, content) values ('acme', ${id}, '{}')`.execute(db)

test('a library holds every id that ever existed, live values before deleted ones', async () => {
  await heed.call('PATCH /v1/preferences/topics', {
    values: ['music', 'travel', 'sports'].map(id => ({ id, name: id })),
  })
  await heed.call('POST /v1/metadata/purposes', { id: 'gone', description: 'Gone' })
  await heed.call('DELETE /v1/metadata/purposes/gone')
  const library = await createLibraries(db).of('acme')
  assert.equal(library.organizationId, 'acme')
  assert.deepEqual([...library.purposes].sort(), ['ads', 'gone', 'newsletter'])
  assert.deepEqual(library.preferences.get('topics'), {
    type: 'multi',
    valueIds: ['travel', 'music', 'sports', 'food'],
    liveValueIds: ['travel', 'music', 'sports'],
  })
  assert.deepEqual(library.elements.get('newsltr'), {
    id: 'newsltr',
    kind: 'purpose',
    purposeId: 'newsletter',
  })
  assert.equal((await createLibraries(db).of('nobody')).purposes.size, 0)
})

test('a warm library is not read again, and readers at the same time share one reading', async () => {
  const { db: counting, count } = counted()
  const libraries = createLibraries(counting)
  const [first, second] = await Promise.all([libraries.of('acme'), libraries.of('acme')])
  assert.equal(first, second)
  assert.equal(await libraries.of('acme'), first)
  assert.equal(count(), 1)
})

test('a change is seen after forget, or by a fresh reading, which later readers have too', async () => {
  const libraries = createLibraries(db)
  await libraries.of('acme')
  await addPurpose('added-elsewhere')
  assert.ok(!(await libraries.of('acme')).purposes.has('added-elsewhere'))
  assert.ok((await libraries.fresh('acme')).purposes.has('added-elsewhere'))
  assert.ok((await libraries.of('acme')).purposes.has('added-elsewhere'))
  await addPurpose('added-again')
  libraries.forget('acme')
  assert.ok((await libraries.of('acme')).purposes.has('added-again'))
})

test('fresh readings asked for at once are one, begun after the one under way', async () => {
  const { db: counting, count } = counted()
  const libraries = createLibraries(counting)
  const underWay = libraries.of('acme')
  await Promise.all([underWay, ...Array.from({ length: 50 }, () => libraries.fresh('acme'))])
  assert.equal(count(), 2)
})

test('another node’s change is seen at once where an unknown id would be refused', async () => {
  const other = await startHeed({ delivers: false, databaseUrl: heed.databaseUrl })
  const event = (id: string) => ({
    user: { organization_user_id: 'a@b.test' },
    consents: { purposes: [{ id, enabled: true }] },
  })
  assert.equal((await heed.call('POST /v1/consents/events', event('ads'))).status, 200)
  await other.call('POST /v1/metadata/purposes', { id: 'from-the-other-node', description: 'New' })
  assert.equal((await heed.call('POST /v1/consents/events', event('from-the-other-node'))).status, 200)
})

test('a reading that fails is not remembered', async () => {
  let broken = true
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (broken) throw new Error('away')
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const libraries = createLibraries(db.withPlugin(plugin))
  await assert.rejects(libraries.of('acme'), /away/)
  await assert.rejects(libraries.fresh('acme'), /away/)
  broken = false
  assert.ok((await libraries.of('acme')).purposes.has('ads'))
})
