/** What was chosen before is given back in the words that were shown then. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAccessible } from '../browser.ts'
import { elementIds } from '../library.ts'
import { box, centre, visit } from './ground.ts'

const { call, origin, publish, dress } = centre

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
  const title = { content: { fr: 'Autre chose', en: 'Something else' } }
  await dress('moving', [{ id: elementIds.ads, options: { title } }])
  await box(page, elementIds.ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Autre chose').first().waitFor()
  // The receipt is in the words that were shown.
  await page.locator('.notice').getByText('Ads : oui').waitFor()
  const { body } = await call('GET /v1/consents/events?organization_user_id=moving@acme.test')
  assert.deepEqual(body.data[0].shown, { widget_id: 'moving', version: 1, language: 'en' })
})

test('what was chosen in another preference centre is told in its words', async () => {
  const title = { content: { en: 'Our letter', fr: 'Notre lettre' } }
  await publish({ id: 'other', selected_purposes_ids: ['newsletter'] }, [
    { id: elementIds.newsletter, options: { title } },
  ])
  await publish({ id: 'but-ads', selected_purposes_ids: ['ads'] })
  const page = await visit('both@acme.test', { widget: 'other' })
  await box(page, elementIds.newsletter).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Our letter: yes').waitFor()
  await page.goto(`${origin}/c/acme/but-ads/history?lang=fr`)
  await page.getByText('Our letter: yes').waitFor()
  await page.getByText('Texte tel qu’il était affiché : version 1, Anglais').waitFor()
  // What nobody was shown is named as the library names it.
  await page.goto(`${origin}/c/acme/but-ads?lang=fr`)
  await page.getByRole('button', { name: 'Se désabonner de tout' }).click()
  await page.getByText('Lettre : non').waitFor()
})
