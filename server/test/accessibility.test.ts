/** Everybody can use every page that people see: each template in each theme and direction, and what is around it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { assertAccessible } from './browser.ts'
import { linkIn, startCentre } from './centre.ts'
import { elementIds } from './library.ts'

const templates = ['sections', 'sections_and_save', 'full_preference_center']
const themes = ['default', 'abyss', 'sunset', 'ocean', 'lagoon']
const languages = ['en', 'ar']
/** 1280 x 1024 at 200% and at 400%. */
const zoomed = [
  { width: 640, height: 512 },
  { width: 320, height: 256 },
]
const usual = { width: 1280, height: 1024 }

const { browser, delivering, call, origin, publish, tokenOf, mailTo } = await startCentre()

await Promise.all(
  templates.flatMap(template_id =>
    themes.map(theme_id =>
      publish({ id: `${template_id}-${theme_id}`, template_id, theme_id, enabled_languages: languages }),
    ),
  ),
)
const person = 'ann@acme.test'
const event = await delivering.choose(person, true)
await delivering.holds(person, true)

const signedIn = await browser.open({ viewport: usual })
await signedIn.goto(`${origin}/c/acme/sections-default?token=${encodeURIComponent(await tokenOf(person))}`)
const stranger = await browser.open({ viewport: usual })

async function assertUsable(page: Page): Promise<void> {
  await assertAccessible(page)
  for (const size of zoomed) {
    await page.setViewportSize(size)
    const scrolled = Number(await page.evaluate('document.documentElement.scrollWidth'))
    assert.ok(scrolled <= size.width, `${page.url()} scrolls sideways at ${size.width}: ${scrolled}`)
  }
  await page.setViewportSize(usual)
}

/** Presses Tab through the page: each stop shows its focus and lies under nothing. */
async function assertReachable(page: Page): Promise<number> {
  await page.evaluate('document.activeElement.blur(), scrollTo(0, 0)')
  for (let stops = 0; ; stops++) {
    assert.ok(stops < 60, 'the keyboard is caught')
    await page.keyboard.press('Tab')
    const fault = await page.evaluate(`(() => {
      const element = document.activeElement
      if (element === document.body) return 'end'
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return 'shows no focus: ' + element.outerHTML
      const { left, top, width, height } = element.getBoundingClientRect()
      const seen = document.elementFromPoint(left + width / 2, top + height / 2)
      return element.contains(seen) ? '' : 'is covered: ' + element.outerHTML + ' by ' + seen?.outerHTML.slice(0, 100)
    })()`)
    if (fault === 'end') return stops
    assert.equal(fault, '')
  }
}

for (const template of templates)
  test(`${template} can be used in every theme and direction, with choices made and a receipt`, async () => {
    for (const theme of themes)
      for (const language of languages) {
        await signedIn.goto(`${origin}/c/acme/${template}-${theme}?lang=${language}&saved=${event.id}`)
        assert.equal(await signedIn.locator('#receipt').count(), 1)
        const foreign = signedIn.locator('.notice li > [lang=en][dir=ltr]', { hasText: /^Newsletter$/ })
        assert.equal((await foreign.count()) > 0, language === 'ar', 'a name in another language is marked')
        assert.ok((await signedIn.locator('.standing').count()) > 0)
        // Colours do not change how the page is laid out.
        await (theme === 'default' ? assertUsable(signedIn) : assertAccessible(signedIn))
      }
  })

