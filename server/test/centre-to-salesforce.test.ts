/** The whole way: from the click on save to the record in the CRM, and back to the page, which says so. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startSandboxOrg } from '@heed/sandbox'
import { startBrowser } from './browser.ts'
import { eventually, startHeed } from './heed.ts'
import { elementIds, fillLibrary } from './library.ts'

const CLAIMED_MS = 2_000

// First to be ended: an open page holds a connection.
const browser = await startBrowser()
const org = await startSandboxOrg()
after(() => org.close())
let origin = ''
const heed = await startHeed({ allowedHosts: [new URL(org.url).host], publicUrl: () => origin })
const { call } = heed
origin = await heed.heed.app.listen({ port: 0, host: '127.0.0.1' })
await fillLibrary(heed)
for (const [route, body] of [
  [
    'POST /v1/marketplace/integrations',
    {
      type_id: 'sf-sales-cloud',
      name: 'Salesforce',
      authentication: { url: org.url, client_id: org.clientId, client_secret: org.clientSecret },
      properties: { sobject: ['Lead', 'Contact'] },
      mappings: [
        { id: 'Newsletter__c', value: elementIds.newsletter, type: 'pmp-widget-id' },
        { id: 'Channel__c', value: elementIds.channel, type: 'pmp-widget-id' },
      ],
    },
  ],
  ['POST /v1/widgets', { id: 'centre', name: 'Centre' }],
  ['POST /v1/widgets/deployments', { widget_id: 'centre' }],
] as const) {
  const answer = await call(route, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

for (const sobject of ['Lead', 'Contact'])
  test(`from the click on save to the ${sobject} in the org it takes less than two seconds, and the page says since when`, async () => {
    const id = `${sobject.toLowerCase()}@acme.test`
    const record = org.insert(sobject, {
      ...{ LastName: 'Doe', Email: id },
      ...(sobject === 'Lead' ? { Company: 'Acme' } : {}),
    })
    const { body } = await call('POST /v1/consents/tokens', { organization_user_id: id })
    const page = await browser.open()
    await page.goto(`${origin}/c/acme/centre?token=${encodeURIComponent(body.id_token)}`)
    await page.locator(`[name="choice.${elementIds.newsletter}"]`).check()
    await page.locator(`#v-${elementIds.channel}-1`).check()

    const saved = async (newsletter: boolean) => {
      const clickedAt = Date.now()
      const [arrivedAt] = await Promise.all([
        eventually(() => (org.get(record)?.Newsletter__c === newsletter ? Date.now() : undefined)),
        page.getByRole('button', { name: 'Save my choices' }).click(),
      ])
      return arrivedAt - clickedAt
    }
    const beganAt = Date.now()
    const tookMs = [await saved(true)]
    assert.equal(org.get(record)?.Channel__c, 'sms')
    await page.getByText('Newsletter: yes').waitFor()
    // A busy machine may hold up one, hardly all.
    while (Math.min(...tookMs) >= CLAIMED_MS && tookMs.length < 9) {
      const newsletter = tookMs.length % 2 === 0
      await page.reload()
      await page.locator(`[name="choice.${elementIds.newsletter}"]`).setChecked(newsletter)
      tookMs.push(await saved(newsletter))
    }
    assert.ok(Math.min(...tookMs) < CLAIMED_MS, `${tookMs} ms`)

    const inForce = page.getByText(/in Salesforce since/)
    await eventually(async () => {
      await page.reload()
      return (await inForce.count()) === 1
    })
    const since = (await inForce.first().locator('time').getAttribute('datetime')) as string
    const sinceMs = Date.parse(since)
    assert.ok(sinceMs > beganAt && sinceMs < Date.now(), since)
  })
