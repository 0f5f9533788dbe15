/** Who calls: every route below this guard belongs to the organization of its token, whatever the request names. */
import type { FastifyRequest } from 'fastify'
import { Refusal } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import { isPersonToken, type Permission, type PersonTokens } from './personTokens.ts'
import type { Rate } from './rate.ts'
import type { Caller, Tokens } from './tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyContextConfig {
    /** No token needed. */
    open?: boolean
    /** A person's token with this permission opens it too; the route then serves that person alone. */
    person?: Permission
  }
}

export interface GuardGround {
  tokens: Tokens
  personTokens: PersonTokens
  /** undefined: no limit */
  rate: Rate | undefined
}

export function guard(app: App, { tokens, personTokens, rate }: GuardGround): void {
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.open || request.is404) return
    request.caller = await identify(request)
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

  async function identify(request: FastifyRequest): Promise<Caller> {
    const token = bearer(request) ?? tokenOfQuery(request)
    if (token === undefined) throw new Refusal('not_authenticated', 'a Bearer token is missing')
    if (!isPersonToken(token)) return tokens.verify(token)
    const person = await personTokens.verify(token)
    const needed = request.routeOptions.config.person
    if (!needed) throw new Refusal('forbidden', 'a person’s token does not open this')
    if (!person.permissions.includes(needed))
      throw new Refusal('forbidden', `the token does not allow to ${needed}`)
    return { organizationId: person.organizationId, keyId: PERSON, person }
  }
}

/** Stands in the log where other events have the id of the API key. */
const PERSON = 'person'

/** A person's alone: a session's token would stand in logs and histories with all that it opens. */
function tokenOfQuery({ query, routeOptions }: FastifyRequest): string | undefined {
  if (!routeOptions.config.person || typeof query !== 'object' || query === null) return undefined
  return 'token' in query && typeof query.token === 'string' && isPersonToken(query.token)
    ? query.token
    : undefined
}

function bearer(request: FastifyRequest): string | undefined {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && token ? token : undefined
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
