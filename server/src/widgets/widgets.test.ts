import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from '../../test/heed.ts'
import { elementIds, fillLibrary } from '../../test/library.ts'

const heed = await startHeed()
const { call } = heed
before(() => fillLibrary(heed))

const create = async (body: object = {}) => {
  const answer = await call('POST /v1/widgets', { name: 'Centre', ...body })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}
const publish = (widget_id: string) => call('POST /v1/widgets/deployments', { widget_id })
const componentOf = (widget: { components: { id: string; type: string }[] }, type: string) =>
  widget.components.find(one => one.type === type)?.id

test('a widget is created with defaults and the parts of its template, and is a draft', async () => {
  const widget = await create({ template_id: 'full_preference_center' })
  assert.equal(widget.publication_status, 'draft')
  assert.deepEqual(
    widget.components.map(({ type }: { type: string }) => type),
    ['footer', 'header', 'preference', 'preference_value', 'save', 'section', 'sections'],
  )
  assert.match(widget.url, new RegExp(`/c/acme/${widget.id}$`))
  const { body } = await call('GET /v1/widgets')
  assert.ok(body.data.some(({ id }: { id: string }) => id === widget.id))
})

test('a wrong widget is refused with the fields that are wrong', async () => {
  const { status, body } = await call('POST /v1/widgets', {
    name: 'x',
    selected_purposes_ids: ['nothing'],
    enabled_languages: ['en'],
    theme_id: 'default',
  })
  assert.deepEqual([status, Object.keys(body.errors)], [400, ['selected_purposes_ids[0]']])
  for (const [field, value] of [
    ['format', 'poster'],
    ['theme_id', 'none'],
    ['default_language', 'fr'],
    ['enabled_languages', ['en', 'en']],
    ['color', 'red'],
  ] as const) {
    const answer = await call('POST /v1/widgets', { name: 'x', [field]: value })
    assert.equal(answer.status, 400, field)
    assert.ok(JSON.stringify(answer.body.errors).includes(field), JSON.stringify(answer.body))
  }
})

test('what is published is a version of its own that later changes leave alone', async () => {
  const widget = await create({ id: 'kept', enabled_languages: ['en', 'fr'] })
  const first = await publish('kept')
  assert.equal(first.status, 200, JSON.stringify(first.body))
  assert.equal(first.body.version, 1)
  assert.equal((await call('GET /v1/widgets/kept')).body.publication_status, 'published')
  const save = componentOf(widget, 'save')
  const changed = await call(`PATCH /v1/widgets/layout-components/${save}?widget_id=kept`, {
    type: 'save',
    options: { saveButton: { content: { en: 'Keep it', fr: 'Garder' } } },
  })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  assert.equal((await call('GET /v1/widgets/kept')).body.publication_status, 'draft')
  const second = await publish('kept')
  assert.deepEqual([second.body.version, second.body.config.texts.save.fr], [2, 'Garder'])
  const again = await call(`GET /v1/widgets/deployments/${first.body.id}`)
  assert.equal(again.body.config.texts.save, undefined)
  const named = await call('GET /v1/widgets/deployments?widget_id=kept&version=1')
  assert.deepEqual(
    [named.body.total, named.body.data[0].id],
    [1, first.body.id],
    'by what an event’s shown names',
  )
  await assert.rejects(
    sql`update widget_versions set number = 9`.execute(heed.db),
    /what was published is not changed/,
  )
})

test('publishing what is published already makes no second version', async () => {
  await create({ id: 'twice' })
  const [one, two] = [await publish('twice'), await publish('twice')]
  assert.equal(one.body.deployment_id, two.body.deployment_id)
})

test('parts of the tree are hidden, moved and named anew in one widget alone', async () => {
  await create({ id: 'own' })
  const hidden = await call(
    `PATCH /v1/widgets/preferences-centers/layout-entities/${elementIds.channel}?widget_id=own`,
    { enabled: false },
  )
  assert.equal(hidden.body.enabled, false, JSON.stringify(hidden.body))
  await call('PATCH /v1/widgets/preferences-centers/layout-entities?widget_id=own', [
    { id: elementIds.ads, order: 0 },
    { id: elementIds.newsletter, order: 1 },
  ])
  await call(`PATCH /v1/widgets/layout-components/${elementIds.ads}?widget_id=own`, {
    options: { title: { content: { en: 'Advertising' } } },
  })
  const { config } = (await publish('own')).body
  assert.deepEqual(
    config.purposes.map(({ name, preferences }: { name: object; preferences: { id: string }[] }) => [
      name,
      preferences.map(({ id }) => id),
    ]),
    [
      [{ en: 'Advertising' }, []],
      [{ en: 'Newsletter', fr: 'Lettre' }, ['topics']],
    ],
  )
})

