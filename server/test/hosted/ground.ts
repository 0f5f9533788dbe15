/** One Heed, one browser and the widgets that the tests of the hosted page share. */
import type { Page } from 'playwright-core'
import { startCentre } from '../centre.ts'

export const centre = await startCentre()
const { browser, call, origin, publish, tokenOf } = centre

await publish({ id: 'centre' })
await publish({ id: 'sections', template_id: 'sections' })
await publish({
  id: 'full',
  template_id: 'full_preference_center',
  theme_id: 'abyss',
  layout_shape: 'rounded',
})

/** Signed in, on a page of their own. */
export async function visit(
  id: string,
  { widget = 'centre', ...options }: Parameters<typeof browser.open>[0] & { widget?: string } = {},
): Promise<Page> {
  const page = await browser.open(options)
  await page.goto(`${origin}/c/acme/${widget}?token=${encodeURIComponent(await tokenOf(id))}`)
  return page
}

export const box = (page: Page, elementId: string) => page.locator(`[name="choice.${elementId}"]`)

/** By purpose. */
export const statusOf = async (id: string) => {
  const { body } = await call(
    `GET /v1/consents/users/${encodeURIComponent(id)}?$by_organization_user_id=true`,
  )
  return Object.fromEntries(body.consents.purposes.map((purpose: { id: string }) => [purpose.id, purpose]))
}
