/** How a preference centre looks, for other pages of Heed's: those that lead there, and those about what was chosen there. */
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'

const PATH = /^\/c\/([\w.~-]{1,255})\/([\w-]{1,64})$/

/** @returns the path of its style sheet; undefined where the address is none of a published page's on this host */
export async function themeOf(db: Database, publicUrl: string, address: string): Promise<string | undefined> {
  const { origin, pathname } = new URL(address)
  const [, organization, widget] = PATH.exec(pathname) ?? []
  if (origin !== new URL(publicUrl).origin || !organization || !widget) return undefined
  return themeOfWidget(db, organization, widget)
}

/** As it looks now, whatever it looked like when it was shown. */
export async function themeOfWidget(
  db: Database,
  organizationId: string,
  widgetId: string,
): Promise<string | undefined> {
  const published = await readPublished(db, organizationId, widgetId)
  const path = `/c/${encodeURIComponent(organizationId)}/${encodeURIComponent(widgetId)}`
  return published && `${path}/theme-${published.version}.css`
}
