/** How a mailing tool shows that it may speak for a person: a digest over the person's id, with a secret of the organization. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** The plain ones hash id, secret and salt one after the other, as the public API has it; HMAC is the better choice. */
export const algorithms = [
  ...(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const),
  ...(['hash-sha256', 'hash-sha384', 'hash-sha512'] as const),
  'hash-md5',
] as const
type Algorithm = (typeof algorithms)[number]

interface Signed {
  algorithm: Algorithm
  organizationUserId: string
  salt: string
}

/** @param digest hexadecimal */
export function isSigned(
  { algorithm, organizationUserId, salt }: Signed,
  secret: string,
  digest: string,
): boolean {
  const [kind, name] = algorithm.split('-') as ['hmac' | 'hash', string]
  const wanted =
    kind === 'hmac'
      ? createHmac(name, secret)
          .update(organizationUserId + salt)
          .digest()
      : createHash(name)
          .update(organizationUserId + secret + salt)
          .digest()
  const given = Buffer.from(digest, 'hex')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
