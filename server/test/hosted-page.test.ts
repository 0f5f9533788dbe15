/** The hosted page as people use it: in a browser, with JavaScript and without. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { assertAccessible } from './browser.ts'
import { codeIn, linkIn, startCentre } from './centre.ts'
import { gate } from './delivering.ts'
import { eventually } from './heed.ts'
import { elementIds } from './library.ts'

const { browser, delivering, call, heed, origin, publish, dress, tokenOf, mailTo } = await startCentre()
await publish({ id: 'centre' })
await publish({ id: 'sections', template_id: 'sections' })
await publish({
  id: 'full',
  template_id: 'full_preference_center',
  theme_id: 'abyss',
  layout_shape: 'rounded',
})

async function visit(
  id: string,
  { widget = 'centre', ...options }: Parameters<typeof browser.open>[0] & { widget?: string } = {},
): Promise<Page> {
  const page = await browser.open(options)
  await page.goto(`${origin}/c/acme/${widget}?token=${encodeURIComponent(await tokenOf(id))}`)
  return page
}
const box = (page: Page, elementId: string) => page.locator(`[name="choice.${elementId}"]`)
const statusOf = async (id: string) => {
  const { body } = await call(
    `GET /v1/consents/users/${encodeURIComponent(id)}?$by_organization_user_id=true`,
  )
  return Object.fromEntries(body.consents.purposes.map((purpose: { id: string }) => [purpose.id, purpose]))
}

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

test('with double opt-in what is accepted waits for the mail, and what is refused counts at once', async () => {
  await publish({ id: 'careful', double_opt_in: true })
  await delivering.choose('careful@acme.test', true)
  const page = await visit('careful@acme.test', { widget: 'careful' })
  await box(page, elementIds.newsletter).uncheck()
  await box(page, elementIds.ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Please confirm by the link').waitFor()
  const waiting = page.locator(`[data-element="${elementIds.ads}"]`).getByText('Waits for your confirmation')
  await waiting.waitFor()
  assert.equal(await page.getByText('Waits for your confirmation').count(), 1)
  const { newsletter, ads } = await statusOf('careful@acme.test')
  assert.deepEqual([newsletter.enabled, ads], [false, undefined])
  await page.goto(linkIn(await mailTo('careful@acme.test')))
  await page.getByRole('button').first().click()
  await eventually(async () => (await statusOf('careful@acme.test')).ads?.enabled === true)
  await page.goto(`${origin}/c/acme/careful`)
  assert.equal(await box(page, elementIds.ads).isChecked(), true)
  assert.equal(await waiting.count(), 0)
})

test('a token in the address becomes a session, and leaves the address', async () => {
  const page = await visit('ann@acme.test')
  assert.doesNotMatch(page.url(), /token/)
  const [cookie] = await page.context().cookies()
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Lax', '/c/acme'])
  await page.reload()
  assert.equal(await box(page, elementIds.newsletter).count(), 1)
})

for (const javaScriptEnabled of [false, true])
  test(`${javaScriptEnabled ? 'with' : 'without'} JavaScript a choice is saved, receipted, delivered, and shown as it is on reload`, async () => {
    const id = `save-${javaScriptEnabled}@acme.test`
    const page = await visit(id, { javaScriptEnabled })
    await box(page, elementIds.newsletter).check()
    await page.locator(`#v-${elementIds.channel}-0`).check()
    // Asked only where mail was chosen.
    await page.locator(`#v-${elementIds.frequency}-1`).check()
    await page.getByRole('button', { name: 'Save my choices' }).click()
    await page.getByText('Newsletter: yes').waitFor()
    // Where scripts are off, axe cannot run either.
    if (javaScriptEnabled) await assertAccessible(page)
    const { newsletter, ads } = await statusOf(id)
    assert.deepEqual(
      [newsletter.enabled, newsletter.values, ads],
      [true, { channel: { value: 'email' }, frequency: { value: 'weekly' } }, undefined],
    )
    await delivering.holds(id, true)
    await box(page, elementIds.newsletter).uncheck()
    await page.getByRole('button', { name: 'Save my choices' }).click()
    await page.getByText('Newsletter: no').waitFor()
    await delivering.holds(id, false)
    await page.reload()
    assert.equal(await box(page, elementIds.newsletter).isChecked(), false)
    await page
      .getByText(/in Ledger since|in ledger since/i)
      .first()
      .waitFor()
  })

test('who wants a copy of the receipt gets it into their own mailbox', async () => {
  const page = await visit('copy@acme.test', { javaScriptEnabled: false })
  await box(page, elementIds.ads).check()
  await page.getByLabel('Send me a copy by e-mail').check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Ads: yes').waitFor()
  assert.match(await mailTo('copy@acme.test'), /Ads: yes\s+Saved on .+ UTC\. Receipt number\s\S{36}\./)

  await publish({ id: 'copied', double_opt_in: true })
  const waiting = await visit('waits@copy.test', { widget: 'copied' })
  await box(waiting, elementIds.ads).check()
  await waiting.getByLabel('Send me a copy by e-mail').check()
  await waiting.getByRole('button', { name: 'Save my choices' }).click()
  await waiting.getByText('Please confirm by the link').waitFor()
  await eventually(async () => {
    const { rows } = await sql<{ text: string }>`
      select body as text from mails where recipient = 'waits@copy.test' and email_type = 'confirm-consent-changed'`.execute(
      delivering.db,
    )
    return /Ads: yes\s+Please confirm by the link[\s\S]+Saved on/.test(rows[0]?.text ?? '')
  })
})

test('the page counts what is not saved yet', async () => {
  const page = await visit('count@acme.test')
  await page.getByText('Nothing to save yet.').waitFor()
  await box(page, elementIds.newsletter).check()
  await page.getByText('1 change to save').waitFor()
  await box(page, elementIds.ads).check()
  await page.getByText('2 changes to save').waitFor()
  await box(page, elementIds.ads).uncheck()
  await page.getByText('1 change to save').waitFor()
  await page.getByRole('link', { name: 'What you chose before' }).click()
  await page.getByText('You have not chosen anything yet.').waitFor()
  await page.goBack()
  await page.getByText('1 change to save').waitFor()
})

test('in the template of sections each choice is saved at once', async () => {
  const page = await visit('each@acme.test', { widget: 'sections' })
  await box(page, elementIds.ads).check()
  await page.getByText('Ads: yes').waitFor()
  assert.equal((await statusOf('each@acme.test')).ads.enabled, true)
  // Who stays at the control hears it, and sees it once.
  assert.equal((await page.locator('.heard').boundingBox())?.height, 1)
  await assertAccessible(page)
})

test('a section that is not to be saved on a click waits for its button', async () => {
  await dress('sections', [{ type: 'section', options: { saveOnClick: false } }])
  const page = await visit('waits@acme.test', { widget: 'sections' })
  await box(page, elementIds.ads).check()
  await page.getByText('1 change to save').waitFor()
  await page.getByRole('button', { name: 'Save', exact: true }).last().click()
  await page.getByText('Ads: yes').waitFor()
})

test('a section that is to be saved on a click is, alone, and the header names who is signed in where it is to', async () => {
  await publish({ id: 'clicks', template_id: 'full_preference_center' }, [
    { type: 'header', options: { user: { isShown: true } } },
    { id: elementIds.ads, options: { saveOnClick: true } },
  ])
  const page = await visit('clicks@acme.test', { widget: 'clicks' })
  await page.locator('header').getByText('Signed in as clicks@acme.test').waitFor()
  await box(page, elementIds.newsletter).check()
  await box(page, elementIds.ads).check()
  await page.getByText('Ads: yes').waitFor()
  // What waits for the button is neither saved with it nor lost.
  await page.getByText('1 change to save').waitFor()
  assert.deepEqual(Object.keys(await statusOf('clicks@acme.test')), ['ads'])
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Newsletter: yes').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out.').waitFor()
  assert.equal(await page.getByText('clicks@acme.test').count(), 0)
})

test('what is changed while something is being saved is neither lost nor saved with it', async () => {
  const page = await visit('quick@acme.test')
  const answered = gate()
  await page.route('**/c/acme/centre*', async route => {
    await answered.opened
    await route.continue()
  })
  await box(page, elementIds.ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await box(page, elementIds.newsletter).check()
  answered.open()
  await page.getByText('Ads: yes').waitFor()
  await page.getByText('1 change to save').waitFor()
  assert.equal(await box(page, elementIds.newsletter).isChecked(), true)
  assert.deepEqual(Object.keys(await statusOf('quick@acme.test')), ['ads'])
})

