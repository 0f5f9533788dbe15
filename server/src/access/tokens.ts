/** Session tokens: JWTs of one hour, bound to one organization. */
import { jwtVerify, SignJWT } from 'jose'
import { Refusal } from '../http/errors.ts'
import type { PersonGrant } from './personTokens.ts'

const LIFETIME_SECONDS = 3600
/** Verified tokens are remembered: checking the signature anew costs more than the rest of a small request. */
const REMEMBERED_TOKENS = 2000

export interface Caller {
  organizationId: string
  keyId: string
  /** There where the caller is a person, who may do for themselves alone what it grants. */
  person?: PersonGrant
}

export interface Tokens {
  issue(caller: Caller): Promise<string>
  /** Throws not_authenticated. */
  verify(token: string): Promise<Caller>
}

export function createTokens(key: Uint8Array): Tokens {
  const known = new Map<string, { caller: Caller; expiresAtMs: number }>()
  return {
    issue: caller =>
      new SignJWT({ organization_id: caller.organizationId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(caller.keyId)
        .setIssuer('heed')
        .setIssuedAt()
        .setExpirationTime(`${LIFETIME_SECONDS}s`)
        .sign(key),
    async verify(token) {
      const remembered = known.get(token)
      if (remembered && remembered.expiresAtMs > Date.now()) return remembered.caller
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], issuer: 'heed' }).catch(
        cause => {
          throw new Refusal('not_authenticated', 'the token is not valid or has expired', {}, { cause })
        },
      )
      const caller = { organizationId: String(payload.organization_id), keyId: String(payload.sub) }
      if (known.size >= REMEMBERED_TOKENS) known.clear()
      known.set(token, { caller, expiresAtMs: (payload.exp ?? 0) * 1000 })
      return caller
    },
  }
}
