/** Who reads the page: a sealed token in a cookie that scripts cannot read and other sites cannot use. */
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PersonGrant, PersonTokens } from '../access/personTokens.ts'

const NAME = 'heed_person'
export const SESSION_SECONDS = 2 * 3600

/** Undefined: nobody is signed in to this organization. */
export async function readSession(
  request: FastifyRequest,
  tokens: PersonTokens,
  organizationId: string,
): Promise<PersonGrant | undefined> {
  const token = parseCookie(request.headers.cookie ?? '')[NAME]
  const grant = token ? await tokens.verify(token).catch(() => undefined) : undefined
  return grant?.organizationId === organizationId ? grant : undefined
}

export function setSession(
  reply: FastifyReply,
  {
    organizationId,
    token,
    publicUrl,
  }: { organizationId: string; token: string | undefined; publicUrl: string },
): void {
  const cookie = stringifySetCookie({
    name: NAME,
    value: token ?? '',
    path: `/c/${encodeURIComponent(organizationId)}`,
    httpOnly: true,
    sameSite: 'lax',
    secure: publicUrl.startsWith('https:'),
    maxAge: token === undefined ? 0 : SESSION_SECONDS,
  })
  reply.header('set-cookie', cookie)
}