test('what is chosen one after the other is saved so; what fails on its way stays chosen, and a button saves it', async () => {
  await publish({ id: 'each', template_id: 'sections' })
  const page = await visit('hasty@acme.test', { widget: 'each' })
  const answered = gate()
  let posts = 0
  await page.route('**/c/acme/each*', async route => {
    if (route.request().method() !== 'POST' || route.request().isNavigationRequest()) return route.continue()
    posts++
    await answered.opened
    // What was chosen last meets no server.
    return posts < 3 ? route.continue() : route.abort()
  })
  await box(page, elementIds.ads).check()
  await page.locator(`#v-${elementIds.topics}-0`).check()
  await box(page, elementIds.ads).uncheck()
  answered.open()
  await page.getByText('That could not be saved. Nothing is lost').waitFor()
  assert.equal(await box(page, elementIds.ads).isChecked(), false)
  await page.unrouteAll()
  await page
    .locator('form', { has: box(page, elementIds.ads) })
    .getByRole('button')
    .click()
  await page.getByText('Ads: no').waitFor()
  const { newsletter, ads } = await statusOf('hasty@acme.test')
  assert.deepEqual([posts, ads.enabled, newsletter.values.topics], [3, false, { value: 'travel' }])
  assert.equal(await box(page, elementIds.ads).isChecked(), false)
  assert.equal(await page.locator(`#v-${elementIds.topics}-0`).isChecked(), true)
})

