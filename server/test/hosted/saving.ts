/** What is chosen on the page is saved, and the page says what was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { assertAccessible } from '../browser.ts'
import { linkIn } from '../centre.ts'
import { gate } from '../delivering.ts'
import { eventually } from '../heed.ts'
import { elementIds } from '../library.ts'
import { box, centre, statusOf, visit } from './ground.ts'

const { delivering, call, origin, publish, dress, tokenOf, mailTo } = centre

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

test('who got many mails to confirm in a day is told that none comes, and what to do', async () => {
  await publish({ id: 'asking', double_opt_in: true })
  const id = 'many@acme.test'
  const { body } = await call('POST /v1/consents/tokens', {
    organization_user_id: id,
    validations: { email: { enabled: true } },
  })
  const token = body.id_token
  const yes = { consents: { purposes: [{ id: 'newsletter', enabled: true }] } }
  await call('POST /v1/consents/events', Array(10).fill(yes), { token })
  const page = await visit(id, { widget: 'asking' })
  await page.getByText('Waits for your confirmation').waitFor()
  await box(page, elementIds.ads).check()
  await page.getByLabel('Send me a copy by e-mail').check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  const isTold = async () => {
    await page.getByText('What you accepted does not count: please choose it again tomorrow.').waitFor()
    await page
      .locator(`[data-element="${elementIds.ads}"]`)
      .getByText('Not confirmed: we have sent you many mails')
      .waitFor()
    assert.equal(await page.getByText('Waits for your confirmation').count(), 1)
  }
  await isTold()
  await eventually(async () => {
    const { rows } = await sql`
      select from confirmations where recipient = ${id} and mailed_at is null`.execute(delivering.db)
    return rows.length === 0
  })
  await page.reload()
  await isTold()
  const { rows } = await sql<{ text: string }>`
    select body as text from mails where recipient = ${id}`.execute(delivering.db)
  assert.deepEqual(rows.filter(({ text }) => /Ads: yes/.test(text)).length, 1)
  assert.match(
    rows.find(({ text }) => /Ads: yes/.test(text))?.text ?? '',
    /please choose it again\s+tomorrow/,
  )
  const standing = await call('GET /v1/consents/standing', undefined, { token })
  assert.deepEqual(standing.body.waiting, [{ purpose_id: 'newsletter' }])
})

for (const javaScriptEnabled of [false, true])
  test(`${javaScriptEnabled ? 'with' : 'without'} JavaScript a copy can be asked for after saving too, and the page says what becomes of it`, async () => {
    const id = `later-${javaScriptEnabled}@copy.test`
    const page = await visit(id, { javaScriptEnabled })
    const copy = page.getByLabel('Send me a copy by e-mail')
    const button = page.getByRole('button', { name: 'Save my choices' })
    await copy.check()
    await button.click()
    await page.getByText('Nothing was changed, so there is no copy to send.').waitFor()
    await box(page, elementIds.ads).check()
    await button.click()
    await page.getByText('Ads: yes').waitFor()
    await copy.check()
    await button.click()
    await page.getByText('A copy is on its way to your mailbox.').waitFor()
    await page.getByText('Ads: yes').waitFor()
    assert.match(await mailTo(id), /Ads: yes\s+Saved on/)
    await sql`update throttles set taken = 1000`.execute(delivering.db)
    await copy.check()
    await button.click()
    await page.getByText('You have asked for many copies today').waitFor()
    await sql`delete from throttles`.execute(delivering.db)
    assert.equal((await statusOf(id)).ads.enabled, true)
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

test('clicks that come together are saved once, and their receipt stays', async () => {
  await publish({ id: 'together', template_id: 'sections' })
  const page = await visit('together@acme.test', { widget: 'together' })
  const answered = gate()
  let posts = 0
  await page.route('**/c/acme/together*', async route => {
    posts++
    await answered.opened
    await route.continue()
  })
  await box(page, elementIds.ads).check()
  await page.locator(`#v-${elementIds.channel}-1`).check()
  await page.locator(`#v-${elementIds.topics}-2`).check()
  answered.open()
  await page.getByText('Newsletter – Topics: music').waitFor()
  await box(page, elementIds.newsletter).check()
  await page.getByText('Newsletter: yes').waitFor()
  assert.equal(posts, 3)
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
    .locator('[data-live]', { has: box(page, elementIds.ads) })
    .last()
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

test('one press unsubscribes from everything, also from what this page does not show', async () => {
  await publish({ id: 'ads-only', selected_purposes_ids: ['ads'] })
  // Accepted once, and in the tree no more.
  await call('POST /v1/metadata/purposes', { id: 'former', description: { en: 'Former' } })
  const consents = { purposes: [{ id: 'former', enabled: true }] }
  await call('POST /v1/consents/events', { user: { organization_user_id: 'leave@acme.test' }, consents })
  await delivering.choose('leave@acme.test', true)
  const page = await visit('leave@acme.test', { widget: 'ads-only', javaScriptEnabled: false })
  await page.getByRole('button', { name: 'Unsubscribe from everything' }).click()
  await page.getByText('Ads: no').waitFor()
  await page.getByText('Newsletter: no').waitFor()
  const { newsletter, ads, former } = await statusOf('leave@acme.test')
  assert.deepEqual([newsletter.enabled, ads.enabled, former.enabled], [false, false, false])
})

test('what the page does not show of a choice is kept', async () => {
  await publish({ id: 'part' })
  const { body } = await call(`GET /v1/widgets/preferences-centers/layout-entities?widget_id=part&$limit=100`)
  const travel = body.data.find(
    (one: { preference_value_id: string }) => one.preference_value_id === 'travel',
  )
  const path = `PATCH /v1/widgets/preferences-centers/layout-entities/${travel.id}?widget_id=part`
  assert.equal((await call(path, { enabled: false })).status, 200)
  await dress('part', [])
  const consents = { purposes: [{ id: 'newsletter', values: { topics: { value: 'travel,food' } } }] }
  await call('POST /v1/consents/events', { user: { organization_user_id: 'part@acme.test' }, consents })
  const page = await visit('part@acme.test', { widget: 'part', javaScriptEnabled: false })
  await page.getByLabel('food').uncheck()
  await page.getByLabel('music').check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('What we have saved').waitFor()
  assert.equal((await statusOf('part@acme.test')).newsletter.values.topics.value, 'music,travel')
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
