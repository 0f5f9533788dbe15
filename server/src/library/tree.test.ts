import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { startHeed } from '../../test/heed.ts'
import { createLibraries } from './libraries.ts'

const { call: callAs, db, tokenFor } = await startHeed({ delivers: false })
const ELEMENT_ID = /^[A-Za-z0-9]{7}$/

/** Each test has an organization of its own: two purposes, two multi preferences, three single ones. */
let organizationId = ''
let token = ''
const call = (route: string, body?: unknown) => callAs(route, body, { token })
const put = (...selected_purposes: object[]) => call('PUT /v1/config-trees', { selected_purposes })
const tree = async () => (await call('GET /v1/config-trees')).body[0]
const library = () => createLibraries(db).of(organizationId)
const value = (id: string) => ({ id, name: { en: id } })

let organizations = 0
beforeEach(async () => {
  organizationId = `org-${++organizations}`
  token = await tokenFor(organizationId)
  for (const id of ['news', 'ads']) await call('POST /v1/metadata/purposes', { id, description: id })
  for (const id of ['topics', 'brands'])
    await call('POST /v1/preferences', { id, name: id, type: 'multi', values: ['a', 'b', 'c'].map(value) })
  for (const id of ['one', 'two', 'three', 'four'])
    await call('POST /v1/preferences', { id, name: id, type: 'single', values: ['x', 'y'].map(value) })
})

interface Shown {
  id: string
  purpose_id?: string
  preference_id?: string
  preference_value_id?: string
  selected_preferences?: Shown[]
  selected_values?: Shown[]
}
/** `{ 'news': id, 'news/topics': id, 'news/topics/a': id }` */
function elementsOf(nodes: readonly Shown[], above = ''): Record<string, string> {
  return Object.assign(
    {},
    ...nodes.map(node => {
      const place = `${above}${node.purpose_id ?? node.preference_id ?? node.preference_value_id}`
      const below = [...(node.selected_preferences ?? []), ...(node.selected_values ?? [])]
      return { [place]: node.id, ...elementsOf(below, `${place}/`) }
    }),
  )
}
const nest = (ids: readonly string[]): object[] =>
  ids.slice(0, 1).map(preference_id => ({
    preference_id,
    selected_values: [{ preference_value_id: 'x', selected_preferences: nest(ids.slice(1)) }],
  }))

test('before it is planted the tree is empty, and the same at every look', async () => {
  const { status, body } = await call('GET /v1/config-trees')
  assert.equal(status, 200)
  assert.equal(body.length, 1)
  assert.deepEqual(body[0].selected_purposes, [])
  assert.deepEqual((await call('GET /v1/config-trees')).body, body)
  assert.equal((await put({ purpose_id: 'news' })).body.id, body[0].id)
})

test('the tree shows the library’s things inside its nodes, each node with an element id', async () => {
  const { status, body } = await put({ purpose_id: 'news', selected_preferences: nest(['one', 'two']) })
  assert.equal(status, 200)
  assert.deepEqual(await tree(), body)
  const [purpose] = body.selected_purposes
  const [one] = purpose.selected_preferences
  const [two] = one.selected_values[0].selected_preferences
  assert.deepEqual(purpose.purpose, (await call('GET /v1/metadata/purposes/news')).body)
  assert.deepEqual(one.preference, (await call('GET /v1/preferences/one')).body)
  assert.deepEqual([one.parent_selected_purpose_id, one.parent_preference_value_id], [purpose.id, null])
  assert.deepEqual([two.parent_selected_purpose_id, two.parent_preference_value_id], [purpose.id, 'x'])
  const ids = Object.values(elementsOf(body.selected_purposes))
  assert.equal(ids.length, 5)
  assert.equal(new Set(ids).size, 5)
  for (const id of ids) assert.match(id, ELEMENT_ID)
})

test('nodes come in their order', async () => {
  await put({ purpose_id: 'news', order: 2 }, { purpose_id: 'ads', order: 1 })
  const shown = (await tree()).selected_purposes
  assert.deepEqual(
    shown.map(({ purpose_id }: Shown) => purpose_id),
    ['ads', 'news'],
  )
})

test('a node that stays keeps its element id, wherever its neighbours go', async () => {
  const news = {
    purpose_id: 'news',
    selected_preferences: [{ preference_id: 'topics' }, { preference_id: 'one' }],
  }
  const before = elementsOf((await put(news)).body.selected_purposes)
  const reversed = { ...news, selected_preferences: news.selected_preferences.toReversed() }
  const after = elementsOf((await put({ purpose_id: 'ads' }, reversed)).body.selected_purposes)
  assert.deepEqual({ ...after, ads: undefined }, { ...before, ads: undefined })
})

