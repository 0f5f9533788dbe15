/** The element in somebody else's page: another origin, a policy as strict as can be, styles that reach for everything. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Locator } from 'playwright-core'
import { createPersonLimits, defaultDailyLimits } from '../src/access/personLimits.ts'
import { createPersonTokens } from '../src/access/personTokens.ts'
import { createVault } from '../src/access/vault.ts'
import { embedRoutes } from '../src/sample/embed.ts'
import { assertAccessible } from './browser.ts'
import { codeIn, linkIn, startCentre } from './centre.ts'
import { gate } from './delivering.ts'
import { eventually, testSecretKey } from './heed.ts'
import { elementIds } from './library.ts'
import { startShop } from './shop.ts'

const vault = createVault(testSecretKey)
const personTokens = createPersonTokens(vault)
const { browser, delivering, call, heed, origin, publish, tokenOf, mailTo } = await startCentre({
  mount: app => embedRoutes(app, { organizationId: 'acme', widgetId: 'centre', personTokens }),
})

const hostileStyle = `
* { all: unset !important; color: lime !important; font-size: 40px !important; direction: rtl !important }
heed-preferences { display: inline !important; contain: none !important; text-transform: uppercase }`
const shopUrl = await startShop(({ pathname, searchParams }) => {
  if (pathname === '/style.css') return { body: hostileStyle, type: 'text/css' }
  if (pathname === '/room.css')
    return {
      body: 'html { font-size: 10px } heed-preferences { display: block; min-height: 128rem }',
      type: 'text/css',
    }
  const attributes = [...searchParams].map(([name, value]) => `${name}="${value}"`).join(' ')
  return {
    policy: `default-src 'none'; style-src 'self'; script-src ${origin}; connect-src ${origin}; require-trusted-types-for 'script'; trusted-types 'none'${searchParams.has('pictures') ? '; img-src data:' : ''}`,
    body: `<!doctype html><html lang="en"><title>Shop</title><meta name="viewport" content="width=device-width">
${searchParams.has('tame') ? '<link rel="stylesheet" href="/room.css">' : '<link rel="stylesheet" href="/style.css">'}
<script async src="${origin}/sdk/heed.js"></script>
<main><h1>Shop</h1>${`<heed-preferences ${attributes}><a href="#">Elsewhere</a></heed-preferences>`.repeat(
      searchParams.has('twice') ? 2 : 1,
    )}<p>Below</p></main></html>`,
  }
})

await publish({ id: 'centre' })
await publish({ id: 'sections', template_id: 'sections' })
await publish({ id: 'dark', theme_id: 'abyss' })

async function visit(attributes: Record<string, string>) {
  const page = await browser.open()
  const violations: string[] = []
  page.on('console', message => {
    if (/content security policy|trusted/i.test(message.text())) violations.push(message.text())
  })
  await page.goto(`${shopUrl}?${new URLSearchParams({ widget: 'acme/centre', ...attributes })}`)
  return { page, violations }
}
const newsletter = `#c-${elementIds.newsletter}`
const ads = `#c-${elementIds.ads}`
const eventsOf = async (id: string) =>
  (
    await call(
      `GET /v1/consents/events?organization_user_id=${id}&status[$in][]=confirmed&status[$in][]=pending_approval`,
    )
  ).body.data

test('what is chosen in it is recorded with the text that was shown, and delivered', async () => {
  const { page, violations } = await visit({ token: await tokenOf('save@acme.test') })
  await page.locator(newsletter).check()
  await page.locator(`#v-${elementIds.channel}-0`).check()
  // Asked only where mail was chosen.
  await page.locator(`#v-${elementIds.frequency}-1`).check()
  await page.getByText('3 changes to save').waitFor()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Nothing to save yet.').waitFor()
  await page.getByRole('listitem').getByText('Newsletter: yes').waitFor()
  const [event] = await eventsOf('save@acme.test')
  assert.deepEqual(event.shown, { widget_id: 'centre', version: 1, language: 'en' })
  assert.deepEqual(event.consents.purposes, [
    {
      id: 'newsletter',
      enabled: true,
      values: { channel: { value: 'email' }, frequency: { value: 'weekly' } },
    },
  ])
  await delivering.holds('save@acme.test', true)
  assert.deepEqual(violations, [])
  assert.deepEqual(await page.context().cookies(), [])
  await page.reload()
  await page.locator(`${newsletter}:checked`).waitFor()
})

test('it says since when a choice is recorded, and tells by itself when it has arrived', async () => {
  const { page } = await visit({ token: await tokenOf('watch@acme.test') })
  await page.clock.install()
  await delivering.paused(async () => {
    await page.locator(newsletter).check()
    await page.locator(`#v-${elementIds.channel}-0`).check()
    await page.getByRole('button', { name: 'Save my choices' }).click()
    await page.getByText('on its way to ledger').waitFor()
    await page.locator(newsletter).focus()
  })
  await delivering.inState('watch@acme.test', 'delivered')
  // The next look is seconds away.
  await page.clock.fastForward(60_000)
  await page.getByText(/in ledger since .*\d:\d\d/).waitFor()
  // What came with its purpose needs no line of its own; the person is where they were.
  assert.equal(await page.getByText('Recorded on').filter({ visible: true }).count(), 1)
  assert.equal(await page.locator(`${newsletter}:focus`).count(), 1)
  await page.reload()
  await page.getByText(/in ledger since/).waitFor()
  const time = page.locator('time').first()
  const written = await time.textContent()
  assert.equal(
    written,
    await time.evaluate((element: { dateTime: string }) =>
      new Date(element.dateTime).toLocaleString('en', {
        ...{ year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
      }),
    ),
  )
})

test('it shows what the person chose before, newest first, a page at a time, in the words of then', async () => {
  const id = 'before@acme.test'
  for (let i = 0; i < 11; i++) await delivering.choose(id, i % 2 === 0)
  const { page } = await visit({ token: await tokenOf(id), tame: '' })
  await page.locator(ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('What you chose before').press('Enter')
  const statements = page.locator('[part=statement]')
  const newest = statements.first().filter({ hasText: /Ads: yes.*Text as shown then: version 1, English/ })
  await newest.waitFor()
  await statements.nth(9).waitFor()
  await assertAccessible(page)
  await page.getByRole('button', { name: 'Older' }).press('Enter')
  await statements.nth(11).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Older' }).isVisible(), false)
  assert.equal(await statements.nth(10).evaluate(item => item.matches(':focus')), true)
  await page.locator(ads).uncheck()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await statements.first().getByText('Ads: no').waitFor()
})

test('where choices are in force, and what was before, is told to their person alone', async () => {
  await delivering.choose('own@acme.test', true)
  const own = { token: await tokenOf('own@acme.test') }
  const read = async (path: string, options?: { token: string }) =>
    (await call(`GET /v1/consents/${path}`, undefined, options)).status
  for (const path of ['standing', 'history?widget_id=centre']) {
    assert.equal(await read(path), 403)
    assert.equal(await read(path, own), 200)
    assert.equal(await read(path, { token: `${own.token}x` }), 401)
    const { body } = await call(`GET /v1/consents/${path}`, undefined, {
      token: await tokenOf('else@acme.test'),
    })
    assert.deepEqual(body.data, [])
  }
  assert.equal(await read('history?widget_id=nothing', own), 404)
  assert.equal(await read('history?widget_id=centre&$limit=51', own), 400)
  const blind = await call('POST /v1/consents/tokens', {
    organization_user_id: 'own@acme.test',
    permissions: ['write'],
  })
  assert.equal(await read('standing', { token: blind.body.id_token }), 403)
})

test('who is not signed in is by a code from their mailbox', async () => {
  const { page } = await visit({ lang: 'fr' })
  await page.locator('#email').fill('code@acme.test')
  await page.locator('[part~=send]').click()
  await page.locator('#code').fill(codeIn(await mailTo('code@acme.test')))
  await page.locator('[part~=send]').click()
  await page.locator(ads).check()
  await page.getByRole('button', { name: 'Enregistrer mes choix' }).click()
  await page.getByRole('listitem').getByText('Ads : oui').waitFor()
  assert.equal((await eventsOf('code@acme.test'))[0].shown.language, 'fr')
})

test('who signs in or out, or chooses, in one element of the page does so in all of them', async () => {
  const { page } = await visit({ twice: '' })
  const [first, second] = [0, 1].map(i => page.locator('heed-preferences').nth(i)) as [Locator, Locator]
  await first.locator('#email').fill('both@acme.test')
  await first.locator('[part~=send]').click()
  await first.locator('#code').fill(codeIn(await mailTo('both@acme.test')))
  await first.locator('[part~=send]').click()
  await second.locator(newsletter).check()
  await first.locator(ads).check()
  await first.getByRole('button', { name: 'Save my choices' }).click()
  await second.locator(`${ads}:checked`).waitFor()
  await second.getByText('1 change to save').waitFor()
  await second.getByRole('button', { name: 'Sign out' }).click()
  for (const one of [first, second]) await one.getByText('You are signed out.').waitFor()
})

test('who is mailed a link is signed in where it leads back to, and the address keeps no token', async () => {
  const { host } = new URL(shopUrl)
  assert.equal((await call('PATCH /v1/organizations/acme', { redirect_hosts: [host] })).status, 200)
  await publish({ id: 'linked', auth: { method: 'message', hideIfNotAuthenticated: false } })
  const { page } = await visit({ widget: 'acme/linked', tame: '' })
  await page.locator('#email').fill('link@acme.test')
  await page.locator('[part~=send]').click()
  await page.goto(linkIn(await mailTo('link@acme.test')))
  if (!page.url().startsWith(shopUrl)) await page.getByRole('button').click()
  await page.locator(ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByRole('listitem').getByText('Ads: yes').waitFor()
  assert.equal((await eventsOf('link@acme.test')).length, 1)
  assert.equal(new URL(page.url()).searchParams.has('token'), false)
})

test('where a widget asks so it is not there for who is not signed in', async () => {
  await publish({ id: 'shy', auth: { method: 'otp', hideIfNotAuthenticated: true } })
  const { page } = await visit({ widget: 'acme/shy', tame: '' })
  const element = page.locator('heed-preferences')
  await element.waitFor({ state: 'hidden' })
  await page.evaluate(
    `document.querySelector('heed-preferences').token = '${await tokenOf('shy@acme.test')}'`,
  )
  await page.locator(ads).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await element.waitFor({ state: 'hidden' })
})

test('by the keyboard alone everything in it can be done, and nothing around it moves while it loads', async () => {
  const page = await browser.open({ viewport: { width: 1280, height: 2000 } })
  await page.addInitScript(`window.moved = 0
new PerformanceObserver(list => { for (const { value } of list.getEntries()) window.moved += value })
  .observe({ type: 'layout-shift', buffered: true })`)
  const attributes = { widget: 'acme/centre', token: await tokenOf('keys@acme.test'), tame: '' }
  await page.goto(`${shopUrl}?${new URLSearchParams(attributes)}`)
  await page.locator(ads).waitFor()
  assert.equal(await page.evaluate('moved'), 0)
  const focused = `document.querySelector('heed-preferences').shadowRoot.activeElement`
  const tabTo = async (selector: string) => {
    for (let stops = 0; stops < 20; stops++) {
      await page.keyboard.press('Tab')
      if (await page.evaluate(`${focused}?.matches('${selector}')`)) return
    }
    assert.fail(`${selector} is not reached`)
  }
  await tabTo(newsletter)
  await page.keyboard.press('Space')
  await tabTo(`[name=${elementIds.channel}]`)
  await page.keyboard.press('ArrowDown')
  await tabTo('[part~=save]')
  await page.keyboard.press('Enter')
  await page.getByRole('listitem').getByText('Newsletter – Channel: sms').waitFor()
  await tabTo('summary')
  await page.keyboard.press('Enter')
  await page.locator('[part=statement]').waitFor()
})

test('in the template of sections each choice is saved at once, and the person stays where they are', async () => {
  const { page } = await visit({ widget: 'acme/sections', token: await tokenOf('each@acme.test') })
  await page.locator(ads).focus()
  await page.keyboard.press('Space')
  await page.getByRole('listitem').getByText('Ads: yes').waitFor()
  assert.equal(await page.locator(`${ads}:focus`).count(), 1)
  assert.equal((await eventsOf('each@acme.test')).length, 1)
})

test('a section that is to be saved on a click is, alone, and the header names who is signed in where it is to', async () => {
  await publish({ id: 'clicks', template_id: 'full_preference_center' }, [
    { type: 'header', options: { user: { isShown: true } } },
    { id: elementIds.ads, options: { saveOnClick: true } },
  ])
  const { page } = await visit({ widget: 'acme/clicks', token: await tokenOf('clicks@acme.test') })
  await page.getByText('Signed in as clicks@acme.test').waitFor()
  await page.locator(newsletter).check()
  await page.locator(ads).check()
  await page.getByRole('listitem').getByText('Ads: yes').waitFor()
  await page.getByText('1 change to save').waitFor()
  const recorded = await eventsOf('clicks@acme.test')
  assert.deepEqual([recorded.length, recorded[0].consents.purposes], [1, [{ id: 'ads', enabled: true }]])
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByRole('listitem').getByText('Newsletter: yes').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out.').waitFor()
  assert.equal(await page.getByText('clicks@acme.test').count(), 0)
})

test('a section that is not to be saved on a click waits for its button, also where the template saves each', async () => {
  await publish({ id: 'waits', template_id: 'sections' }, [
    { id: elementIds.ads, options: { saveOnClick: false } },
  ])
  const { page } = await visit({ widget: 'acme/waits', token: await tokenOf('waits@acme.test') })
  await page.locator(ads).check()
  await page.locator(newsletter).check()
  await page.getByRole('listitem').getByText('Newsletter: yes').waitFor()
  await page.getByText('1 change to save').waitFor()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByRole('listitem').getByText('Ads: yes').waitFor()
})

test('what is changed while something is being saved is neither lost nor saved with it', async () => {
  const { page } = await visit({ token: await tokenOf('quick@acme.test') })
  const answered = gate()
  await page.route('**/consents/events*', async route => {
    await answered.opened
    await route.continue()
  })
  // Not to be waited for: it tells that there is nothing to do, and says so when pressed all the same.
  await page.getByRole('button', { name: 'Save my choices' }).click({ force: true })
  await page.getByText('Nothing was changed.').waitFor()
  await page.locator(ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Saving').waitFor()
  await page.locator(newsletter).check()
  answered.open()
  await page.getByRole('listitem').getByText('Ads: yes').waitFor()
  await page.getByText('1 change to save').waitFor()
  assert.deepEqual((await eventsOf('quick@acme.test'))[0].consents.purposes, [{ id: 'ads', enabled: true }])
  assert.equal(await page.locator(newsletter).isChecked(), true)
})