for (const template of templates)
  test(`${template} is seen, reached and saved by keyboard alone, also at 400%`, async () => {
    const url = `${origin}/c/acme/${template}-default`
    await signedIn.goto(url)
    for (const size of [usual, ...zoomed]) {
      await signedIn.setViewportSize(size)
      assert.ok((await assertReachable(signedIn)) > 8)
    }
    await signedIn.setViewportSize(usual)
    const ads = signedIn.locator(`[name="choice.${elementIds.ads}"]`)
    await signedIn.evaluate('globalThis.isSamePage = true')
    const says = `Ads: ${(await ads.isChecked()) ? 'no' : 'yes'}`
    await ads.focus()
    await signedIn.keyboard.press('Space')
    if (template !== 'sections') {
      await signedIn.keyboard.press('Tab')
      await signedIn.keyboard.press('Enter')
    }
    await signedIn.getByText(says).waitFor()
    const [isSamePage, isFocused] = (await signedIn.evaluate(
      '[globalThis.isSamePage === true, document.activeElement !== document.body]',
    )) as [boolean, boolean]
    assert.ok(isSamePage, 'the page was loaded anew')
    assert.ok(isFocused, 'the focus is lost')
    await assertUsable(signedIn)
  })

test('so can a page with pictures, styles and switches of its own, and with texts of another language', async () => {
  const src =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const widget = { id: 'dressed', template_id: 'full_preference_center', enabled_languages: languages }
  await publish(widget, [
    {
      type: 'header',
      options: {
        logo: { src, content: { en: 'Acme' } },
        bannerImage: { src },
        mainTitle: { content: { en: 'Choices' }, style: { default: { color: '#7a1f5c', fontSize: '2rem' } } },
      },
    },
    { type: 'footer', options: { icon: { src }, text: { content: { en: 'Acme, Paris' } } } },
    {
      type: 'section',
      options: { isCardClickable: true, imageType: 'banner', logo: { src }, contentAlign: 'center' },
    },
    {
      type: 'sections',
      theme: {
        ...{
          backgroundColor: '#fff8e7',
          borderShape: 'rounded',
          borderWidth: 'thick',
          borderColor: '#7a1f5c',
        },
        ...{ borderShadow: 'big', nameSize: 'big', nameColor: '#7a1f5c', nameFontFamily: 'Georgia, serif' },
        ...{ buttonType: 'button', buttonColor: '#7a1f5c', buttonTextColor: '#ffffff' },
      },
    },
    { type: 'preference_value', options: { icon: { src } } },
  ])
  for (const language of languages) {
    await signedIn.goto(`${origin}/c/acme/dressed?lang=${language}`)
    await assertUsable(signedIn)
    const [color, radius, alt, broken] = (await signedIn.evaluate(`[
      getComputedStyle(document.querySelector('h1')).color,
      getComputedStyle(document.querySelector('.card')).borderTopLeftRadius,
      document.querySelector('header .logo').alt,
      [...document.querySelectorAll('.value > label')].filter(label => {
        const text = document.createRange()
        text.selectNodeContents(label)
        return new Set([...text.getClientRects()].map(line => line.top)).size > 1
      }).map(label => label.textContent),
    ]`)) as [string, string, string, string[]]
    assert.deepEqual([color, radius, alt, broken], ['rgb(122, 31, 92)', '20px', 'Acme', []])
  }
  // Nobody translated the purpose: it is read aloud in the language that it is in.
  assert.equal(await signedIn.locator('h2 [lang=en][dir=ltr]', { hasText: 'Newsletter' }).count(), 1)
  const switchOf = signedIn.locator(`[name="choice.${elementIds.ads}"]`)
  const before = await switchOf.isChecked()
  await signedIn
    .locator(
      `.card[data-element="${elementIds.ads}"] .fine, .card[data-element="${elementIds.ads}"] .standing`,
    )
    .first()
    .click({ force: true })
  assert.equal(await switchOf.isChecked(), !before)
})

test('the history can be used', async () => {
  for (const language of languages) {
    await signedIn.goto(`${origin}/c/acme/full_preference_center-abyss/history?lang=${language}`)
    await assertUsable(signedIn)
  }
  const name = { hasText: /^Newsletter$/ }
  assert.notEqual(await signedIn.locator('.history li li > [lang=en][dir=ltr]', name).count(), 0)
  await assertReachable(signedIn)
})