test('a button that is pressed twice leaves the receipt of what the first press saved', async () => {
  const page = await visit('twice@acme.test')
  const button = page.getByRole('button', { name: 'Save my choices' })
  await box(page, elementIds.ads).check()
  await button.dblclick()
  await page.getByText('Ads: yes').waitFor()
  await button.click()
  await page.locator('section.notice:focus').waitFor()
  await page.getByText('Ads: yes').waitFor()
  const { body } = await call('GET /v1/consents/events?organization_user_id=twice@acme.test')
  assert.equal(body.total, 1)
})

test('who is signed in no longer is told that nothing was saved, and loses nothing where scripts run', async () => {
  const page = await visit('late@acme.test')
  await box(page, elementIds.ads).check()
  await page.context().clearCookies()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  const signIn = page.getByRole('link', { name: 'Sign in in another tab' })
  assert.equal(await signIn.getAttribute('target'), '_blank')
  await assertAccessible(page)

  const tab = await page.context().newPage()
  const url = `${origin}/c/acme/centre?token=${encodeURIComponent(await tokenOf('late@acme.test'))}`
  await tab.goto(url)
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Ads: yes').waitFor()
  // Who goes when everything is to be refused must not believe that it was.
  await page.context().clearCookies()
  await page.getByRole('button', { name: 'Unsubscribe from everything' }).click()
  await page.getByText('nothing was saved').waitFor()
  await page.getByLabel('E-mail address').waitFor()
  assert.equal((await statusOf('late@acme.test')).ads.enabled, true)
})

test('a page of one person states nothing for another who has signed in beside it', async () => {
  const page = await visit('first@acme.test')
  await box(page, elementIds.ads).check()
  const tab = await page.context().newPage()
  await tab.goto(`${origin}/c/acme/centre?token=${encodeURIComponent(await tokenOf('second@acme.test'))}`)
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByRole('link', { name: 'Sign in in another tab' }).waitFor()
  await page.getByRole('button', { name: 'Unsubscribe from everything' }).click()
  await page.getByText('nothing was saved').waitFor()
  const { body } = await call('GET /v1/consents/events?organization_user_id=second@acme.test')
  assert.equal(body.total, 0)
})

