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

const granted = z.object({ access_token: z.string().min(1) })
const refused = z.object({ error: z.string(), error_description: z.string().default('') })

export interface Tokens {
  get(): Promise<string>
  /** A token other than the stale one. */
  renew(stale: string): Promise<string>
}

export function createTokens(
  send: Send,
  credentials: Authentication,
  timeoutMs: number,
  /** As the org has it, which judges by its own clock whether a JWT has ended. */
  orgNow: () => Date,
): Tokens {
  let current: Promise<string> | undefined
  let token: string | undefined

  const get = (): Promise<string> => {
    current ??= askToken(send, credentials, timeoutMs, orgNow).then(
      fresh => (token = fresh),
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
      if (token === stale) current = token = undefined
      return get()
    },
  }
}

/** Not under a caller's signal: the token is shared, and one caller's leaving must not fail the others. */
async function askToken(
  send: Send,
  credentials: Authentication,
  timeoutMs: number,
  orgNow: () => Date,
): Promise<string> {
  const body = new URLSearchParams(await grantOf(credentials, orgNow())).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await send({ kind: 'token', method: 'POST', path: PATH, headers, body, timeoutMs })
  const grant = granted.safeParse(answer.body)
  if (answer.status === 200 && grant.success) return grant.data.access_token
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
