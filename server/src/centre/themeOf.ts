/** How a preference centre looks, by its address: for pages of Heed's that lead there. */
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'

const PATH = /^\/c\/([\w.~-]{1,255})\/([\w-]{1,64})$/

/** @returns the path of its style sheet; undefined where the address is none of a published page's on this host */
export async function themeOf(db: Database, publicUrl: string, address: string): Promise<string | undefined> {
  const { origin, pathname } = new URL(address)
  const [path, organization, widget] = PATH.exec(pathname) ?? []
  if (origin !== new URL(publicUrl).origin || !organization || !widget) return undefined
  const published = await readPublished(db, organization, widget)
  return published && `${path}/theme-${published.version}.css`
}
