/** Signing in: client credentials, or a JWT that the app's certificate proves. */
import { createPublicKey, randomBytes } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import type { ServerState } from './server.ts'
import { INTEGRATION_USERNAME, ORGANIZATION_ID } from './setup.ts'
import { INTEGRATION_USER } from './writers.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export interface JwtOptions {
  /** PEM: the certificate that was uploaded to the app, or its public key. */
  publicKey: string
  /** Default integration@acme.test. */
  username?: string
  /** False: an administrator has not approved the user for the app. */
  approved?: boolean
}

export interface TokenRefusal {
  error: string
  error_description: string
}

export async function issueToken(
  state: ServerState,
  form: URLSearchParams,
  authorization: string | undefined,
  origin: string,
): Promise<{ status: number; body: object }> {
  const grant = form.get('grant_type')
  const refusal =
    grant === JWT_BEARER
      ? await refuseJwt(state, form.get('assertion') ?? '', origin)
      : grant === 'client_credentials'
        ? refuseCredentials(state, form, authorization)
        : { error: 'unsupported_grant_type', error_description: 'grant type not supported' }
  if (refusal) return { status: 400, body: refusal }
  const access_token = `${ORGANIZATION_ID.slice(0, 15)}!${randomBytes(24).toString('base64url')}`
  const issuedAt = state.now().getTime()
  state.tokens.set(access_token, issuedAt)
  state.usage.tokens++
  return {
    status: 200,
    body: {
      access_token,
      signature: randomBytes(32).toString('base64'),
      scope: 'api',
      instance_url: origin,
      id: `${origin}/id/${ORGANIZATION_ID}/${INTEGRATION_USER}`,
      token_type: 'Bearer',
      issued_at: String(issuedAt),
      api_instance_url: origin,
    },
  }
}

function refuseCredentials(
  state: ServerState,
  form: URLSearchParams,
  authorization = '',
): TokenRefusal | undefined {
  const basic = /^Basic (.+)$/i.exec(authorization)?.[1]
  const [basicId, basicSecret] = basic ? Buffer.from(basic, 'base64').toString().split(':') : []
  const id = form.get('client_id') ?? basicId
  const secret = form.get('client_secret') ?? basicSecret
  if (id !== state.clientId)
    return { error: 'invalid_client_id', error_description: 'client identifier invalid' }
  if (secret !== state.clientSecret)
    return { error: 'invalid_client', error_description: 'invalid client credentials' }
  return state.tokenRefusal
}

async function refuseJwt(
  { jwt, clientId, now, tokenRefusal }: ServerState,
  assertion: string,
  origin: string,
): Promise<TokenRefusal | undefined> {
  if (!jwt) return { error: 'unsupported_grant_type', error_description: 'grant type not supported' }
  const invalid = (error_description: string) => ({ error: 'invalid_grant', error_description })
  try {
    const { payload } = await jwtVerify(assertion, createPublicKey(jwt.publicKey), {
      algorithms: ['RS256'],
      audience: ['https://login.salesforce.com', 'https://test.salesforce.com', origin],
      currentDate: now(),
      requiredClaims: ['iss', 'sub', 'aud', 'exp'],
    })
    if (payload.iss !== clientId)
      return { error: 'invalid_client_id', error_description: 'client identifier invalid' }
    if (payload.sub !== (jwt.username ?? INTEGRATION_USERNAME) || jwt.approved === false)
      return invalid("user hasn't approved this consumer")
    return tokenRefusal
  } catch (error) {
    const isAudience = error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud'
    return invalid(isAudience ? 'audience is invalid' : 'invalid assertion')
  }
}

/** Who a token belongs to. */
export const userInfo = (state: ServerState, origin: string) => {
  const username = state.jwt?.username ?? INTEGRATION_USERNAME
  return {
    sub: `${origin}/id/${ORGANIZATION_ID}/${INTEGRATION_USER}`,
    user_id: INTEGRATION_USER,
    organization_id: ORGANIZATION_ID,
    preferred_username: username,
    nickname: username.split('@')[0],
    name: 'Integration User',
    email: username,
    email_verified: true,
    given_name: 'Integration',
    family_name: 'User',
    zoneinfo: 'UTC',
  }
}
