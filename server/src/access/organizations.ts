/** Organizations in the database. */
import { sql } from 'kysely'
import { notFound } from '../http/errors.ts'
import type { Database, Runner } from '../store/database.ts'
import { newId } from './ids.ts'

export interface OrganizationOutput {
  id: string
  name: string
  website?: string
  public_api_key: string
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

export async function findOrganization(db: Database, id: string): Promise<OrganizationOutput> {
  const row = await db.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirst()
  return foundOutputOf(row)
}

/** @param patch a `website` of null takes it away */
export async function changeOrganization(
  db: Database,
  id: string,
  patch: { name?: string | undefined; website?: string | null | undefined },
): Promise<OrganizationOutput> {
  const row = await db
    .updateTable('organizations')
    .set(({ ref, eb }) => ({
      name: patch.name ?? ref('name'),
      website: patch.website === undefined ? ref('website') : patch.website,
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

type OrganizationRow = Omit<OrganizationOutput, 'website' | 'created_at' | 'updated_at'> & {
  website: string | null
  created_at: Date
  updated_at: Date
}

function foundOutputOf(row: OrganizationRow | undefined): OrganizationOutput {
  if (!row) throw notFound('organization')
  const { website, ...organization } = row
  return {
    ...organization,
    ...(website === null ? {} : { website }),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
