/**
 * Routes that browsers on customers' own sites call answer any origin, without credentials: what opens them is a token in
 * a header or a code in the body, never a cookie, so that no site can use what a visitor's browser would send by itself.
 */
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Browsers on other sites may call it. */
    anyOrigin?: boolean
  }
}

const REMEMBERED_SECONDS = '600'

/** To be called before the routes are there, and before the guard: a refusal must be readable too. */
export function answerOrigins(app: FastifyInstance): void {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.anyOrigin)
      reply.headers({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'retry-after',
      })
  })
  app.addHook('onRoute', route => {
    if (!route.config?.anyOrigin || route.method === 'OPTIONS') return
    const known = methods.get(route.url)
    const allowed = known ?? new Set<string>()
    for (const method of [route.method].flat()) allowed.add(method)
    if (known) return
    methods.set(route.url, allowed)
    app.options(
      route.url,
      { config: { open: true, anyOrigin: true }, schema: { hide: true } },
      async (_, reply) =>
        reply
          .status(204)
          .headers({
            'access-control-allow-methods': [...allowed].join(', '),
            'access-control-allow-headers': 'authorization, content-type',
            'access-control-max-age': REMEMBERED_SECONDS,
          })
          .send(),
    )
  })
}
