/** Pages written for the public loader, with our host name and ids in them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type BuildOptions, build, stop } from 'esbuild'
import type { Locator, Page } from 'playwright-core'
import { codeIn, startCentre } from './centre.ts'
import { elementIds } from './library.ts'
import { startShop } from './shop.ts'

const { browser, delivering, call, origin, publish, tokenOf, mailTo } = await startCentre()
const { public_api_key: apiKey } = (await call('GET /v1/organizations')).body.data[0]
await publish({ id: 'centre' })
await publish({ id: 'bare', headless: true })

const headless = `<didomi-container-headless id="bare">
  <didomi-if-not-authenticated container-id="bare"><p>Who are you?</p>
    <didomi-auth-headless container-id="bare"><i id="auth"></i></didomi-auth-headless></didomi-if-not-authenticated>
  <didomi-if-authenticated container-id="bare">
    <h2><didomi-entity-content container-id="bare" entity-type="purpose" entity-id="newsletter" entity-property="name"></didomi-entity-content></h2>
    <p><didomi-component-content container-id="bare" component-id="header" component-property="mainTitle"></didomi-component-content></p>
    <didomi-consent-asked container-id="bare"></didomi-consent-asked>
    <didomi-consent-receiver container-id="bare"><i id="now"></i></didomi-consent-receiver>
    <didomi-pending-consent-receiver container-id="bare"><i id="later"></i></didomi-pending-consent-receiver>
  </didomi-if-authenticated>
</didomi-container-headless>`
const both = `<didomi-container id="centre"></didomi-container>
<didomi-if-authenticated container-id="bare"><p>Known</p></didomi-if-authenticated>`
const resolveDir = join(import.meta.dirname, '../../client/test')
const bundled = async (from: BuildOptions) => {
  const { outputFiles } = await build({
    ...{ ...from, bundle: true, write: false, jsx: 'automatic' },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  return outputFiles?.[0]?.text ?? ''
}
const contents = `import { renderToString } from 'react-dom/server.edge'
import { Page } from './page.tsx'
export const html = renderToString(<Page />)`
const reactServer = await bundled({ stdin: { contents, resolveDir, loader: 'tsx' }, format: 'esm' })
const reactPage = await bundled({ entryPoints: [join(resolveDir, 'page.tsx')] })
await stop()
const { html: rendered } = await import(
  `data:text/javascript;base64,${Buffer.from(reactServer).toString('base64')}`
)
const bodies: Readonly<Record<string, string>> = {
  '/headless': headless,
  '/both': both,
  '/twice':
    '<didomi-container id="centre"></didomi-container><didomi-container id="centre"></didomi-container>',
  '/react': '<div id="root"></div><script defer src="/react.js"></script>',
  // What a server has rendered, upgraded before React takes it over.
  '/rendered': `<div id="root">${rendered}</div><script>didomiWidgetsOnReady.push(() =>
    document.body.append(Object.assign(document.createElement('script'), { src: '/react.js' })))</script>`,
}
const shopUrl = await startShop(({ pathname }) =>
  pathname === '/react.js'
    ? { body: reactPage, type: 'text/javascript; charset=utf-8' }
    : {
        body: `<!doctype html><html lang="en"><title>Shop</title>
<script>
  window.didomiConfig = { apiKey: '${apiKey}', app: { apiKey: '${apiKey}' }, components: { version: 2 }, widgets: [],
    user: { shouldReadTokenFromURL: true, shouldReadTokenFromLocalStorage: true } }
  window.didomiWidgetsOnReady = window.didomiWidgetsOnReady || []
  window.didomiWidgetsOnReady.push(async widgets => { window.ready = widgets })
  window.heard = []
  window.analytics = []
  window.didomiEventListeners = [{ event: 'consent.asked', listener: ({ containerId }) => analytics.push(containerId) }]
  for (const name of ['authentication.asked', 'authentication.sent', 'consent.asked'])
    document.addEventListener(name, event => analytics.push(event.type))
  for (const name of ['send-authentication', 'verify-otp-code', 'set-consents', 'set-pending-consents', 'save-pending-consents'])
    for (const step of ['loading', 'success', 'error'])
      document.addEventListener('didomi:' + name + '-' + step, event => heard.push(event.type.slice(7)))
  window.tell = (id, name, detail) => document.getElementById(id).dispatchEvent(
    new CustomEvent('didomi:' + name, { detail, bubbles: true, composed: true }))
</script>
<script async src="${origin}/v2/loader.js"></script>
${bodies[pathname] ?? '<didomi-container id="centre"></didomi-container>'}</html>`,
      },
)

const lastEventOf = async (id: string) =>
  (await call(`GET /v1/consents/events?organization_user_id=${id}`)).body.data[0]
async function visit(path: string, before?: (page: Page) => Promise<unknown>) {
  const page = await browser.open()
  await before?.(page)
  await page.goto(shopUrl + path)
  await page.waitForFunction('window.ready')
  return page
}

test('a container shows the widget to who comes with a token in the address', async () => {
  const page = await visit(`?token=${await tokenOf('address@acme.test')}`)
  await page.locator(`#c-${elementIds.newsletter}`).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByRole('listitem').getByText('Newsletter: yes').waitFor()
  assert.deepEqual((await lastEventOf('address@acme.test')).shown, {
    ...{ widget_id: 'centre', version: 1, language: 'en' },
  })
  const heard = "window.ready.getContainerById('centre').isConsentPurposeEnabled('newsletter')"
  await page.waitForFunction(heard)
})

test('a token is read from the local storage, or given by the page', async () => {
  const page = await browser.open()
  await page.goto(shopUrl)
  await page.locator('#email').waitFor()
  await page.evaluate(`localStorage.setItem('didomi_auth_token', '${await tokenOf('stored@acme.test')}')`)
  await page.reload()
  await page.locator(`#c-${elementIds.ads}`).waitFor()
  await delivering.choose('given@acme.test', true)
  await page.evaluate(`ready.updateToken('${await tokenOf('given@acme.test')}')`)
  await page.locator(`#c-${elementIds.newsletter}:checked`).waitFor()
  // What comes into the page after that is theirs too, whatever is stored.
  await page.waitForFunction("ready.getContainerById('bare').isConsentPurposeEnabled('newsletter')")
  await page.evaluate(
    "document.body.replaceChildren(Object.assign(document.createElement('didomi-container'), { id: 'centre' }))",
  )
  await page.locator(`#c-${elementIds.newsletter}:checked`).waitFor()
  await page.evaluate("ready.updateToken('')")
  await page.locator('#email').waitFor()
})

test('without a look of its own it tells its contents, and takes what the page lets people choose', async () => {
  const id = 'bare@acme.test'
  const page = await visit(`headless?token=${await tokenOf(id)}`)
  await page.getByRole('heading', { name: 'Newsletter' }).waitFor()
  assert.equal(await page.getByText('Your preferences').isVisible(), true)
  assert.equal(await page.getByText('Who are you?').isVisible(), false)
  const told = await page.evaluate(`(() => {
    const container = ready.getContainerById('bare')
    const { purposes: [{ preferences: [{ id, values, enabled }], enabled: isShown }] } = container.getEntities()
    return [[id, ...values.map(value => value.id)], enabled && isShown && values.every(value => value.enabled),
      container.getEntityContentById({ entityType: 'preference-value',
        entityId: 'sms', entityProperty: 'name', withComponentContent: true }),
      container.isConsentPurposeEnabled('newsletter'), container.isConsentPurposeEnabled('nothing')]
  })()`)
  assert.deepEqual(told, [['channel', 'email', 'sms', 'post'], true, 'sms', false, false])

  await page.evaluate("tell('now', 'set-consents', { purposeId: 'newsletter', value: true })")
  await page.waitForFunction("heard.includes('set-consents-success')")
  assert.deepEqual((await lastEventOf(id)).consents.purposes, [{ id: 'newsletter', enabled: true }])
  await page.evaluate(`
    tell('later', 'set-pending-consents', { purposeId: 'newsletter', preferenceId: 'topics', value: 'travel,food' })
    tell('later', 'set-pending-consents', { purposeId: 'ads', value: true })`)
  assert.deepEqual(
    await page.evaluate(`(() => { const one = ready.getContainerById('bare')
      return [one.getPurposeEnabledById('ads'), one.getPreferenceValueById({ purposeId: 'newsletter', preferenceId: 'topics' })] })()`),
    [true, 'travel,food'],
  )
  await page.evaluate("tell('later', 'save-pending-consents', {})")
  await page.waitForFunction("heard.includes('save-pending-consents-success')")
  assert.deepEqual((await lastEventOf(id)).consents.purposes, [
    { id: 'newsletter', values: { topics: { value: 'travel,food' } } },
    { id: 'ads', enabled: true },
  ])
  assert.deepEqual(await page.evaluate('heard'), [
    ...['set-consents-loading', 'set-consents-success'],
    ...['save-pending-consents-loading', 'save-pending-consents-success'],
  ])
})

test('its elements follow what a framework does to them: attributes that come late and change, a container around, another language', async () => {
  const page = await visit(`headless?token=${await tokenOf('frame@acme.test')}`)
  const { components } = (await call('GET /v1/widgets/bare')).body
  const saveId = components.find(({ type }: { type: string }) => type === 'save').id
  await page.evaluate(`(() => {
    const into = document.querySelector('didomi-if-authenticated')
    for (const name of ['entity', 'component']) into.append(document.createElement('didomi-' + name + '-content'))
    const [entity, component] = [...into.children].slice(-2)
    entity.innerHTML = '<b>Loading</b>'
    window.set = (name, value) => entity.setAttribute(name, value)
    set('entity-type', 'purpose')
    component.setAttribute('component-id', '${saveId}')
    component.setAttribute('component-property', 'saveButton.text.content')
  })()`)
  await page.getByText('Loading').waitFor()
  await page.getByText('Save my choices').waitFor()
  await page.evaluate("set('entity-id', 'newsletter')")
  await page.locator('span').getByText('Newsletter').nth(1).waitFor()
  await page.evaluate("set('entity-id', 'ads')")
  await page.locator('span').getByText('Ads').waitFor()
  await page.evaluate("ready.getContainerById('bare').setWidgetLocale('fr')")
  await page.getByText('Enregistrer mes choix').waitFor()
  assert.equal(await page.getByText('Loading').isVisible(), false)
})

test('a token that the page gives counts for what it states right behind it, also where it closes its dialog at once', async () => {
  const page = await visit('headless')
  const id = await page.evaluate(`(() => {
    const updated = ready.updateToken('${await tokenOf('guest@acme.test')}')
    tell('now', 'set-consents', { purposeId: 'newsletter', value: true })
    document.querySelector('didomi-container-headless').remove()
    return updated.then(container => container.id)
  })()`)
  assert.equal(id, 'bare')
  await page.waitForFunction("heard.includes('set-consents-success')")
  assert.deepEqual((await lastEventOf('guest@acme.test')).consents.purposes, [
    { id: 'newsletter', enabled: true },
  ])
})

test('a token does not stay in the address, nor where a router notes addresses; all else does', async () => {
  const page = await browser.open()
  await page.goto(`${shopUrl}?a=1`)
  const token = await tokenOf('leak@acme.test')
  // As a router does it that runs before the loader.
  await page.addInitScript(
    "if (location.pathname === '/headless') history.replaceState({ current: location.pathname + location.search, __NA: true }, '')",
  )
  await page.goto(`${shopUrl}headless?x=a%20b,c&token=${token}&flag#part`)
  await page.getByRole('heading', { name: 'Newsletter' }).waitFor()
  assert.equal(page.url(), `${shopUrl}headless?x=a%20b,c&flag#part`)
  assert.deepEqual(await page.evaluate('history.state'), { current: '/headless?x=a%20b,c&flag', __NA: true })
  await page.goBack()
  assert.equal(page.url(), `${shopUrl}?a=1`)
  // What is no token of a person is somebody else's.
  await page.goto(`${shopUrl}headless?token=reset-1`)
  await page.getByText('Who are you?').waitFor()
  assert.equal(page.url(), `${shopUrl}headless?token=reset-1`)
})

test('what can never be saved is told, and keeps nothing else from being saved', async () => {
  const id = 'unknown@acme.test'
  const page = await visit(`headless?token=${await tokenOf(id)}`)
  await page.evaluate(`for (const detail of [{ purposeId: 'nothing', value: true }, { purposeId: 'ads', value: true },
    { purposeId: 'newsletter', value: false }, { purposeId: 'newsletter', preferenceId: 'topics', value: 'cheese' }])
      tell('later', 'set-pending-consents', detail)
    tell('later', 'save-pending-consents', {})`)
  await page.waitForFunction("heard.includes('save-pending-consents-error')")
  assert.deepEqual((await lastEventOf(id)).consents.purposes, [{ id: 'ads', enabled: true }])
  await page.evaluate(`tell('later', 'set-pending-consents', { purposeId: 'ads', value: false })
    tell('later', 'save-pending-consents', {})`)
  await page.waitForFunction("heard.includes('save-pending-consents-success')")
  assert.deepEqual((await lastEventOf(id)).consents.purposes, [{ id: 'ads', enabled: false }])
})

test('a token that runs out while the page is open asks who it is, and what waits to be saved still does', async () => {
  const id = 'short@acme.test'
  const page = await visit(`headless?token=${await tokenOf(id)}`)
  await page.getByRole('heading', { name: 'Newsletter' }).waitFor()
  await page.evaluate("tell('later', 'set-pending-consents', { purposeId: 'ads', value: true })")
  await page.route('**/consents/events*', route =>
    route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer no-more' } }),
  )
  await page.evaluate("tell('later', 'save-pending-consents', {})")
  await page.waitForFunction("heard.includes('save-pending-consents-error')")
  await page.getByText('Who are you?').waitFor()
  await page.unroute('**/consents/events*')
  await page.evaluate(`ready.updateToken('${await tokenOf(id)}')`)
  await page.evaluate("tell('later', 'save-pending-consents', {})")
  await page.waitForFunction("heard.includes('save-pending-consents-success')")
  assert.deepEqual((await lastEventOf(id)).consents.purposes, [{ id: 'ads', enabled: true }])
})

