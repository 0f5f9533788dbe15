/** `npm run docs:pictures [URL]`: takes the pictures of docs/preference-centre.md from a Heed that runs with its sample. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { chromium as driver } from 'playwright-core'

const [heed = 'http://127.0.0.1:8080'] = process.argv.slice(2)
const folder = join(import.meta.dirname, '../../docs/pictures')
const person = 'ana.almeida@example.com'
const centre = `${heed}/c/acme/preferences`

await mkdir(folder, { recursive: true })
const browser = await driver.launch({
  executablePath: await chromium.executablePath(),
  args: chromium.args.filter(argument => argument !== '--single-process'),
})
const context = await browser.newContext({ viewport: { width: 720, height: 600 }, locale: 'en' })
const page = await context.newPage()
/** In a window as high as the page, so that the bar with the save button is at its end. */
async function take(name: string) {
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'))
  await page.setViewportSize({ width: 720, height })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
  await page.setViewportSize({ width: 720, height: 600 })
}

await page.goto(centre)
await take('who-are-you')
await page.locator('[name=email]').fill(person)
await page.getByRole('button').first().click()
const mailbox = await context.newPage()
await mailbox.goto(`${heed}/sample/mailbox`)
await mailbox.getByRole('listitem').filter({ hasText: person }).first().getByRole('link').click()
const code = /\b\d{6}\b/.exec(await mailbox.locator('pre').innerText())?.[0] as string
await page.locator('[name=code]').fill(code)
await take('code')
await page.getByRole('button').first().click()
await page
  .getByText(/in Sandbox org since/)
  .first()
  .waitFor()
await take('choices')
const newsletter = page.getByRole('checkbox', { name: 'Newsletter' })
await newsletter.setChecked(!(await newsletter.isChecked()))
await page.getByRole('button', { name: 'Save my choices' }).click()
await page.getByText('What we have saved').waitFor()
await take('receipt')
await page.goto(`${centre}/history?lang=en`)
await take('history')
await page.goto(`${centre}?lang=ar`)
await take('arabic')
await browser.close()
