/** Who reads the page: a sealed token in a cookie that scripts cannot read and other sites cannot use. */
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PersonGrant, PersonTokens } from '../access/personTokens.ts'
import { Refusal } from '../http/errors.ts'

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

/**
 * A form on another site must not act in somebody's name. Browsers say where a POST comes from: by `Sec-Fetch-Site`, older
 * ones by `Origin`; what says neither is no browser, and has no cookie that it did not take itself.
 */
export function refuseOtherSites({ headers }: FastifyRequest, publicUrl: string): void {
  const site = headers['sec-fetch-site']
  const { origin, host } = headers
  const isOwn = site
    ? site === 'same-origin' || site === 'none'
    : origin === undefined ||
      origin === new URL(publicUrl).origin ||
      (URL.canParse(origin) && new URL(origin).host === host)
  if (!isOwn) throw new Refusal('forbidden', 'the form was sent by another site')
}