test('what is chosen in one part of the page stands in all of them, and who signs out does so in all of them', async () => {
  const page = await visit(`twice?token=${await tokenOf('parts@acme.test')}`)
  const [first, second] = [0, 1].map(i => page.locator('didomi-container').nth(i)) as [Locator, Locator]
  const [ads, newsletter] = [`#c-${elementIds.ads}`, `#c-${elementIds.newsletter}`]
  await second.locator(newsletter).check()
  await first.locator(ads).check()
  await first.getByRole('button', { name: 'Save my choices' }).click()
  await second.locator(`${ads}:checked`).waitFor()
  await second.getByText('1 change to save').waitFor()
  await page.evaluate(`document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(headless)})`)
  await page.getByRole('heading', { name: 'Newsletter' }).nth(2).waitFor()
  await page.evaluate("tell('now', 'set-consents', { purposeId: 'ads', value: false })")
  for (const one of [first, second]) await one.locator(`${ads}:not(:checked)`).waitFor()
  await first.getByRole('button', { name: 'Sign out' }).click()
  await second.locator('#email').waitFor()
  await page.getByText('Who are you?').last().waitFor()
  assert.equal(await page.evaluate('ready.getContainerById("bare").isConsentPurposeEnabled("ads")'), false)
})

test('what could not be loaded is loaded when the network is back', async () => {
  const page = await visit(`both?token=${await tokenOf('line@acme.test')}`, page =>
    page.route('**/widget.json*', route => route.abort()),
  )
  await page.unroute('**/widget.json*')
  await page.evaluate("dispatchEvent(new Event('online'))")
  await page.locator(`#c-${elementIds.ads}`).waitFor()
  await page.waitForFunction("ready.getContainerById('bare').getEntities().purposes.length > 0")
})