test('what is changed while it loads anew stays, and the person stays where they are', async () => {
  const { page } = await visit({ token: await tokenOf('anew@acme.test') })
  await page.locator(ads).waitFor()
  const answered = gate()
  await page.route('**/consents/users*', async route => {
    await answered.opened
    await route.continue()
  })
  await page.evaluate("document.querySelector('heed-preferences').lang = 'fr'")
  await page.locator(ads).focus()
  await page.keyboard.press('Space')
  answered.open()
  await page.getByText('1 modification à enregistrer').waitFor()
  assert.equal(await page.locator(`${ads}:focus:checked`).count(), 1)
})

test('what cannot be saved stays chosen: all of it without a network, and beyond the day’s limit what is accepted', async () => {
  const id = 'limit@acme.test'
  await delivering.choose(id, true)
  const { page } = await visit({ token: await tokenOf(id) })
  await page.locator(newsletter).uncheck()
  await page.locator(`#v-${elementIds.topics}-0`).check()
  await page.locator(ads).check()
  const save = page.getByRole('button', { name: 'Save my choices' })
  await page.context().setOffline(true)
  await page.getByText('What you chose before').click()
  await page.getByText('cannot be shown right now').waitFor()
  await page.getByText('What you chose before').click()
  await save.click()
  const failed = page.getByText('That could not be saved. Nothing is lost')
  await failed.waitFor()
  // In sight, however far below the button is.
  const { y = -1 } = (await failed.boundingBox()) ?? {}
  assert.ok(y >= 0 && y < 100, String(y))
  await page.getByText('3 changes to save').waitFor()
  await page.context().setOffline(false)
  await page.getByText('What you chose before').click()
  await page.locator('[part=statement]').waitFor()
  const limits = createPersonLimits(delivering.db, vault, defaultDailyLimits)
  await limits.take({ organizationId: 'acme', organizationUserId: id }, 'events', defaultDailyLimits.events)
  await save.click()
  await page.getByText('only what you withdrew was saved').waitFor()
  await page.locator('[part=receipt]').getByText('Newsletter: no').waitFor()
  await page.getByText('2 changes to save').waitFor()
  assert.deepEqual(
    await Promise.all(
      [newsletter, ads, `#v-${elementIds.topics}-0`].map(one => page.locator(one).isChecked()),
    ),
    [false, true, true],
  )
  await save.click()
  await page.getByText('so this was not saved').waitFor()
  await page.getByText('2 changes to save').waitFor()
  assert.deepEqual((await eventsOf(id))[0].consents.purposes, [{ id: 'newsletter', enabled: false }])
  await delivering.holds(id, false)
})

