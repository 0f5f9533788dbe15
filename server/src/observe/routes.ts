/** For those who run Heed: is it alive, is it ready, how is it doing. */
import { z } from 'zod'
import { Refusal } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import type { Metrics } from './metrics.ts'

export interface ObserveGround {
  version: string
  metrics: Metrics
  /** Database reachable, migrations done. */
  isReady(): Promise<boolean>
  /** Brings the gauges that stand in tables up to date. */
  readGauges(): Promise<void>
  /** Age of the oldest withdrawal that some target does not hold yet; 0: none. */
  oldestWithdrawalSeconds(): Promise<number>
  withdrawalThresholdSeconds: number
  /** Names and addresses shown on the first page. */
  links(): readonly { name: string; url: string; about: string }[]
}

const open = { config: { open: true } }

export function observeRoutes(app: App, ground: ObserveGround): void {
  const { version, metrics, isReady, readGauges, links } = ground
  app.get(
    '/health',
    {
      ...open,
      schema: {
        tags: ['operation'],
        summary: 'Alive',
        security: [],
        response: { 200: z.object({ status: z.string(), version: z.string() }) },
      },
    },
    async () => ({ status: 'ok', version }),
  )
  app.get(
    '/ready',
    {
      ...open,
      schema: {
        tags: ['operation'],
        summary: 'Ready: database reachable, migrations done; degraded: a withdrawal is late',
        description:
          'A node that is degraded serves requests all the same, so the status code stays 200: alert on `status`.',
        security: [],
        response: {
          200: z.object({
            status: z.enum(['ready', 'degraded']),
            oldest_withdrawal_owed_seconds: z.number(),
            withdrawal_threshold_seconds: z.number(),
          }),
        },
      },
    },
    async () => {
      if (!(await isReady()))
        throw new Refusal('unavailable', 'the database cannot be reached or is not migrated')
      const oldest = await ground.oldestWithdrawalSeconds()
      const { withdrawalThresholdSeconds } = ground
      return {
        status: oldest > withdrawalThresholdSeconds ? ('degraded' as const) : ('ready' as const),
        oldest_withdrawal_owed_seconds: oldest,
        withdrawal_threshold_seconds: withdrawalThresholdSeconds,
      }
    },
  )
  app.get('/metrics', { ...open, schema: { hide: true } }, async (_, reply) => {
    await readGauges()
    return reply
      .type(metrics.registry.contentType)
      .serializer(text => text as string)
      .send(await metrics.registry.metrics())
  })
  app.get('/', { ...open, schema: { hide: true } }, async (_, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .serializer(text => text as string)
      .send(firstPage(version, links())),
  )
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)

function firstPage(version: string, links: ReturnType<ObserveGround['links']>): string {
  const items = links.map(
    ({ name, url, about }) =>
      `<li><a href="${escapeHtml(url)}">${escapeHtml(name)}</a><span>${escapeHtml(about)}</span></li>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Heed</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
  body { max-width: 42rem; margin: 4rem auto; padding: 0 1.5rem }
  h1 { margin-bottom: 0 }
  ul { list-style: none; padding: 0 }
  li { padding: .6rem 0; border-top: 1px solid color-mix(in srgb, currentColor 15%, transparent) }
  li span { display: block; opacity: .75 }
</style>
<main>
  <h1>Heed</h1>
  <p>Consent and preference platform, version ${escapeHtml(version)}.</p>
  <ul>${items.join('')}</ul>
</main>
</html>`
}
