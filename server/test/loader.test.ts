/** Pages written for the public loader, with our host name and ids in them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { build, stop } from 'esbuild'
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
const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, '../../client/test/page.tsx')],
  ...{ bundle: true, write: false, jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"' } },
})
await stop()
const bodies: Readonly<Record<string, string>> = {
  '/headless': headless,
  '/both': both,
  '/react': '<div id="root"></div><script defer src="/react.js"></script>',
}
const shopUrl = await startShop(({ pathname }) =>
  pathname === '/react.js'
    ? { body: outputFiles[0]?.text ?? '', type: 'text/javascript' }
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
async function visit(path: string) {
  const page = await browser.open()
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
  const [entities, content] = (await page.evaluate(`(() => {
    const container = ready.getContainerById('bare')
    const { purposes: [{ preferences: [{ id, values }] }] } = container.getEntities()
    return [[id, ...values.map(value => value.id)], container.getEntityContentById({ entityType: 'preference-value',
      entityId: 'sms', entityProperty: 'name', withComponentContent: true })]
  })()`)) as unknown[]
  assert.deepEqual([entities, content], [['channel', 'email', 'sms', 'post'], 'sms'])

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

test('a page in React that was written for the public loader runs', async () => {
  const id = 'react@acme.test'
  await delivering.choose(id, true)
  const page = await visit(`react?token=${await tokenOf(id)}`)
  assert.equal(await page.getByLabel('Newsletter').isChecked(), true)
  await page.getByLabel('Newsletter').uncheck()
  await page.getByText('Saved').waitFor()
  assert.deepEqual((await lastEventOf(id)).consents.purposes, [{ id: 'newsletter', enabled: false }])
})

test('a key that nobody has opens nothing', async () => {
  assert.equal((await call('GET /v2/widgets/nobody/centre/widget.json')).status, 400)
})