test('what the widget does not show of a choice is kept', async () => {
  await publish({ id: 'part' })
  const entities = 'v1/widgets/preferences-centers/layout-entities'
  const { body } = await call(`GET /${entities}?widget_id=part&$limit=100`)
  const travel = body.data.find(
    (one: { preference_value_id: string }) => one.preference_value_id === 'travel',
  )
  assert.equal((await call(`PATCH /${entities}/${travel.id}?widget_id=part`, { enabled: false })).status, 200)
  assert.equal((await call('POST /v1/widgets/deployments', { widget_id: 'part' })).status, 200)
  const id = 'part@acme.test'
  await call('POST /v1/consents/events', {
    user: { organization_user_id: id },
    consents: { purposes: [{ id: 'newsletter', values: { topics: { value: 'travel,food' } } }] },
  })
  const { page } = await visit({ widget: 'acme/part', token: await tokenOf(id) })
  await page.getByLabel('food').uncheck()
  await page.getByLabel('music').check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.locator('[part=receipt]').waitFor()
  const [{ consents }] = await eventsOf(id)
  assert.deepEqual(consents.purposes[0].values, { topics: { value: 'music,travel' } })
})

test('a refusal is shown as one, and what is chosen below it stays as it is stored', async () => {
  const id = 'half@acme.test'
  const values = { topics: { value: 'travel' } }
  for (const purpose of [{ values }, { enabled: false }])
    await call('POST /v1/consents/events', {
      user: { organization_user_id: id },
      consents: { purposes: [{ id: 'newsletter', ...purpose }] },
    })
  const { page } = await visit({ token: await tokenOf(id) })
  await page.getByText('You said no. What is chosen below stays noted').waitFor()
  await page.getByText('Nothing to save yet.').waitFor()
  assert.equal(await page.locator(newsletter).isChecked(), false)
  assert.equal(await page.locator('.switch:indeterminate').count(), 0)
  assert.equal(await page.locator(`#v-${elementIds.topics}-0`).isChecked(), true)
})