test('so can signing in, by its address and by its code', async () => {
  for (const language of languages) {
    await stranger.goto(`${origin}/c/acme/sections-ocean?lang=${language}`)
    await assertUsable(stranger)
    const action = (await stranger.locator('form').getAttribute('action')) as string
    const key = new URL(action, origin).searchParams.get('key') as string
    const to = `${origin}/c/acme/sections-ocean`
    await stranger.goto(`${origin}/v1/auth/sign-in?${new URLSearchParams({ key, to, lang: language })}`)
    await assertUsable(stranger)
    // As the page that leads here.
    const ink = await stranger.evaluate('getComputedStyle(document.documentElement).color')
    assert.equal(ink, 'rgb(8, 41, 58)')
    await assertReachable(stranger)
    await stranger.locator('[name=email]').fill(`${language}@acme.test`)
    await stranger.keyboard.press('Enter')
    await stranger.locator('[name=code]').fill('000000')
    await assertUsable(stranger)
    await assertReachable(stranger)
    await stranger.locator('[name=code]').press('Enter')
    await stranger.locator('[role=alert]').waitFor()
    await assertUsable(stranger)
  }
})

test('so can what is said where signing in takes another course', async () => {
  const { public_api_key: key } = (await call('GET /v1/organizations/acme')).body
  const to = `${origin}/c/acme/sections-lagoon`
  const signIn = `${origin}/v1/auth/sign-in?${new URLSearchParams({ key, to, lang: 'ar' })}`
  const send = async (email: string) => {
    await stranger.goto(signIn)
    // Only the browser's own check would say so otherwise.
    await stranger.evaluate('document.forms[0].noValidate = true')
    await stranger.locator('[name=email]').fill(email)
    await stranger.keyboard.press('Enter')
  }
  await send('nobody')
  await stranger.locator('[role=alert]').waitFor()
  await assertAccessible(stranger)

  const often = 'often@acme.test'
  for (let mails = 0; mails < 5; mails++)
    await delivering.heed.app.inject({
      url: `/v1/auth/protocols/otp/generate?${new URLSearchParams({ key, email: often })}`,
    })
  await send(often)
  await stranger.locator('[role=alert]').waitFor()
  await assertAccessible(stranger)

  const provider = await call('POST /v1/auth-providers', { type: 'message', is_default: true })
  assert.equal(provider.status, 200)
  await send('sent@acme.test')
  await stranger.locator('[name=email]').waitFor({ state: 'detached' })
  await assertAccessible(stranger)
  await call(`DELETE /v1/auth-providers/${provider.body.id}`)

  await call('PATCH /v1/organizations/acme', { auth_allow_user_creation: false })
  await send('stranger@acme.test')
  await stranger.locator('[name=code]').waitFor()
  const { rows } = await sql<{ code: string }>`
    select substring(subject from '[0-9]{6}') as code from mails where recipient = 'stranger@acme.test'`.execute(
    delivering.db,
  )
  await stranger.locator('[name=code]').fill(rows[0]?.code as string)
  await stranger.keyboard.press('Enter')
  await stranger.locator('[name=code]').waitFor({ state: 'detached' })
  await assertAccessible(stranger)
  await call('PATCH /v1/organizations/acme', { auth_allow_user_creation: true, auth_enabled: false })
  assert.equal((await stranger.goto(signIn))?.status(), 403)
  await assertAccessible(stranger)
  await call('PATCH /v1/organizations/acme', { auth_enabled: true })

  for (const [address, status] of [
    [`${to}?lang=ar&expired`, 401],
    [`${to}?lang=ar&signed_out`, 401],
    [`${origin}/v1/auth/sign-in/code?state=unknown&lang=ar`, 404],
    // Faults that are told to who made the address: the widest of these pages.
    [`${origin}/v1/consents/execute?key=1&lang=ar`, 400],
  ] as const) {
    assert.equal((await stranger.goto(address))?.status(), status)
    await (status === 400 ? assertUsable(stranger) : assertAccessible(stranger))
  }
})

