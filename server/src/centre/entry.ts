/** Getting in and out: who are you, a token of the address, signing out. */
import type { FastifyReply } from 'fastify'
import { findOrganization } from '../access/organizations.ts'
import type { PersonTokens } from '../access/personTokens.ts'
import type { Html } from '../http/html.ts'
import type { Database } from '../store/database.ts'
import type { Snapshot } from '../widgets/snapshot.ts'
import { signInPage } from './page.ts'
import { providerOfWidget } from './provider.ts'
import { SESSION_SECONDS, setSession } from './session.ts'
import { textsIn } from './texts.ts'
import { askedLanguage, type Query, type Visit } from './visit.ts'

export interface EntryGround {
  db: Database
  personTokens: PersonTokens
  publicUrl(): string
}

/** A mail shows who somebody is, or a token of the organization's own back end: as the widget says. */
export async function askWho({ db, publicUrl }: EntryGround, visit: Visit, query: Query): Promise<Html> {
  const { organizationId, language, snapshot, path } = visit
  const texts = textsIn(language)
  const notes = { not_saved: texts.notSaved, expired: texts.signInExpired, signed_out: texts.signedOut }
  const note = Object.entries(notes).find(([reason]) => reason in query)?.[1]
  const way = snapshot.auth.method === 'server' ? undefined : await wayOf(db, organizationId, snapshot.auth)
  return signInPage(visit, {
    note,
    action:
      way &&
      `/v1/auth/sign-in?${new URLSearchParams({ ...way, to: `${publicUrl()}${path}?${new URLSearchParams(askedLanguage(visit))}`, lang: language })}`,
  })
}

async function wayOf(db: Database, organizationId: string, auth: Snapshot['auth']) {
  const { public_api_key: key } = await findOrganization(db, organizationId)
  const id = await providerOfWidget(db, organizationId, auth)
  return { key, ...(id === undefined ? {} : { auth_provider_id: id }) }
}

/** The address loses its token, so that it stays neither in the history nor in what is copied from there. */
export async function letIn(
  { personTokens, publicUrl }: EntryGround,
  reply: FastifyReply,
  visit: Visit,
  token: string,
): Promise<FastifyReply> {
  const { organizationId, path, language } = visit
  const grant = await personTokens.verify(token).catch(() => undefined)
  if (grant?.organizationId !== organizationId)
    return reply.redirect(`${path}?lang=${encodeURIComponent(language)}&expired`, 303)
  const sealed = await personTokens.seal(grant, SESSION_SECONDS)
  setSession(reply, { organizationId, token: sealed, publicUrl: publicUrl() })
  const query = new URLSearchParams(askedLanguage(visit)).toString()
  return reply.redirect(query ? `${path}?${query}` : path, 303)
}

export function letOut(
  { publicUrl }: EntryGround,
  reply: FastifyReply,
  { organizationId, path, language }: Visit,
): FastifyReply {
  setSession(reply, { organizationId, token: undefined, publicUrl: publicUrl() })
  return reply.redirect(`${path}?lang=${encodeURIComponent(language)}&signed_out`, 303)
}
