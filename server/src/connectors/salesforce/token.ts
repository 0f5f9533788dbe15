/**
 * The access token, by client credentials or JWT bearer. It has no known end (sessions die of inactivity or by an
 * administrator's hand), so no expiry is computed: a 401 asks for a new one, and all who saw the old one share it.
 */
import { z } from 'zod'
import { errorOf } from './client.ts'
import { CallError } from './errors.ts'
import { assertionOf } from './key.ts'
import type { Authentication } from './manifest.ts'
import type { Send } from './transport.ts'

const PATH = '/services/oauth2/token'

const granted = z.object({
  access_token: z.string().min(1),
  /** The identity URL: `https://HOST/id/ORGANIZATION/USER`. */
  id: z.string().optional().catch(undefined),
})
const refused = z.object({ error: z.string(), error_description: z.string().default('') })

export interface Tokens {
  get(): Promise<string>
  /** A token other than the stale one. */
  renew(stale: string): Promise<string>
  /** Whom the org took the last token's bearer for: the user's id, where the answer told it. */
  userId(): string | undefined
}

interface Grant {
  token: string
  userId: string | undefined
}

export function createTokens(
  send: Send,
  credentials: Authentication,
  timeoutMs: number,
  /** As the org has it, which judges by its own clock whether a JWT has ended. */
  orgNow: () => Date,
): Tokens {
  let current: Promise<string> | undefined
  let grant: Grant | undefined

  const get = (): Promise<string> => {
    current ??= askToken(send, credentials, timeoutMs, orgNow).then(
      fresh => {
        grant = fresh
        return fresh.token
      },
      error => {
        current = undefined
        throw error
      },
    )
    return current
  }

  return {
    get,
    renew(stale) {
      if (grant?.token === stale) current = grant = undefined
      return get()
    },
    userId: () => grant?.userId,
  }
}

/** Not under a caller's signal: the token is shared, and one caller's leaving must not fail the others. */
async function askToken(
  send: Send,
  credentials: Authentication,
  timeoutMs: number,
  orgNow: () => Date,
): Promise<Grant> {
  const body = new URLSearchParams(await grantOf(credentials, orgNow())).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await send({ kind: 'token', method: 'POST', path: PATH, headers, body, timeoutMs })
  const grant = granted.safeParse(answer.body)
  if (answer.status === 200 && grant.success)
    return { token: grant.data.access_token, userId: /\/(005\w{12,15})$/.exec(grant.data.id ?? '')?.[1] }
  if (answer.status >= 500)
    throw new CallError('SERVER_ERROR', `Salesforce answered ${answer.status} to the token request`)
  const refusal = refused.safeParse(answer.body)
  if (answer.status === 200)
    throw new CallError('NOT_SALESFORCE', 'the address answers the token request, but not with a token')
  if (!refusal.success) throw errorOf(answer)
  const { error, error_description } = refusal.data
  throw new CallError(error, error_description || error)
}

async function grantOf(credentials: Authentication, at: Date): Promise<Record<string, string>> {
  if ('private_key' in credentials)
    return {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await assertionOf(credentials, at),
    }
  const { client_id, client_secret } = credentials
  return { grant_type: 'client_credentials', client_id, client_secret }
}
