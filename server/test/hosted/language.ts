/** The page speaks the language of who reads it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible } from '../browser.ts'
import { elementIds } from '../library.ts'
import { box, centre, statusOf, visit } from './ground.ts'

const { delivering, call, heed, origin, publish } = centre

test('the page speaks the language that was asked for, in its direction, and leads to the others', async () => {
  const page = await visit('lang@acme.test')
  await page.getByRole('button', { name: 'العربية' }).click()
  const root = page.locator('html')
  assert.deepEqual([await root.getAttribute('lang'), await root.getAttribute('dir')], ['ar', 'rtl'])
  await assertAccessible(page)
})

await publish({ id: 'each-tongue', template_id: 'sections' })
for (const javaScriptEnabled of [false, true])
  for (const widget of ['centre', 'each-tongue'])
    test(`${javaScriptEnabled ? 'with' : 'without'} JavaScript another language takes along what is not saved, and saves nothing (${widget})`, async () => {
      const id = `${widget}-${javaScriptEnabled}@lang.test`
      await delivering.choose(id, true)
      const page = await visit(id, { widget, javaScriptEnabled })
      // What is saved as soon as it is touched has nothing to take along.
      const savesAtOnce = javaScriptEnabled && widget === 'each-tongue'
      await box(page, elementIds.newsletter).uncheck()
      await box(page, elementIds.ads).check()
      await page.locator(`#v-${elementIds.channel}-1`).check()
      await page.locator(`#v-${elementIds.topics}-2`).check()
      if (savesAtOnce) await page.getByText('Newsletter – Topics: music').waitFor()
      // Meanwhile, elsewhere: no form undoes it.
      const topics = { topics: { value: savesAtOnce ? 'food,music' : 'food' } }
      const consents = { purposes: [{ id: 'newsletter', values: topics }] }
      await call('POST /v1/consents/events', { user: { organization_user_id: id }, consents })
      await page.getByRole('button', { name: 'Français' }).click()
      await page.getByRole('button', { name: 'العربية' }).click()
      await page.getByRole('button', { name: 'English' }).click()
      await page.locator('html[lang=en]').waitFor()
      const ticks = async () => ({
        newsletter: await box(page, elementIds.newsletter).isChecked(),
        ads: await box(page, elementIds.ads).isChecked(),
        channel: await page.locator(`#v-${elementIds.channel}-1`).isChecked(),
        topics: await page.locator(`[name="choice.${elementIds.topics}"]:checked`).count(),
      })
      const chosen = { newsletter: false, ads: true, channel: true, topics: 2 }
      assert.deepEqual(await ticks(), chosen)
      if (!savesAtOnce) {
        assert.equal((await statusOf(id)).newsletter.enabled, true)
        await page.getByText('What you changed is not saved yet.').waitFor()
        if (javaScriptEnabled) await page.getByText('4 changes to save').waitFor()
        await page.getByRole('button', { name: 'Save' }).last().click()
        await page.getByText('Newsletter – Topics: food, music').waitFor()
      }
      const { newsletter, ads } = await statusOf(id)
      assert.deepEqual(
        [newsletter.enabled, newsletter.values.channel.value, newsletter.values.topics.value, ads.enabled],
        [false, 'sms', 'food,music', true],
      )
      await page.reload()
      assert.deepEqual(await ticks(), chosen)
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
