/** Organizations in the database. */
import { sql } from 'kysely'
import { invalid, notFound } from '../http/errors.ts'
import type { Database, Runner } from '../store/database.ts'
import { newId } from './ids.ts'

export interface OrganizationOutput {
  id: string
  name: string
  website?: string
  public_api_key: string
  redirect_hosts: string[]
  preference_center_url?: string
  md5_links: boolean
  double_opt_in: boolean
  confirmation_days: number
  confirmation_reminders: number
  auth_enabled: boolean
  auth_allow_user_creation: boolean
  auth_message_priority: string[]
  confirmation_reminder_days: number
  version: number
  created_at: string
  updated_at: string
}

/** Makes sure that it exists; one that does stays as it is. */
export async function ensureOrganization(
  db: Database,
  { id, name }: { id: string; name: string },
): Promise<void> {
  await db
    .insertInto('organizations')
    .values({ id, name, public_api_key: newId() })
    .onConflict(conflict => conflict.column('id').doNothing())
    .execute()
}

/** Named as browsers and mails name it, where there is no secret. */
export async function findOrganizationByPublicKey(
  db: Database,
  publicApiKey: string,
): Promise<OrganizationOutput> {
  const row = await db
    .selectFrom('organizations')
    .selectAll()
    .where('public_api_key', '=', publicApiKey)
    .executeTakeFirst()
  if (!row) throw invalid({ key: 'is not the public API key of an organization' })
  return foundOutputOf(row)
}

export async function findOrganization(db: Database, id: string): Promise<OrganizationOutput> {
  const row = await db.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirst()
  return foundOutputOf(row)
}

export interface OrganizationPatch {
  name?: string | undefined
  /** null takes it away. */
  website?: string | null | undefined
  redirect_hosts?: string[] | undefined
  /** null takes it away. */
  preference_center_url?: string | null | undefined
  md5_links?: boolean | undefined
  double_opt_in?: boolean | undefined
  confirmation_days?: number | undefined
  confirmation_reminders?: number | undefined
  auth_enabled?: boolean | undefined
  auth_allow_user_creation?: boolean | undefined
  auth_message_priority?: string[] | undefined
  confirmation_reminder_days?: number | undefined
}

export async function changeOrganization(
  db: Database,
  id: string,
  patch: OrganizationPatch,
): Promise<OrganizationOutput> {
  const row = await db
    .updateTable('organizations')
    .set(({ ref, eb }) => ({
      name: patch.name ?? ref('name'),
      website: patch.website === undefined ? ref('website') : patch.website,
      redirect_hosts: patch.redirect_hosts ?? ref('redirect_hosts'),
      preference_center_url:
        patch.preference_center_url === undefined
          ? ref('preference_center_url')
          : patch.preference_center_url,
      md5_links: patch.md5_links ?? ref('md5_links'),
      double_opt_in: patch.double_opt_in ?? ref('double_opt_in'),
      confirmation_days: patch.confirmation_days ?? ref('confirmation_days'),
      confirmation_reminders: patch.confirmation_reminders ?? ref('confirmation_reminders'),
      confirmation_reminder_days: patch.confirmation_reminder_days ?? ref('confirmation_reminder_days'),
      auth_enabled: patch.auth_enabled ?? ref('auth_enabled'),
      auth_allow_user_creation: patch.auth_allow_user_creation ?? ref('auth_allow_user_creation'),
      auth_message_priority: patch.auth_message_priority ?? ref('auth_message_priority'),
      version: eb('version', '+', 1),
      updated_at: new Date(),
    }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return foundOutputOf(row)
}

/** Whoever decides by what is there (a quota, a tree) holds this until the end of the transaction. */
export async function lockOrganization(trx: Runner, id: string): Promise<void> {
  await sql`select from organizations where id = ${id} for no key update`.execute(trx)
}

type OrganizationRow = Omit<
  OrganizationOutput,
  'website' | 'preference_center_url' | 'created_at' | 'updated_at'
> & {
  website: string | null
  preference_center_url: string | null
  created_at: Date
  updated_at: Date
}

function foundOutputOf(row: OrganizationRow | undefined): OrganizationOutput {
  if (!row) throw notFound('organization')
  const { website, preference_center_url, ...organization } = row
  return {
    ...organization,
    ...(website === null ? {} : { website }),
    ...(preference_center_url === null ? {} : { preference_center_url }),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