test('a refusal is shown as one, and what is chosen below it stays as it is stored', async () => {
  const page = await visit('half@acme.test')
  await page.locator(`#v-${elementIds.topics}-0`).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('You have not said yes yet').waitFor()
  const halfTicked = page.locator('.switch:indeterminate')
  assert.equal(await halfTicked.count(), 1)
  await box(page, elementIds.newsletter).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Newsletter: yes').waitFor()
  await box(page, elementIds.newsletter).uncheck()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('You said no. What is chosen below stays noted').waitFor()
  assert.deepEqual([await box(page, elementIds.newsletter).isChecked(), await halfTicked.count()], [false, 0])
  assert.equal(await page.locator(`#v-${elementIds.topics}-0`).isChecked(), true)
  const { newsletter } = await statusOf('half@acme.test')
  assert.deepEqual([newsletter.enabled, newsletter.values.topics], [false, { value: 'travel' }])
})

test('the history is turned by links, also where several events are of the same moment', async () => {
  const events = Array.from({ length: 120 }, (_, i) => ({
    id: `past-${String(i).padStart(3, '0')}`,
    created_at: new Date(Date.UTC(2026, 0, 1, 0, Math.floor(i / 7))).toISOString(),
    user: { organization_user_id: 'long@acme.test' },
    consents: { purposes: [{ id: 'ads', enabled: i % 2 === 0 }] },
  }))
  for (const part of [events.slice(0, 60), events.slice(60)])
    assert.equal((await call('POST /v1/consents/events', part)).status, 200)
  const page = await visit('long@acme.test', { javaScriptEnabled: false })
  await page.goto(`${origin}/c/acme/centre/history`)
  const shown = async () => (await page.locator('.history .fine').allTextContents()).map(text => text.trim())
  const newestFirst = events.map(({ id }) => id).reverse()
  assert.deepEqual(await shown(), newestFirst.slice(0, 50))
  await page.getByRole('link', { name: 'Older' }).click()
  assert.deepEqual(await shown(), newestFirst.slice(50, 100))
  await page.getByRole('link', { name: 'Older' }).click()
  assert.deepEqual(await shown(), newestFirst.slice(100))
  assert.equal(await page.getByRole('link', { name: 'Older' }).count(), 0)
  await page.getByRole('link', { name: 'Newer' }).click()
  assert.deepEqual(await shown(), newestFirst.slice(50, 100))
  await page.getByRole('link', { name: 'Newer' }).click()
  assert.deepEqual(await shown(), newestFirst.slice(0, 50))
  assert.equal(await page.getByRole('link', { name: 'Newer' }).count(), 0)
  // An event of somebody else is no place in this history.
  await page.goto(`${origin}/c/acme/centre/history?before=nothing`)
  assert.deepEqual(await shown(), newestFirst.slice(0, 50))
})

test('one press unsubscribes from everything, also from what this page does not show', async () => {
  await publish({ id: 'ads-only', selected_purposes_ids: ['ads'] })
  await delivering.choose('leave@acme.test', true)
  const page = await visit('leave@acme.test', { widget: 'ads-only', javaScriptEnabled: false })
  await page.getByRole('button', { name: 'Unsubscribe from everything' }).click()
  await page.getByText('Ads: no').waitFor()
  const { newsletter, ads } = await statusOf('leave@acme.test')
  assert.deepEqual([newsletter.enabled, ads.enabled], [false, false])
})