test('so can the pages behind links: what is asked, what was done, what waits, what has expired', async () => {
  const link = async (more: object) => {
    const { status, body } = await call('POST /v1/consents/links', {
      organization_user_id: 'link@acme.test',
      action: 'event.create',
      event: { consents: { purposes: [{ id: 'newsletter', enabled: false }] } },
      ...more,
    })
    assert.equal(status, 200, JSON.stringify(body))
    return body.url as string
  }
  const shownBy = (widget_id: string) => ({ shown: { widget_id, version: 1, language: 'en' } })
  const unsubscribing = { consents: { purposes: [{ id: 'newsletter', enabled: false }] } }
  const ink = () => stranger.evaluate('getComputedStyle(document.body).color')
  for (const [colorScheme, lang, shown, color] of [
    ['light', 'en', {}, 'rgb(0, 0, 0)'],
    ['dark', 'ar', shownBy('nobody-published'), 'rgb(255, 255, 255)'],
    // As the preference centre where it was chosen, which has no dark look.
    ['light', 'ar', shownBy('sections-ocean'), 'rgb(8, 41, 58)'],
    ['dark', 'en', shownBy('sections-ocean'), 'rgb(8, 41, 58)'],
  ] as const) {
    await stranger.emulateMedia({ colorScheme })
    await stranger.goto(`${await link({ event: { ...unsubscribing, ...shown } })}?lang=${lang}`)
    assert.equal(await ink(), color)
    await assertUsable(stranger)
    await assertReachable(stranger)
    await stranger.getByRole('button').press('Enter')
    await stranger.locator('[name=undo]').waitFor()
    assert.equal(await ink(), color)
    await assertUsable(stranger)
    await stranger.locator('[name=undo]').press('Enter')
    await stranger.locator('[name=undo]').waitFor({ state: 'detached' })
    assert.equal(await ink(), color)
    await assertAccessible(stranger)
    await stranger.goto(`${origin}/v1/consents/links/unknown?lang=${lang}`)
    await assertUsable(stranger)
  }
  const expired = await link({})
  await sql`update links set expires_at = now() - interval '1 second'`.execute(delivering.db)
  await stranger.goto(expired)
  await assertUsable(stranger)
  await stranger.emulateMedia({ colorScheme: 'light' })

  const { body } = await call('POST /v1/consents/tokens', {
    organization_user_id: 'waits@acme.test',
    validations: { email: { enabled: true } },
  })
  const waiting = { consents: { purposes: [{ id: 'ads', enabled: true }] }, ...shownBy('sections-ocean') }
  await call('POST /v1/consents/events', waiting, { token: body.id_token })
  await stranger.goto(linkIn(await mailTo('waits@acme.test')))
  assert.equal(await ink(), 'rgb(8, 41, 58)')
  await assertUsable(stranger)
  await stranger.getByRole('button').press('Enter')
  await stranger.getByRole('button').waitFor({ state: 'detached' })
  await assertUsable(stranger)
})

test('what is not there, or cannot be done, is said in the visitor’s language, and to programs in JSON', async () => {
  for (const [path, language, says] of [
    ['/c/acme/nothing', 'de-AT', 'Diese Seite gibt es nicht.'],
    ['/c/acme/nothing/at/all', 'ar', 'هذه الصفحة غير موجودة.'],
    ['/c/acme', 'en', 'This page does not exist.'],
  ] as const) {
    const page = await browser.open({ locale: language })
    assert.equal((await page.goto(origin + path))?.status(), 404)
    await page.getByText(says).waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), language.slice(0, 2))
    await assertUsable(page)
    await page.context().close()
  }
  const { app } = delivering.heed
  const program = await app.inject({ url: '/c/acme/nothing' })
  assert.deepEqual([program.statusCode, program.json().name], [404, 'NotFound'])
  const foreign = await app.inject({
    method: 'POST',
    url: '/c/acme/sections-default',
    headers: {
      origin: 'https://evil.example',
      accept: 'text/html,*/*;q=0.8',
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: 'action=unsubscribe_all',
  })
  assert.equal(foreign.statusCode, 403)
  assert.match(foreign.body, /That could not be saved/)
  assert.match(String(foreign.headers['content-security-policy']), /default-src 'none'/)
})
