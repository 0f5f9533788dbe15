/** What pages of other sites load: the scripts, and a published widget to show. Nothing here is about a person. */
import { createHash } from 'node:crypto'
import { bundleOf } from '@heed/centre'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findOrganization, findOrganizationByPublicKey } from '../access/organizations.ts'
import { notFound } from '../http/errors.ts'
import { chooseLanguage } from '../http/languages.ts'
import type { App } from '../http/server.ts'
import { readTree } from '../library/plant.ts'
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'
import { providerOfWidget } from './provider.ts'
import { widgetOf } from './widget.ts'

const WIDGET_SECONDS = 60
const SCRIPT_SECONDS = 300

export function embeddedRoutes(app: App, { db }: { db: Database }): void {
  const anyone = { config: { open: true, anyOrigin: true } }

  for (const [path, name] of [
    ['/sdk/heed.js', 'heed'],
    ['/v2/loader.js', 'loader'],
  ] as const)
    app.get(path, { ...anyone, schema: { hide: true } }, async (request, reply) => {
      const { script, gzipped, etag } = await bundleOf(name)
      const zips = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
      reply.headers({
        'content-type': 'text/javascript; charset=utf-8',
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
        vary: 'accept-encoding',
        ...(zips ? { 'content-encoding': 'gzip' } : {}),
      })
      return cacheable(request, reply, { body: zips ? gzipped : script, etag, seconds: SCRIPT_SECONDS })
    })

  const querystring = z.strictObject({ lang: z.string().max(35).optional() })
  const widget = z.string().max(64)
  const whose = {
    '/c/:whose/:widget/widget.json': async (organizationId: string) => organizationId,
    // Pages written for the public loader know a key, and no organization.
    '/v2/widgets/:whose/:widget/widget.json': async (key: string) =>
      (await findOrganizationByPublicKey(db, key)).id,
  }
  for (const [path, organizationOf] of Object.entries(whose))
    app.get(
      path,
      {
        ...anyone,
        schema: { hide: true, params: z.object({ whose: z.string().max(255), widget }), querystring },
      },
      async (request, reply) =>
        answer(request, reply, await organizationOf(request.params.whose), request.params.widget),
    )

  async function answer(
    request: Pick<FastifyRequest, 'headers'> & { query: { lang?: string | undefined } },
    reply: Reply,
    organizationId: string,
    widgetId: string,
  ) {
    const published = await readPublished(db, organizationId, widgetId)
    if (!published) throw notFound('preference centre')
    const { languages: available, defaultLanguage: fallback, auth } = published.snapshot
    const language = chooseLanguage({
      asked: request.query.lang,
      acceptLanguage: request.headers['accept-language'],
      available,
      fallback,
    })
    const tree = await readTree(db, organizationId)
    const body = JSON.stringify(
      widgetOf({
        ...published,
        language,
        key: (await findOrganization(db, organizationId)).public_api_key,
        providerId: await providerOfWidget(db, organizationId, auth),
        allPurposes: (tree?.selected_purposes ?? []).map(({ purpose_id }) => purpose_id),
      }),
    )
    reply.headers({ 'content-type': 'application/json; charset=utf-8', vary: 'accept-language' })
    return cacheable(request, reply, { body, etag: etagOf(body), seconds: WIDGET_SECONDS })
  }
}

type Reply = Pick<FastifyReply, 'headers' | 'status' | 'serializer' | 'send'>

const etagOf = (body: string): string =>
  `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`

function cacheable(
  request: Pick<FastifyRequest, 'headers'>,
  reply: Reply,
  { body, etag, seconds }: { body: string | Buffer; etag: string; seconds: number },
) {
  reply.headers({ etag, 'cache-control': `public, max-age=${seconds}` })
  const known = (request.headers['if-none-match'] ?? '').split(',').map(one => one.trim().replace(/^W\//, ''))
  if (known.includes(etag)) return reply.status(304).send()
  return reply.serializer((content: unknown) => content as string).send(body)
}
