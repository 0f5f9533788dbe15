/** Who gets to see the page, and how it looks, weighs and is reached. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible } from '../browser.ts'
import { codeIn } from '../centre.ts'
import { eventually } from '../heed.ts'
import { elementIds } from '../library.ts'
import { box, centre, statusOf, visit } from './ground.ts'

const { browser, delivering, call, heed, origin, dress, tokenOf, mailTo } = centre

test('who is not signed in is asked who they are, and sees nothing of anybody', async () => {
  const page = await browser.open()
  const answer = await page.goto(`${origin}/c/acme/centre`)
  assert.equal(answer?.status(), 401)
  assert.equal(await page.locator('input[type=checkbox]').count(), 0)
  await assertAccessible(page)
})

test('who has an address signs in by a code from their mailbox, and comes back to this page', async () => {
  const page = await browser.open({ javaScriptEnabled: false })
  await page.goto(`${origin}/c/acme/centre?lang=fr`)
  await page.locator('[name=email]').fill('Mail@acme.test')
  await page.getByRole('button').first().click()
  await page.locator('[name=code]').fill(codeIn(await mailTo('Mail@acme.test')))
  await page.getByRole('button').first().click()
  await box(page, elementIds.newsletter).waitFor()
  assert.doesNotMatch(page.url(), /token/)
  assert.equal(await page.locator('html').getAttribute('lang'), 'fr')
})

test('a token in the address becomes a session, and leaves the address', async () => {
  const page = await visit('ann@acme.test')
  assert.doesNotMatch(page.url(), /token/)
  const [cookie] = await page.context().cookies()
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Lax', '/c/acme'])
  await page.reload()
  assert.equal(await box(page, elementIds.newsletter).count(), 1)
})

test('who may only look sees their choices, and nothing that would save them; who may not look sees nothing', async () => {
  await delivering.choose('look@acme.test', true)
  const open = async (...permissions: string[]) => {
    const { body } = await call('POST /v1/consents/tokens', {
      organization_user_id: 'look@acme.test',
      permissions,
    })
    const page = await browser.open()
    await page.goto(`${origin}/c/acme/full?token=${encodeURIComponent(body.id_token)}`)
    return page
  }
  const page = await open('read')
  await page.getByText('You can see your choices here, but not change them.').waitFor()
  const switched = box(page, elementIds.newsletter)
  assert.deepEqual([await switched.isChecked(), await switched.isDisabled()], [true, true])
  assert.deepEqual(await page.getByRole('button').allTextContents(), ['Sign out'])
  await assertAccessible(page)
  const blind = await open('write')
  await blind.getByText('Who are you?').waitFor()
  assert.equal(await blind.getByText('Newsletter').count(), 0)
})

test('a form of another site is refused', async () => {
  const token = await tokenOf('victim@acme.test')
  const opened = await heed.app.inject({ url: `/c/acme/centre?token=${token}` })
  const cookie = String(opened.headers['set-cookie']).split(';')[0] as string
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const answer = await heed.app.inject({
      method: 'POST',
      url: '/c/acme/centre',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: 'action=unsubscribe_all',
    })
    assert.equal(answer.statusCode, 403)
  }
})

test('a token of another organization opens nothing', async () => {
  const token = await delivering.tokenFor('other')
  const { body } = await call(
    'POST /v1/consents/tokens',
    { organization_user_id: 'ann@acme.test' },
    { token },
  )
  const opened = await heed.app.inject({ url: `/c/acme/centre?token=${body.id_token}` })
  assert.equal(opened.headers['set-cookie'], undefined)
})

test('a page that does not exist says so', async () => {
  assert.equal((await heed.app.inject({ url: '/c/acme/nothing' })).statusCode, 404)
})

for (const [name, options] of [
  ['on a small screen', { viewport: { width: 320, height: 640 } }],
  ['with the dark theme', { widget: 'full' }],
  ['with motion reduced', { reducedMotion: 'reduce' as const }],
  ['in forced colours', { forcedColors: 'active' as const }],
] as const)
  test(`everybody can use the page ${name}`, async () => {
    await delivering.choose('all@acme.test', true)
    const page = await visit('all@acme.test', options)
    await page.getByRole('checkbox', { name: 'Newsletter' }).waitFor()
    await assertAccessible(page)
    const [scrolled, width] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
      number,
      number,
    ]
    assert.ok(scrolled <= width, `${scrolled} > ${width}: it scrolls sideways`)
  })

test('everything is reached and done by keyboard alone', async () => {
  const page = await visit('keys@acme.test')
  await box(page, elementIds.newsletter).focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  for (let i = 0; i < 20; i++) {
    if (await page.evaluate("document.activeElement.value === 'save'")) break
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  await page.getByText('Newsletter: yes').waitFor()
  assert.equal((await statusOf('keys@acme.test')).newsletter.values.channel.value, 'email')
})

test('nothing of the page moves while it is loaded, also where it has pictures', async () => {
  const src = `data:image/svg+xml;base64,${btoa('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"/>')}`
  await dress('full', [{ type: 'header', options: { logo: { src }, bannerImage: { src } } }])
  const page = await visit('still@acme.test', { widget: 'full' })
  await page.waitForLoadState('networkidle')
  const shift = await page.evaluate(`new Promise(resolve => {
    let sum = 0
    new PerformanceObserver(list => { for (const { value } of list.getEntries()) sum += value })
      .observe({ type: 'layout-shift', buffered: true })
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)))
  })`)
  assert.equal(shift, 0)
})

test('all of the page weighs less than 30 KB, and nothing comes from elsewhere', async () => {
  const page = await browser.open()
  const bodies: { url: string; bytes: number; encoding: string | undefined }[] = []
  page.on('response', async answer => {
    if (answer.status() === 200)
      bodies.push({
        url: answer.url(),
        bytes: (await answer.body()).length,
        encoding: answer.headers()['content-encoding'],
      })
  })
  const token = await tokenOf('weight@acme.test')
  await page.goto(`${origin}/c/acme/full?token=${token}`, { waitUntil: 'networkidle' })
  await eventually(() => bodies.length >= 4)
  assert.ok(bodies.every(({ url }) => url.startsWith(origin)))
  const style = bodies.find(({ url }) => url.includes('/centre-assets/style'))
  assert.equal(style?.encoding, 'br')
  assert.ok(bodies.reduce((sum, { bytes }) => sum + bytes, 0) < 30_000, JSON.stringify(bodies))
})
