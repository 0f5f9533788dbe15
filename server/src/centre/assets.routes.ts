/** Style sheets and script: under addresses that change with their content, so that browsers keep them for ever. */
import { notFound } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'
import { assets } from './assets.ts'
import { styleSheetOf } from './look.ts'
import type { PageRequest } from './visit.ts'

const FOREVER = 'public, max-age=31536000, immutable'
const MOST_VERSIONS = 2 ** 31
const open = { config: { open: true }, schema: { hide: true } }

export function assetRoutes(app: App): void {
  for (const { path, type, text, packed } of assets)
    app.get(path, open, async (request, reply) => {
      const accepted = request.headers['accept-encoding'] ?? ''
      const encoding = (['br', 'gzip'] as const).find(name =>
        new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(?:\\.0*)?\\s*(?:,|$))`).test(accepted),
      )
      return reply
        .headers({ 'content-type': type, 'cache-control': FOREVER, 'x-content-type-options': 'nosniff' })
        .headers({ vary: 'accept-encoding', ...(encoding ? { 'content-encoding': encoding } : {}) })
        .serializer(body => body as string)
        .send(encoding ? packed[encoding] : text)
    })
}

/** How one version of a widget looks. */
export function themeRoute(pages: App, { db }: { db: Database }): void {
  pages.get('/c/:organization/:widget/theme-:version.css', open, async (request: PageRequest, reply) => {
    const { organization, widget, version } = request.params
    const number = Number(version)
    const isVersion = Number.isInteger(number) && number > 0 && number < MOST_VERSIONS
    const found = isVersion ? await readPublished(db, organization, widget, number) : undefined
    if (!found) throw notFound('theme')
    return reply
      .headers({ 'content-type': 'text/css; charset=utf-8', 'cache-control': FOREVER })
      .serializer(body => body as string)
      .send(styleSheetOf(found.snapshot))
  })
}