test('one press unsubscribes from everything', async () => {
  await delivering.choose('leave@acme.test', true)
  const { page } = await visit({ token: await tokenOf('leave@acme.test') })
  await page.getByRole('button', { name: 'Unsubscribe from everything' }).click()
  await page.getByRole('listitem').getByText('Newsletter: no').waitFor()
  await delivering.holds('leave@acme.test', false)
})

test('with double opt-in what is accepted waits for the mail, and what is refused beside it does not', async () => {
  const id = 'careful@acme.test'
  await publish({ id: 'careful', double_opt_in: true })
  const purposes = [{ id: 'ads', enabled: true }]
  await call('POST /v1/consents/events', { user: { organization_user_id: id }, consents: { purposes } })
  const { page } = await visit({ widget: 'acme/careful', token: await tokenOf(id) })
  const topic = page.locator(`#v-${elementIds.topics}-0`)
  await topic.check()
  await page.locator(ads).uncheck()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.locator('[part=status]').getByText('Please confirm by the link').waitFor()
  await page.getByRole('listitem').getByText('Ads: no').waitFor()
  const waits = page.getByText('Waits for your confirmation')
  await page.locator(`[data-element="${elementIds.newsletter}"]`).locator(waits).waitFor()
  assert.deepEqual([await topic.isChecked(), await page.locator(ads).isChecked()], [false, false])
  await page.reload()
  await waits.locator('visible=true').waitFor()
  assert.equal(await topic.isChecked(), false)
  const stated: { status: string; consents: { purposes: object[] } }[] = await eventsOf(id)
  const newest = (wanted: string) => stated.find(({ status }) => status === wanted)?.consents.purposes
  assert.deepEqual(newest('pending_approval'), [
    { id: 'newsletter', values: { topics: { value: 'travel' } } },
  ])
  assert.deepEqual(newest('confirmed'), [{ id: 'ads', enabled: false }])
  await mailTo(id)
})

