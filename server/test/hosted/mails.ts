/** What is mailed for what was chosen, and what the page says of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { linkIn } from '../centre.ts'
import { eventually } from '../heed.ts'
import { elementIds } from '../library.ts'
import { box, centre, statusOf, visit } from './ground.ts'

const { delivering, call, origin, publish, mailTo } = centre

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

test('who wants a copy of the receipt gets it into their own mailbox', async () => {
  const page = await visit('copy@acme.test', { javaScriptEnabled: false })
  await box(page, elementIds.ads).check()
  await page.getByRole('button', { name: 'Save my choices' }).click()
  await page.getByText('Ads: yes').waitFor()
  assert.equal(await page.title(), 'What we have saved – Your preferences')
  await page.getByRole('button', { name: 'Send me a copy by e-mail' }).click()
  await page.getByText('A copy is on its way to your mailbox.').waitFor()
  await page.getByText('Ads: yes').waitFor()
  assert.match(await mailTo('copy@acme.test'), /Ads: yes\s+Saved on .+ UTC\. Receipt number\s\S{36}\./)

  await publish({ id: 'copied', double_opt_in: true })
  const waiting = await visit('waits@copy.test', { widget: 'copied' })
  await box(waiting, elementIds.ads).check()
  await waiting.getByRole('button', { name: 'Save my choices' }).click()
  await waiting.getByText('Please confirm by the link').waitFor()
  await waiting.getByRole('button', { name: 'Send me a copy by e-mail' }).click()
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
  await page.getByRole('button', { name: 'Send me a copy by e-mail' }).click()
  await page.getByText('A copy is on its way to your mailbox.').waitFor()
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

test('a copy is sent once, takes nothing of what is not saved, and one too many is said not to be sent', async () => {
  const id = 'later@copy.test'
  const page = await visit(id)
  const copy = page.getByRole('button', { name: 'Send me a copy by e-mail' })
  assert.equal(await copy.count(), 0)
  await page.getByRole('button', { name: 'Unsubscribe from everything' }).click()
  await page.getByText('Ads: no').waitFor()
  await box(page, elementIds.ads).check()
  await copy.dblclick()
  await page.getByText('A copy is on its way to your mailbox.').waitFor()
  await page.getByText('1 change to save').waitFor()
  assert.equal(await copy.count(), 0)
  await sql`update throttles set taken = 1000`.execute(delivering.db)
  await page.goto(page.url().replace('&copy=sent', ''))
  await copy.click()
  await page.getByText('You have asked for many copies today').waitFor()
  await sql`delete from throttles`.execute(delivering.db)
  const { rows } = await sql`select from mails where recipient = ${id}`.execute(delivering.db)
  assert.equal(rows.length, 1)
  assert.equal((await statusOf(id)).ads.enabled, false)
})