test('a node that was removed meanwhile gets its former id back; the element is known all along', async () => {
  const news = { purpose_id: 'news', selected_preferences: [{ preference_id: 'topics' }] }
  const before = elementsOf((await put(news)).body.selected_purposes)
  await put()
  assert.deepEqual((await tree()).selected_purposes, [])
  const removed = await library()
  for (const id of Object.values(before)) assert.ok(removed.elements.has(id))
  assert.deepEqual(removed.elements.get(before['news/topics/a'] ?? ''), {
    id: before['news/topics/a'],
    kind: 'value',
    purposeId: 'news',
    preferenceId: 'topics',
    valueId: 'a',
  })
  assert.deepEqual(elementsOf((await put(news)).body.selected_purposes), before)
})

test('an element id can be given; one that belongs to another node is refused by its path', async () => {
  const given = await put({ id: 'newsABC', purpose_id: 'news' })
  assert.equal(given.body.selected_purposes[0].id, 'newsABC')
  const other = await put({ purpose_id: 'news' }, { id: 'newsABC', purpose_id: 'ads' })
  assert.deepEqual([other.status, Object.keys(other.body.errors)], [400, ['selected_purposes[1].id']])
  await put()
  const former = await put({ id: 'newsABC', purpose_id: 'ads' })
  assert.deepEqual([former.status, Object.keys(former.body.errors)], [400, ['selected_purposes[0].id']])
  const twice = await put({ id: 'fresh01', purpose_id: 'news' }, { id: 'fresh01', purpose_id: 'ads' })
  assert.deepEqual([twice.status, Object.keys(twice.body.errors)], [400, ['selected_purposes[1].id']])
  const short = await put({ id: 'short', purpose_id: 'news' })
  assert.deepEqual([short.status, Object.keys(short.body.errors)], [400, ['selected_purposes[0].id']])
  const elsewhere = { token: await tokenFor('elsewhere') }
  await callAs('POST /v1/metadata/purposes', { id: 'ads', description: 'Ads' }, elsewhere)
  const theirs = { selected_purposes: [{ id: 'newsABC', purpose_id: 'ads' }] }
  assert.equal((await callAs('PUT /v1/config-trees', theirs, elsewhere)).status, 200)
})

test('a given id is never taken by another place before it', async () => {
  const below = (id?: string) => [{ ...(id ? { id } : {}), preference_id: 'topics' }]
  const at = (x: object[], y: object[]) => ({
    purpose_id: 'news',
    selected_preferences: [
      {
        preference_id: 'one',
        selected_values: [
          { preference_value_id: 'x', selected_preferences: x },
          { preference_value_id: 'y', selected_preferences: y },
        ],
      },
    ],
  })
  await put(at(below('topics1'), []))
  const moved = elementsOf((await put(at(below(), below('topics1')))).body.selected_purposes)
  assert.equal(moved['news/one/y/topics'], 'topics1')
  assert.match(moved['news/one/x/topics'] ?? '', ELEMENT_ID)
})

test('preferences nest three levels; a fourth is refused by its path', async () => {
  const three = await put({ purpose_id: 'news', selected_preferences: nest(['one', 'two', 'three']) })
  assert.equal(three.status, 200)
  const four = await put({ purpose_id: 'news', selected_preferences: nest(['one', 'two', 'three', 'four']) })
  const level = '.selected_preferences[0]'
  assert.equal(four.status, 400)
  assert.deepEqual(Object.keys(four.body.errors), [
    `selected_purposes[0]${level}.selected_values[0]${level}.selected_values[0]${level}.selected_values[0]${level}`,
  ])
  assert.deepEqual(await tree(), three.body)
})

test('what the library does not have, or stands twice, is refused by its path, and nothing is changed', async () => {
  const { body: before } = await put({ purpose_id: 'news' })
  await call('DELETE /v1/preferences/four')
  const first = 'selected_purposes[0].selected_preferences'
  for (const [purposes, path] of [
    [[{ purpose_id: 'nothing' }], 'selected_purposes[0].purpose_id'],
    [
      [{ purpose_id: 'news' }, { purpose_id: 'ads' }, { purpose_id: 'news' }],
      'selected_purposes[2].purpose_id',
    ],
    [
      [
        {
          purpose_id: 'news',
          selected_preferences: [{ preference_id: 'one' }, { preference_id: 'nothing' }],
        },
      ],
      `${first}[1].preference_id`,
    ],
    [
      [{ purpose_id: 'news', selected_preferences: [{ preference_id: 'four' }] }],
      `${first}[0].preference_id`,
    ],
    [
      [{ purpose_id: 'news', selected_preferences: [{ preference_id: 'one' }, { preference_id: 'one' }] }],
      `${first}[1].preference_id`,
    ],
    [
      [
        {
          purpose_id: 'news',
          selected_preferences: [
            {
              preference_id: 'one',
              selected_values: [{ preference_value_id: 'x' }, { preference_value_id: 'a' }],
            },
          ],
        },
      ],
      `${first}[0].selected_values[1].preference_value_id`,
    ],
    [[{ purpose_id: 'news', one_klick: true }], 'selected_purposes[0].one_klick'],
    [
      [{ purpose_id: 'news', selected_preferences: [{ preference_id: 'one', colour: 1 }] }],
      `${first}[0].colour`,
    ],
  ] as const) {
    const { status, body } = await put(...purposes)
    assert.deepEqual([status, Object.keys(body.errors)], [400, [path]], path)
  }
  assert.deepEqual(await tree(), before)
  const foreign = await callAs(
    'PUT /v1/config-trees',
    { selected_purposes: [{ purpose_id: 'news' }] },
    { token: await tokenFor('without-a-library') },
  )
  assert.deepEqual(Object.keys(foreign.body.errors), ['selected_purposes[0].purpose_id'])
})

