/** Who calls: every route below this guard belongs to the organization of its token, whatever the request names. */
import type { FastifyRequest } from 'fastify'
import { Refusal } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import type { Rate } from './rate.ts'
import type { Caller, Tokens } from './tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyContextConfig {
    /** No token needed. */
    open?: boolean
  }
}

/** @param rate undefined: no limit */
export function guard(app: App, tokens: Tokens, rate: Rate | undefined): void {
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.open || request.is404) return
    request.caller = await tokens.verify(bearer(request))
    refuseOthers(request.caller, organizationOf(request.query), 'organization_id')
    if (!rate || request.routeOptions.url?.startsWith('/consents/')) return
    const { allowed, headers } = rate.take(request.caller.organizationId)
    reply.headers(headers)
    if (!allowed) throw new Refusal('too_many_requests', 'too many requests for this organization')
  })
  app.addHook('preValidation', async request => {
    if (request.routeOptions.config.open || request.is404) return
    const bodies = Array.isArray(request.body) ? request.body : [request.body]
    bodies.forEach((body, i) => {
      refuseOthers(
        request.caller,
        organizationOf(body),
        bodies.length > 1 ? `[${i}].organization_id` : 'organization_id',
      )
    })
  })
}

function bearer(request: FastifyRequest): string {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || !token)
    throw new Refusal('not_authenticated', 'a Bearer token is missing')
  return token
}

const organizationOf = (holder: unknown): unknown =>
  typeof holder === 'object' && holder !== null && 'organization_id' in holder
    ? holder.organization_id
    : undefined

function refuseOthers(caller: Caller, named: unknown, path: string): void {
  if (named === undefined || named === caller.organizationId) return
  throw new Refusal('forbidden', 'the token belongs to another organization', {
    [path]: 'is not the organization of this token',
  })
}