test('a listener of the page that fails keeps nothing from the others', async () => {
  const page = await browser.open()
  await page.goto(shopUrl)
  await page.waitForFunction('window.ready')
  const told = await page.evaluate(`new Promise(resolve => {
    addEventListener('error', event => { event.stopImmediatePropagation(); event.preventDefault() }, true)
    didomiWidgetsOnReady.push(() => { throw new Error('of the page') }, widgets => resolve(widgets === ready))
  })`)
  assert.equal(told, true)
})

test('what does not say of which purpose, and yes or no, refuses nothing in a person’s name', async () => {
  const id = 'vague@acme.test'
  const page = await visit(`headless?token=${await tokenOf(id)}`)
  await page.evaluate(`for (const detail of [{ purposeId: 'newsletter' }, { purposeId: 'newsletter', value: 'yes' }, { value: true },
    { purposeId: 'newsletter', preferenceId: 'topics', value: true }]) {
      tell('now', 'set-consents', detail)
      tell('later', 'set-pending-consents', detail)
    }`)
  await page.waitForFunction("heard.filter(one => one === 'set-consents-error').length === 4")
  await page.waitForFunction("heard.filter(one => one === 'set-pending-consents-error').length === 4")
  await page.evaluate("tell('later', 'save-pending-consents', {})")
  await page.waitForFunction("heard.includes('save-pending-consents-success')")
  assert.equal(await lastEventOf(id), undefined)
})

