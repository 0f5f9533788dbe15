/** Tokens of one person: what lets them read and change their own choices from a browser, without any key. */
import { decodeProtectedHeader, EncryptJWT, type JWTPayload, jwtDecrypt, jwtVerify, SignJWT } from 'jose'
import { Refusal } from '../http/errors.ts'
import type { Vault } from './vault.ts'

export type Permission = 'read' | 'write'

export interface PersonGrant {
  organizationId: string
  organizationUserId: string
  permissions: readonly Permission[]
  /** Put on every event made with it. */
  eventMetadata?: Record<string, unknown>
  userMetadata?: Record<string, unknown>
  /** Lives only with the token. */
  metadata?: Record<string, unknown>
  /** Who acts for the person. */
  delegate?: { id: string; name?: string; metadata?: Record<string, unknown> }
  /** Events made with it wait for the person's confirmation by mail. */
  validations?: { email?: { enabled: boolean; approval?: boolean } }
}

export interface PersonTokens {
  /** A signed JWT: its payload can be read by whoever holds it. */
  issue(grant: PersonGrant, lifetimeSeconds: number): Promise<string>
  /** Opaque: for addresses that Heed makes, so that no personal data stands in a URL. */
  seal(grant: PersonGrant, lifetimeSeconds: number): Promise<string>
  /** Takes either; throws not_authenticated. */
  verify(token: string): Promise<PersonGrant>
}

/** Also what tells these tokens from a session's before their signature is looked at. */
const TYPE = 'person+jwt'
const ISSUER = 'heed'

export function createPersonTokens({ personTokenKey, personSealKey }: Vault): PersonTokens {
  return {
    issue: (grant, lifetimeSeconds) =>
      new SignJWT(claimsOf(grant))
        .setProtectedHeader({ alg: 'HS256', typ: TYPE })
        .setIssuer(ISSUER)
        .setIssuedAt()
        .setExpirationTime(`${lifetimeSeconds}s`)
        .sign(personTokenKey),
    seal: (grant, lifetimeSeconds) =>
      new EncryptJWT(claimsOf(grant))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: TYPE })
        .setIssuer(ISSUER)
        .setIssuedAt()
        .setExpirationTime(`${lifetimeSeconds}s`)
        .encrypt(personSealKey),
    async verify(token) {
      const expected = { issuer: ISSUER, typ: TYPE, requiredClaims: ['exp', 'sub', 'organization_id'] }
      const read = isSealed(token)
        ? jwtDecrypt(token, personSealKey, {
            ...expected,
            keyManagementAlgorithms: ['dir'],
            contentEncryptionAlgorithms: ['A256GCM'],
          })
        : jwtVerify(token, personTokenKey, { ...expected, algorithms: ['HS256'] })
      const { payload } = await read.catch(cause => {
        throw new Refusal('not_authenticated', 'the token is not valid or has expired', {}, { cause })
      })
      return grantOf(payload)
    },
  }
}

export function isPersonToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === TYPE
  } catch {
    return false
  }
}

const isSealed = (token: string): boolean => token.split('.').length === 5

const claimsOf = (grant: PersonGrant): JWTPayload => ({
  sub: grant.organizationUserId,
  organization_id: grant.organizationId,
  organization_user_id: grant.organizationUserId,
  permissions: grant.permissions,
  metadata: grant.metadata,
  event:
    grant.eventMetadata || grant.userMetadata
      ? { metadata: grant.eventMetadata, user: grant.userMetadata && { metadata: grant.userMetadata } }
      : undefined,
  delegate: grant.delegate,
  validations: grant.validations,
})

/** What the payload holds is ours: it was signed or sealed here. */
function grantOf(payload: JWTPayload): PersonGrant {
  const { organization_id, permissions, metadata, event, delegate, validations } = payload as {
    organization_id: string
    permissions: Permission[]
    event?: { metadata?: Record<string, unknown>; user?: { metadata: Record<string, unknown> } }
  } & Pick<PersonGrant, 'metadata' | 'delegate' | 'validations'>
  return {
    organizationId: organization_id,
    organizationUserId: payload.sub as string,
    permissions,
    ...(event?.metadata ? { eventMetadata: event.metadata } : {}),
    ...(event?.user ? { userMetadata: event.user.metadata } : {}),
    ...(metadata ? { metadata } : {}),
    ...(delegate ? { delegate } : {}),
    ...(validations ? { validations } : {}),
  }
}