test('a page that stood open does not undo what was chosen elsewhere meanwhile', async () => {
  await delivering.choose('elsewhere@acme.test', true)
  const page = await visit('elsewhere@acme.test', { javaScriptEnabled: false })
  await delivering.choose('elsewhere@acme.test', false)
  await box(page, elementIds.ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Ads: yes').waitFor()
  assert.equal((await statusOf('elsewhere@acme.test')).newsletter.enabled, false)
})

test('each event keeps which text was shown, and the history gives it back in those words', async () => {
  await publish({ id: 'words' })
  const page = await visit('words@acme.test', { widget: 'words', locale: 'fr-CA' })
  await page.getByText('Vos préférences').first().waitFor()
  await box(page, elementIds.newsletter).check()
  await page.getByRole('button', { name: 'Enregistrer mes choix' }).click()
  await page.getByText('Lettre : oui').waitFor()
  const { body } = await call('GET /v1/consents/events?organization_user_id=words@acme.test')
  assert.deepEqual(body.data[0].shown, { widget_id: 'words', version: 1, language: 'fr' })
  const title = { content: { fr: 'Bulletin', en: 'Bulletin' } }
  await dress('words', [{ id: elementIds.newsletter, options: { title } }])
  await page.goto(`${origin}/c/acme/words/history?lang=en`)
  await page.getByText('Lettre : oui').waitFor()
  await page.getByText('Text as shown then: version 1, French').waitFor()
  await assertAccessible(page)
  await page.getByRole('link', { name: 'Français' }).click()
  await page.getByText('Texte tel qu’il était affiché : version 1, Français').waitFor()
})

test('an event keeps what its page showed, also where another version was published meanwhile', async () => {
  await publish({ id: 'moving' })
  const page = await visit('moving@acme.test', { widget: 'moving' })
  await call('PATCH /v1/widgets/moving', { enabled_languages: ['fr'], default_language: 'fr' })
  await dress('moving', [{ id: elementIds.ads, options: { title: { content: { fr: 'Autre chose' } } } }])
  await box(page, elementIds.ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Autre chose').first().waitFor()
  const { body } = await call('GET /v1/consents/events?organization_user_id=moving@acme.test')
  assert.deepEqual(body.data[0].shown, { widget_id: 'moving', version: 1, language: 'en' })
})

test('the page speaks the language that was asked for, in its direction, and links to the others', async () => {
  const page = await visit('lang@acme.test')
  await page.getByRole('link', { name: 'العربية' }).click()
  const root = page.locator('html')
  assert.deepEqual([await root.getAttribute('lang'), await root.getAttribute('dir')], ['ar', 'rtl'])
  await assertAccessible(page)
})

test('times are those of the reader’s zone, written as a browser writes them in the language', async () => {
  // Of these the last two count the years, or write the digits, in another way.
  const languages = ['en', 'fr', 'ar', 'de', 'hu', 'ja', 'zh-TW', 'th', 'fa']
  await publish({ id: 'times', enabled_languages: languages })
  await delivering.choose('time@acme.test', true)
  const page = await visit('time@acme.test', { widget: 'times', timezoneId: 'Pacific/Auckland' })
  for (const lang of languages) {
    await page.goto(`${origin}/c/acme/times?lang=${lang}`)
    const [written, expected] = (await page.evaluate(`(() => {
      const time = document.querySelector('time')
      return [time.textContent, new Date(time.dateTime).toLocaleString('${lang}',
        { year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' })]
    })()`)) as [string, string]
    assert.equal(written, expected)
  }
})

test('who has chosen a language reads the page in it, wherever they open it', async () => {
  const { body: tree } = await call('GET /v1/config-trees')
  await call('POST /v1/preferences', {
    ...{ id: 'speech', name: { en: 'Language' }, type: 'single', metadata: { 'heed:language': true } },
    values: ['en', 'fr', 'ar'].map(id => ({ id, name: { en: id } })),
  })
  const [newsletter, ads] = tree[0].selected_purposes
  const planted = await call('PUT /v1/config-trees', {
    selected_purposes: [
      newsletter,
      { ...ads, selected_preferences: [{ id: 'speechE', preference_id: 'speech' }] },
    ],
  })
  assert.equal(planted.status, 200, JSON.stringify(planted.body))
  await publish({ id: 'spoken' })
  const page = await visit('speaks@acme.test', { widget: 'spoken', locale: 'en-GB' })
  await page.locator('#v-speechE-1').check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByRole('button', { name: 'Enregistrer mes choix' }).waitFor()
  assert.deepEqual((await statusOf('speaks@acme.test')).ads.values, { speech: { value: 'fr' } })
  const language = () => page.locator('html').getAttribute('lang')
  await page.goto(`${origin}/c/acme/spoken`)
  assert.equal(await language(), 'fr')
  await page.goto(`${origin}/c/acme/spoken?lang=ar`)
  assert.equal(await language(), 'ar')
})

test('a page in a variety of a language asks in that language who somebody is', async () => {
  await publish({ id: 'austrian', enabled_languages: ['de-AT'], default_language: 'de-AT' })
  const { body } = await heed.app.inject({ url: '/c/acme/austrian' })
  assert.match(body, /lang="de-AT"/)
  assert.match(body, /Wer sind Sie\?/)
  assert.match(body, /E-Mail-Adresse/)
  const embedded = await call('GET /c/acme/austrian/widget.json')
  assert.equal(embedded.body.texts.emailLabel, 'E-Mail-Adresse')
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