test('what waits to be saved does so while its person signs in, or has their token renewed, and for nobody else', async () => {
  const id = 'renewed@acme.test'
  const page = await visit('headless')
  const renew = async (token: string) => page.evaluate(`ready.updateToken('${token}')`)
  const adsIs = (): Promise<unknown> =>
    page.evaluate("ready.getContainerById('bare').getPurposeEnabledById('ads')")
  await page.evaluate("tell('later', 'set-pending-consents', { purposeId: 'ads', value: true })")
  await renew(await tokenOf(id))
  await renew(await tokenOf(id))
  assert.equal(await adsIs(), true)
  await page.evaluate("tell('later', 'save-pending-consents', {})")
  await page.waitForFunction("heard.includes('save-pending-consents-success')")
  assert.deepEqual((await lastEventOf(id)).consents.purposes, [{ id: 'ads', enabled: true }])
  await page.evaluate("tell('later', 'set-pending-consents', { purposeId: 'ads', value: false })")
  await renew(await tokenOf('another@acme.test'))
  assert.equal(await adsIs(), undefined)
})

test('a container keeps what waits to be saved when its token is renewed or its language changes, and for nobody else', async () => {
  const page = await visit(`?token=${await tokenOf('renewed@acme.test')}`)
  const ads = page.locator(`#c-${elementIds.ads}`)
  const change = (what: object) =>
    page.evaluate(`Object.assign(document.querySelector('didomi-container'), ${JSON.stringify(what)})`)
  const topic = page.locator(`#v-${elementIds.topics}-0`)
  await topic.check()
  await change({ lang: 'fr' })
  await page.getByText('1 modification à enregistrer').waitFor()
  // It has run out before anybody saved: so the page hears, and may bring another.
  await page.evaluate("addEventListener('heed:error', ({ detail }) => { document.title = detail.status })")
  await change({ token: 'rubbish' })
  await page.waitForFunction("document.title === '401'")
  await page.locator('#email').waitFor()
  await change({ token: await tokenOf('renewed@acme.test') })
  await page.getByText('1 modification à enregistrer').waitFor()
  assert.deepEqual([await topic.isChecked(), await ads.isChecked()], [true, true])
  await change({ token: await tokenOf('another@acme.test') })
  await page.locator(`#c-${elementIds.ads}:not(:checked)`).waitFor()
  assert.equal(await topic.isChecked(), false)
})