test('a token that has run out asks who it is', async () => {
  const { page } = await visit({ token: `${await tokenOf('late@acme.test')}x` })
  await page.getByText('has expired').waitFor()
  assert.equal(await page.locator('#email').count(), 1)
})

test('the page around hears what happened', async () => {
  const { page } = await visit({ token: await tokenOf('heard@acme.test'), tame: '' })
  await page.evaluate(
    `document.addEventListener('heed:saved', ({ detail }) => { document.title = detail.events[0].id })`,
  )
  await page.locator(ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  const title = await eventually(async () => {
    const now = await page.title()
    return now !== 'Shop' && now
  })
  assert.equal(title, (await eventsOf('heard@acme.test'))[0].id)
})

test('what stands in the element is shown where the widget is not there', async () => {
  const { page } = await visit({ widget: 'acme/nothing', tame: '' })
  assert.equal(await page.getByText('Elsewhere').isVisible(), true)
})

for (const [name, attributes] of [
  ['signed out', {}],
  ['in Arabic, and dark', { lang: 'ar', token: 'yes', widget: 'acme/dark' }],
  ['signed in', { token: 'yes' }],
] as const)
  test(`everybody can use it ${name}`, async () => {
    const token = 'token' in attributes ? { token: await tokenOf('all@acme.test') } : {}
    const { page } = await visit({ ...attributes, ...token, tame: '' })
    await page.locator('[part=root]').waitFor()
    await assertAccessible(page)
    if (!('lang' in attributes)) return
    const root = page.locator('[part=root]')
    assert.deepEqual([await root.getAttribute('lang'), await root.getAttribute('dir')], ['ar', 'rtl'])
  })

test('styles of the page around do not reach into it', async () => {
  const { page } = await visit({ token: await tokenOf('all@acme.test') })
  const selector = `label[for=c-${elementIds.ads}]`
  await page.locator(selector).waitFor()
  const [color, size, direction, transform] = (await page.evaluate(`
    const label = document.querySelector('heed-preferences').shadowRoot.querySelector('${selector}')
    const { color, fontSize, direction, textTransform } = getComputedStyle(label);
    [color, fontSize, direction, textTransform]`)) as string[]
  assert.deepEqual([color, size, direction, transform], ['rgb(27, 31, 36)', '18px', 'ltr', 'none'])
})

test('parts look in it as they do on the hosted page, whatever the page around calls 1rem', async () => {
  const widget = 'dressed'
  const src = `data:image/svg+xml;base64,${btoa('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')}`
  const logo = { src, content: { en: 'Acme' }, style: { default: { height: '5rem' } } }
  const mainTitle = { style: { default: { color: '#7a1f5c', fontSize: '2rem' } } }
  const card = { style: { default: { padding: '2rem', backgroundColor: '#fff8e7' } } }
  await publish({ id: widget, template_id: 'full_preference_center', layout_shape: 'rounded' }, [
    { type: 'header', options: { logo, bannerImage: { src }, mainTitle } },
    { type: 'footer', options: { icon: { src }, text: { content: { en: 'Acme, Paris' } } } },
    { type: 'section', options: { card, isCardClickable: true, contentAlign: 'center' } },
    { type: 'sections', theme: { borderWidth: 'thick', nameSize: 'big', buttonType: 'button' } },
    { type: 'preference_value', options: { icon: { src } } },
    { type: 'save', options: { saveButton: { style: { default: { fontSize: '1.5rem' } } } } },
    {
      id: elementIds.ads,
      options: { title: { style: { default: { fontStyle: 'italic' } } }, logo: { src } },
    },
  ])

  const token = await tokenOf('dressed@acme.test')
  const looksIn = (
    root: string,
  ) => `['header', '.title', 'header .logo', '.banner', '.card', '.card .picture',
    '[data-element=${elementIds.ads}] .name', '.value', '.value .icon', '.save button', 'footer .icon'].map(selector => {
      const { color, backgroundColor, fontSize, fontStyle, padding, borderWidth, borderRadius, height, textAlign, display } =
        getComputedStyle(${root}.querySelector(selector))
      const isBox = /icon|logo|banner/.test(selector)
      return [selector, color, fontSize, fontStyle, display, textAlign, ...(isBox ? [height, borderRadius] : []),
        ...(selector === 'header' ? [backgroundColor] : [backgroundColor, padding, borderWidth])]
    })`
  const hosted = await browser.open()
  await hosted.goto(`${origin}/c/acme/${widget}?token=${encodeURIComponent(token)}`)
  const { page, violations } = await visit({ widget: `acme/${widget}`, token, tame: '', pictures: '' })
  await page.locator(ads).waitFor()
  assert.deepEqual(
    await page.evaluate(looksIn("document.querySelector('heed-preferences').shadowRoot")),
    await hosted.evaluate(looksIn('document')),
  )
  assert.equal(await page.getByAltText('Acme').count(), 1)
  assert.deepEqual(violations, [])
  await assertAccessible(page)
  // Beside the switch, where all of the card's head is one.
  await page.getByText('You have not chosen yet.').last().click({ force: true })
  assert.equal(await page.locator(ads).isChecked(), true)
})

test('the shop of the sample shows it to its customer, and to who comes with a code', async () => {
  const page = await browser.open()
  await page.goto(`${origin}/sample/embed`)
  await page.locator('#email').waitFor()
  await page.getByRole('link', { name: /^sign in/ }).click()
  await page.locator(ads).waitFor()
  await assertAccessible(page)
})

test('either script weighs 12 KB at most, and browsers keep it for a while', async () => {
  for (const url of ['/v2/loader.js', '/sdk/heed.js']) {
    const answer = await heed.app.inject({ url, headers: { 'accept-encoding': 'gzip' } })
    assert.equal(answer.headers['content-encoding'], 'gzip')
    assert.ok(answer.rawPayload.length <= 12 * 1024, `${url}: ${answer.rawPayload.length} bytes`)
  }
  const plain = await heed.app.inject({ url: '/sdk/heed.js' })
  assert.ok(gzipSync(plain.rawPayload).length <= 12 * 1024)
  const again = await heed.app.inject({
    url: '/sdk/heed.js',
    headers: { 'if-none-match': String(plain.headers.etag) },
  })
  assert.deepEqual([again.statusCode, again.body], [304, ''])
})

test('a published widget is read by anybody, in the language that was asked for', async () => {
  const answer = await call('GET /c/acme/centre/widget.json?lang=fr-CA')
  assert.deepEqual(
    [answer.headers['access-control-allow-origin'], answer.headers['cache-control'], answer.body.language],
    ['*', 'public, max-age=60', 'fr'],
  )
  assert.equal(answer.body.purposes[0].name, 'Lettre')
  const again = await call('GET /c/acme/centre/widget.json?lang=fr-CA', undefined, {
    headers: { 'if-none-match': String(answer.headers.etag) },
  })
  assert.equal(again.status, 304)
  assert.equal((await call('GET /c/acme/nothing/widget.json')).status, 404)
  assert.equal((await call('GET /c/acme/centre/widget.json?language=fr')).status, 400)
})