test('a tree that was read can be sent back and stays as it is', async () => {
  const { body } = await put(
    {
      purpose_id: 'news',
      one_click: true,
      selected_preferences: [{ preference_id: 'topics' }, ...nest(['one', 'two'])],
    },
    { purpose_id: 'ads' },
  )
  const again = await call('PUT /v1/config-trees', body)
  assert.equal(again.status, 200)
  assert.deepEqual(again.body.selected_purposes, body.selected_purposes)
})

test('where all values are selected, values that are added follow and values that are deleted leave', async () => {
  await put({ purpose_id: 'news', selected_preferences: [{ preference_id: 'topics' }] })
  const before = elementsOf((await tree()).selected_purposes)
  await call('PATCH /v1/preferences/topics', { values: ['a', 'c', 'd'].map(value) })
  const after = elementsOf((await tree()).selected_purposes)
  assert.deepEqual(Object.keys(after), [
    'news',
    'news/topics',
    'news/topics/a',
    'news/topics/c',
    'news/topics/d',
  ])
  assert.equal(after['news/topics/c'], before['news/topics/c'])
  await call('PATCH /v1/preferences/topics', { values: ['a', 'b', 'c', 'd'].map(value) })
  assert.deepEqual(elementsOf((await tree()).selected_purposes), { ...before, ...after })
})

test('where values are chosen one by one, added ones stay out, and a deleted one leaves with what hangs below it', async () => {
  const chosen = (id: string) => ({ preference_value_id: id, selected_preferences: nest(['one']) })
  await put({
    purpose_id: 'news',
    selected_preferences: [{ preference_id: 'topics', selected_values: ['a', 'b'].map(chosen) }],
  })
  const before = elementsOf((await tree()).selected_purposes)
  await call('PATCH /v1/preferences/topics', { values: ['a', 'c', 'd'].map(value) })
  const after = elementsOf((await tree()).selected_purposes)
  assert.deepEqual(
    after,
    Object.fromEntries(Object.entries(before).filter(([place]) => !place.startsWith('news/topics/b'))),
  )
  assert.equal((await call('PUT /v1/config-trees', await tree())).status, 200)
  assert.ok((await library()).elements.has(before['news/topics/b/one'] ?? ''))
})

test('what stands in the tree cannot be deleted, at any depth, until it is taken out', async () => {
  const { body } = await put({ purpose_id: 'news', selected_preferences: nest(['one', 'two']) })
  const ids = elementsOf(body.selected_purposes)
  for (const [path, element] of [
    ['metadata/purposes/news', ids.news],
    ['preferences/two', ids['news/one/x/two']],
  ] as const) {
    const refused = await call(`DELETE /v1/${path}`)
    assert.equal(refused.status, 409)
    assert.match(refused.body.errors.id, new RegExp(`${element}.*take it out of the tree`))
  }
  await put()
  for (const path of ['metadata/purposes/news', 'preferences/two'])
    assert.equal((await call(`DELETE /v1/${path}`)).status, 200)
})

test('a deletion and a planting at the same time leave no hanging node', async () => {
  const [planted, deleted] = await Promise.all([
    put({ purpose_id: 'ads' }),
    call('DELETE /v1/metadata/purposes/ads'),
  ])
  assert.deepEqual([planted.status, deleted.status].sort(), planted.status === 200 ? [200, 409] : [200, 400])
  assert.equal((await call('GET /v1/config-trees')).status, 200)
})

test('one-click consent covers the purpose’s multi preferences at any depth, with the values selected there', async () => {
  const topics = {
    preference_id: 'topics',
    selected_values: [{ preference_value_id: 'c' }, { preference_value_id: 'a' }],
  }
  const one = {
    preference_id: 'one',
    selected_values: [{ preference_value_id: 'x', selected_preferences: [topics] }],
  }
  await put(
    { purpose_id: 'news', one_click: true, selected_preferences: [{ preference_id: 'brands' }, one] },
    { purpose_id: 'ads', selected_preferences: [{ preference_id: 'brands' }] },
  )
  assert.deepEqual(
    [...(await library()).oneClick],
    [
      [
        'news',
        [
          { preferenceId: 'brands', valueIds: ['a', 'b', 'c'] },
          { preferenceId: 'topics', valueIds: ['c', 'a'] },
        ],
      ],
    ],
  )
  await put({ purpose_id: 'news' })
  assert.equal((await library()).oneClick.size, 0)
})