test('without a look of its own it lets people show who they are', async () => {
  const page = await visit('headless')
  await page.getByText('Who are you?').waitFor()
  await page.evaluate("tell('auth', 'send-authentication', { value: 'who@acme.test' })")
  await page.waitForFunction("heard.includes('send-authentication-success')")
  const code = codeIn(await mailTo('who@acme.test'))
  await page.evaluate("tell('auth', 'verify-otp-code', { value: 'wrong' })")
  await page.waitForFunction("heard.includes('verify-otp-code-error')")
  await page.evaluate(`tell('auth', 'verify-otp-code', { value: '${code}' })`)
  await page.waitForFunction("heard.includes('verify-otp-code-success')")
  await page.getByRole('heading', { name: 'Newsletter' }).waitFor()
  assert.equal(await page.getByText('Who are you?').isVisible(), false)
  assert.deepEqual(await page.evaluate('heard'), [
    ...['send-authentication-loading', 'send-authentication-success'],
    ...[
      'verify-otp-code-loading',
      'verify-otp-code-error',
      'verify-otp-code-loading',
      'verify-otp-code-success',
    ],
  ])
  assert.deepEqual(await page.evaluate('analytics'), [
    ...['authentication.asked', 'authentication.sent', 'consent.asked', 'bare'],
  ])
})