test('a widget shows the purposes that were selected, by their id or their element’s', async () => {
  await create({ id: 'some', selected_purposes_ids: [elementIds.ads] })
  assert.deepEqual(
    (await publish('some')).body.config.purposes.map(({ id }: { id: string }) => id),
    ['ads'],
  )
})

test('a theme that people could not read is refused with the contrast that is needed', async () => {
  const refused = await call('PATCH /v1/widgets/themes/custom', { color_3: '#bbbbbb' })
  assert.equal(refused.status, 400)
  assert.match(refused.body.errors.color_3, /4\.5:1/)
  const taken = await call('PATCH /v1/widgets/themes/custom', { color_5: 'rgb(90, 0, 90)' })
  assert.equal(taken.body.color_5, 'rgb(90, 0, 90)')
  assert.equal((await call('PATCH /v1/widgets/themes/abyss', { color_1: '#000' })).status, 403)
  assert.equal((await call('GET /v1/widgets/themes')).body.total, 6)
})

test('what a page could not show safely is refused with its field, and nothing of it is taken', async () => {
  const widget = await create({ id: 'dressed', template_id: 'full_preference_center' })
  const patch = (type: string, body: object) =>
    call(`PATCH /v1/widgets/layout-components/${componentOf(widget, type)}?widget_id=dressed`, body)
  for (const [type, body, field] of [
    ['header', { options: { logo: { src: 'http://acme.test/logo.png' } } }, 'options.logo.src'],
    ['header', { options: { logo: { src: 'javascript:alert(1)' } } }, 'options.logo.src'],
    [
      'header',
      { options: { mainTitle: { style: { default: { position: 'fixed' } } } } },
      'options.mainTitle.style.default.position',
    ],
    [
      'section',
      { options: { card: { style: { default: { padding: '1px}body{display:none' } } } } },
      'options.card.style.default.padding',
    ],
    [
      'footer',
      { options: { text: { style: { default: { fontFamily: 'a;b' } } } } },
      'options.text.style.default.fontFamily',
    ],
    ['section', { options: { saveOnClick: 'yes' } }, 'options.saveOnClick'],
    ['section', { options: { loader: {} } }, 'options.loader'],
    ['sections', { theme: { borderShape: 'wavy' } }, 'theme.borderShape'],
    ['save', { theme: { nameColor: '#000' } }, 'theme.nameColor'],
  ] as const) {
    const answer = await patch(type, body)
    assert.deepEqual([answer.status, Object.keys(answer.body.errors ?? {})], [400, [field]])
  }
  assert.deepEqual((await publish('dressed')).body.config.look, {
    theme: {},
    styles: [],
    images: [],
    sections: [],
  })
})

test('colours of a part that people could not read on what is behind it are refused', async () => {
  const widget = await create({ id: 'pale', template_id: 'full_preference_center' })
  const patch = (type: string, body: object) =>
    call(`PATCH /v1/widgets/layout-components/${componentOf(widget, type)}?widget_id=pale`, body)
  const style = (color: string) => ({ options: { mainTitle: { style: { default: { color } } } } })
  const pale = await patch('header', style('#cccccc'))
  assert.match(pale.body.errors['header.options.mainTitle.style.default.color'], /4\.5:1/)
  assert.equal((await patch('header', style('#333333'))).status, 200)
  const dark = await patch('sections', { theme: { backgroundColor: '#222222' } })
  assert.match(dark.body.errors['sections.theme.backgroundColor'], /4\.5:1/)
  // On another theme they may not be readable any more: then it is not published.
  await call('PATCH /v1/widgets/pale', { theme_id: 'abyss' })
  const published = await publish('pale')
  assert.deepEqual([published.status, Object.keys(published.body.errors).length], [409, 1])
})

test('another organization sees no widget of this one', async () => {
  await create({ id: 'mine' })
  const token = await heed.tokenFor('other')
  for (const route of ['GET /v1/widgets/mine', 'PATCH /v1/widgets/mine'])
    assert.equal(
      (await call(route, route.startsWith('P') ? { name: 'x' } : undefined, { token })).status,
      404,
    )
  const { status } = await call('POST /v1/widgets/deployments', { widget_id: 'mine' }, { token })
  assert.equal(status, 404)
})
