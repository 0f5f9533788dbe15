/** The closed set of errors that a caller can get, and the one place that turns anything thrown into one. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isOutage, sqlState } from '../store/database.ts'

interface Kind {
  status: number
  /** The public API's name for it. */
  name: string
  /** Whether the same request can succeed later. */
  retry: boolean
  /** Who must act. */
  who: 'caller' | 'administrator' | 'operator'
  cure: string
}

export const errorKinds = {
  invalid_request: {
    status: 400,
    name: 'BadRequest',
    retry: false,
    who: 'caller',
    cure: 'Mend what `errors` names and send the request again: nothing of it was taken.',
  },
  not_authenticated: {
    status: 401,
    name: 'NotAuthenticated',
    retry: false,
    who: 'caller',
    cure: 'Get a token by POST /v1/sessions and send it as `Authorization: Bearer`; tokens last one hour.',
  },
  forbidden: {
    status: 403,
    name: 'Forbidden',
    retry: false,
    who: 'caller',
    cure: 'Use a key of the organization that the request names.',
  },
  not_found: {
    status: 404,
    name: 'NotFound',
    retry: false,
    who: 'caller',
    cure: 'Check the method, the path and the id; another organization’s ids do not exist for you.',
  },
  conflict: {
    status: 409,
    name: 'Conflict',
    retry: false,
    who: 'caller',
    cure: 'The id or version is already taken by other content: read what is there, then decide.',
  },
  too_large: {
    status: 413,
    name: 'PayloadTooLarge',
    retry: false,
    who: 'caller',
    cure: 'Send at most 1 MiB, or 10 MiB for an array of events or a proof.',
  },
  unsupported_media_type: {
    status: 415,
    name: 'UnsupportedMediaType',
    retry: false,
    who: 'caller',
    cure: 'Send JSON with `Content-Type: application/json`.',
  },
  too_many_requests: {
    status: 429,
    name: 'TooManyRequests',
    retry: true,
    who: 'caller',
    cure: 'Wait for the seconds in `Retry-After`.',
  },
  unavailable: {
    status: 503,
    name: 'Unavailable',
    retry: true,
    who: 'operator',
    cure: 'Try again: the database or the target is away (the message says so), or Heed is stopping. An event `id` makes the repetition safe.',
  },
  internal: {
    status: 500,
    name: 'GeneralError',
    retry: true,
    who: 'operator',
    cure: 'A fault of Heed’s: the log has its cause under the request id.',
  },
} as const satisfies Record<string, Kind>

export type ErrorKind = keyof typeof errorKinds

/** Thrown anywhere below a route; carries what the caller may know. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly kind: ErrorKind
  /** From path in the request (`[99].consents.purposes[0].id`) to what is wrong there. */
  readonly errors: Record<string, string>
  readonly headers: Record<string, string>
  constructor(
    kind: ErrorKind,
    message: string,
    errors: Record<string, string> = {},
    options: { cause?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(message, { cause: options.cause })
    this.kind = kind
    this.errors = errors
    this.headers = options.headers ?? {}
  }
}

export const notFound = (what: string): Refusal => new Refusal('not_found', `${what} not found`)

/** Mostly it is the caller's own id of the person, without the operator that says so. */
export const noSuchUser = (): Refusal =>
  new Refusal(
    'not_found',
    'user not found: the path takes Heed’s id of the user, or with $by_organization_user_id=true your own',
  )

export const invalid = (errors: Record<string, string>): Refusal => {
  const [first] = Object.entries(errors)
  const more = Object.keys(errors).length - 1
  const where = first ? `${first[0]}: ${first[1]}` : 'the request is not valid'
  return new Refusal('invalid_request', more > 0 ? `${where} (and ${more} more)` : where, errors)
}

export function answerErrors(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    const refusal = notFound(`${request.method} ${request.url.split('?')[0]}`)
    return reply.status(404).send(body(refusal))
  })
  app.setErrorHandler(sendError)
}

export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = heard(error, request)
  return reply.status(errorKinds[refusal.kind].status).headers(refusal.headers).send(body(refusal))
}

/** What the caller may know of it; faults of ours go to the log. */
export function heard(error: FastifyError, request: FastifyRequest): Refusal {
  const refusal = asRefusal(error)
  if (errorKinds[refusal.kind].status >= 500)
    request.log.error(
      { err: error, route: request.routeOptions.url, method: request.method },
      'request failed',
    )
  return refusal
}

function body(refusal: Refusal) {
  const { status, name } = errorKinds[refusal.kind]
  return { code: status, name, message: refusal.message, errors: refusal.errors }
}

const kindOfStatus = new Map<number, ErrorKind>(
  Object.entries(errorKinds).map(([kind, { status }]) => [status, kind as ErrorKind]),
)

/** Text that PostgreSQL cannot store (NUL, half a surrogate pair), and values outside a type's range. */
const SQLSTATES_OF_BAD_INPUT = new Set(['22021', '22P05', '22P02', '22003', '22007', '22008', '54000'])
function asRefusal(error: FastifyError): Refusal {
  if (error instanceof Refusal) return error
  const state = sqlState(error) ?? ''
  if (SQLSTATES_OF_BAD_INPUT.has(state))
    return new Refusal(
      'invalid_request',
      'the request holds a value that cannot be stored',
      {},
      { cause: error },
    )
  if (isOutage(error))
    return new Refusal('unavailable', 'the database cannot be reached', {}, { cause: error })
  const kind = kindOfStatus.get(error.statusCode ?? 500)
  if (kind === 'unsupported_media_type')
    return new Refusal(kind, 'the body must be JSON, sent with Content-Type: application/json')
  if (kind && kind !== 'internal') return new Refusal(kind, error.message, {}, { cause: error })
  if (error.statusCode && error.statusCode < 500)
    return new Refusal('invalid_request', error.message, {}, { cause: error })
  return new Refusal('internal', 'an unexpected fault', {}, { cause: error })
}
