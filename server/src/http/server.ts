/** The Fastify instance that every room mounts its routes on. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify'
import { jsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'
import qs from 'qs'
import type { z } from 'zod'
import { compressAnswers } from './compress.ts'
import { answerErrors, Refusal, sendError } from './errors.ts'
import { isStorable, parseJsonBodies } from './json.ts'
import { refusalOf } from './validation.ts'

const BODY_LIMIT_BYTES = 1024 * 1024
/** For the whole of a request to come in: who sends a byte a second holds no connection for ever. */
const REQUEST_TIMEOUT_MS = 120_000
export const EVENTS_BODY_LIMIT_BYTES = 10 * 1024 * 1024

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** @param version stands in the OpenAPI description */
export async function buildServer(
  log: Logger,
  version: string,
  trustedProxies: readonly string[] = [],
): Promise<App> {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // What goes wrong before a route is found, such as an address that is not well encoded.
    frameworkErrors: (error, request, reply) => sendError(error, request, reply),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    // A person's id can be an e-mail address or a URL.
    routerOptions: {
      maxParamLength: 1024,
      querystringParser: text => qs.parse(text, { depth: 3, parameterLimit: 200 }),
    },
    // Every route answers under /v1 and without it: public examples use both.
    rewriteUrl: request => (request.url ?? '/').replace(/^\/v1(?=\/)/, ''),
    forceCloseConnections: 'idle',
  })

  await compressAnswers(app)
  app.setValidatorCompiler(validateByZod)
  // Answers are typed by TypeScript and held against the public description in a test: no second pass at run time.
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  parseJsonBodies(app)
  answerErrors(app)
  app.addHook('onRequest', async (request, reply) => {
    // Most answers are about people, and a token may stand in the address: who may keep one says so.
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    if (request.url.includes('%') && !isStorable(safeDecode(request.url)))
      throw new Refusal('invalid_request', 'the address holds a NUL')
  })

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Heed', version, description: 'Consent and preference platform.' },
      servers: [{ url: '/v1' }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
  })
  await app.register(async docs => {
    docs.addHook('onRoute', route => {
      route.config = { ...route.config, open: true }
    })
    await docs.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
    docs.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  })
  return app.withTypeProvider<ZodTypeProvider>()
}

/** Fastify's validator compiler: a fault answers with the path of each field. */
export const validateByZod =
  ({ schema }: { schema: unknown }) =>
  (data: unknown): { value: unknown } | { error: Error } => {
    const parsed = (schema as z.ZodType).safeParse(data)
    return parsed.success ? { value: parsed.data } : { error: refusalOf(parsed.error.issues) }
  }

function safeDecode(url: string): string {
  try {
    return decodeURIComponent(url)
  } catch {
    throw new Refusal('invalid_request', 'the address is not well encoded')
  }
}
