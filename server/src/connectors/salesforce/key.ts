/** The key of the JWT bearer flow: read from its PEM, and used to sign what stands for the user. */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { isSandboxHost } from './host.ts'
import type { ByKey } from './manifest.ts'

const LEAST_BITS = 2_048
/** Salesforce takes no assertion that ends later than five minutes from now. */
const LIFETIME_S = 180

/** Environment variables and JSON files often carry line ends as `\n`. */
export const pemOf = (text: string): string => text.replaceAll('\\n', '\n').trim()

/** Undefined: it can sign. Says nothing of the key itself. */
export function keyProblem(pem: string): string | undefined {
  if (/BEGIN CERTIFICATE/.test(pem))
    return 'is a certificate: that goes into the app; here goes the private key that it was made with'
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem))
    return 'is locked by a passphrase: take it off (openssl pkey -in locked.pem -out server.key)'
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    return 'is no private key in PEM form (-----BEGIN PRIVATE KEY-----)'
  }
  if (key.asymmetricKeyType !== 'rsa') return 'is no RSA key: Salesforce takes RS256 alone'
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  return bits < LEAST_BITS ? `has ${bits} bits: make one of at least ${LEAST_BITS}` : undefined
}

export async function assertionOf(
  { url, client_id, username, private_key, audience }: ByKey,
  at: Date,
): Promise<string> {
  const login = isSandboxHost(url) ? 'https://test.salesforce.com' : 'https://login.salesforce.com'
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(client_id)
    .setSubject(username)
    .setAudience(audience ?? login)
    .setExpirationTime(Math.floor(at.getTime() / 1000) + LIFETIME_S)
    .sign(createPrivateKey(private_key))
}