test('who signs in by a code in one container is known in all of the page at once', async () => {
  const page = await visit('both')
  await page.locator('#email').fill('both@acme.test')
  await page.locator('[part~=send]').click()
  await page.locator('#code').fill(codeIn(await mailTo('both@acme.test')))
  await page.locator('[part~=send]').click()
  await page.getByText('Known').waitFor()
})

test('a token of another organization is refused when it is read with', async () => {
  const page = await visit('headless')
  const { body } = await call(
    'POST /v1/consents/tokens',
    { organization_user_id: 'who@acme.test' },
    { token: await delivering.tokenFor('other') },
  )
  const refused = await page.evaluate(`(async () => {
    const told = new Promise(resolve => document.addEventListener('heed:error', ({ detail }) => resolve(detail.status)))
    const message = await ready.updateToken('${body.id_token}').catch(error => error.message)
    return [message, await told]
  })()`)
  assert.deepEqual(refused, ['the token belongs to another organization', 403])
  assert.equal(await page.getByText('Who are you?').isVisible(), true)
})

for (const path of ['react', 'rendered'])
  test(`a page in React that was written for the public loader runs: ${path}`, async () => {
    const id = `${path}@acme.test`
    await delivering.choose(id, true)
    const page = await visit(`${path}?token=${await tokenOf(id)}`)
    await page.getByLabel('Newsletter').waitFor()
    assert.equal(await page.getByLabel('Newsletter').isChecked(), true)
    await page.getByLabel('Newsletter').uncheck()
    await page.getByText('Saved').waitFor()
    assert.deepEqual((await lastEventOf(id)).consents.purposes, [{ id: 'newsletter', enabled: false }])
    assert.equal(await page.title(), 'Shop')
  })

test('a key that nobody has opens nothing', async () => {
  assert.equal((await call('GET /v2/widgets/nobody/centre/widget.json')).status, 400)
})
