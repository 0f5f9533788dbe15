/** Links in the database. Whoever has the address may do the one thing that the link stands for, until it expires. */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import type { Vault } from '../access/vault.ts'
import type { Runner } from '../store/database.ts'

const TOKEN_BYTES = 32
/** An expired link says so for this long; afterwards it is not known. */
const REMEMBERED_DAYS = 30

type LinkAction = 'event.create' | 'event.update'

export interface NewLink {
  organizationId: string
  organizationUserId: string
  action: LinkAction
  /** Of the event that it makes or changes. */
  eventId: string
  event: Record<string, unknown>
  redirectUrl?: string | undefined
  language?: string | undefined
  actsOnOpen?: boolean | undefined
  /** The API key that asked for it. */
  createdBy: string
  lifetimeSeconds: number
  /** Of a link that is made anew at each repetition: there is one of it, whose time begins again. Default: a random one. */
  token?: string | undefined
}

export interface Link {
  id: string
  organization_id: string
  organization_user_id: string
  action: LinkAction
  event_id: string
  event: Record<string, unknown>
  redirect_url: string | null
  language: string | null
  acts_on_open: boolean
  expires_at: Date
  used_at: Date | null
}

export interface CreatedLink {
  id: string
  token: string
  expiresAt: Date
}

export async function createLink(runner: Runner, vault: Vault, link: NewLink): Promise<CreatedLink> {
  const token = link.token ?? randomBytes(TOKEN_BYTES).toString('base64url')
  const { rows } = await sql<{ id: string; expires_at: Date }>`
    insert into links (organization_id, id, token_hash, organization_user_id, action, event_id, event, redirect_url,
      language, acts_on_open, created_by, expires_at)
    values (${link.organizationId}, ${newId()}, ${vault.hashSecret(token)}, ${link.organizationUserId}, ${link.action},
      ${link.eventId}, ${JSON.stringify(link.event)}, ${link.redirectUrl ?? null}, ${link.language ?? null},
      ${link.actsOnOpen ?? false}, ${link.createdBy}, now() + ${link.lifetimeSeconds} * interval '1 second')
    on conflict (token_hash) do update set expires_at = excluded.expires_at
    returning id, expires_at`.execute(runner)
  const [{ id, expires_at: expiresAt }] = rows as [{ id: string; expires_at: Date }]
  return { id, token, expiresAt }
}

export async function findLink(runner: Runner, vault: Vault, token: string): Promise<Link | undefined> {
  const { rows } = await sql<Link>`
    select id, organization_id, organization_user_id, action, event_id, event, redirect_url, language, acts_on_open,
      expires_at, used_at
    from links
    where token_hash = ${vault.hashSecret(token)}`.execute(runner)
  return rows[0]
}

export const markUsed = (runner: Runner, link: Link) =>
  sql`
    update links set used_at = coalesce(used_at, now())
    where organization_id = ${link.organization_id} and id = ${link.id}`.execute(runner)

/** What was undone, or overtaken, can be done again as another event: the former one's id is spent. */
export async function renewLink(runner: Runner, link: Link): Promise<Link> {
  const { organization_id: organizationId, id, event_id: spent } = link
  await sql`
    update links set used_at = null, event_id = ${newId()}
    where organization_id = ${organizationId} and id = ${id} and event_id = ${spent}`.execute(runner)
  // Another press may have renewed it first: all go on with the same event.
  const { rows } = await sql<{ event_id: string }>`
    select event_id from links where organization_id = ${organizationId} and id = ${id}`.execute(runner)
  return { ...link, event_id: rows[0]?.event_id ?? spent, used_at: null }
}

export const removeOldLinks = (runner: Runner) =>
  sql`delete from links where expires_at < now() - ${REMEMBERED_DAYS} * interval '1 day'`.execute(runner)
