/** How an organization lets people sign in: a one-time code or a link by mail. One of its ways is the default. */
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import { lockOrganization } from '../access/organizations.ts'
import { invalid, notFound } from '../http/errors.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'

export const providerTypes = ['otp', 'message'] as const
export type ProviderType = (typeof providerTypes)[number]

export interface ProviderOutput {
  id: string
  organization_id: string
  type: ProviderType
  is_default: boolean
  version: number
  created_at: string
  updated_at: string
}

const MAX_PROVIDERS = 20

export function createProvider(
  db: Database,
  organizationId: string,
  input: { type: ProviderType; is_default: boolean },
): Promise<ProviderOutput> {
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    if ((await listProviders(trx, organizationId)).length >= MAX_PROVIDERS)
      throw invalid({ body: `an organization has at most ${MAX_PROVIDERS} ways to sign in` })
    if (input.is_default) await leaveDefault(trx, organizationId)
    const row = await trx
      .insertInto('auth_providers')
      .values({ organization_id: organizationId, id: newId(), ...input })
      .returningAll()
      .executeTakeFirstOrThrow()
    return outputOf(row)
  })
}

export async function listProviders(runner: Runner, organizationId: string): Promise<ProviderOutput[]> {
  const rows = await runner
    .selectFrom('auth_providers')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(outputOf)
}

export async function findProvider(
  runner: Runner,
  organizationId: string,
  id: string,
): Promise<ProviderOutput> {
  const row = await runner
    .selectFrom('auth_providers')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw notFound('auth provider')
  return outputOf(row)
}

export function changeProvider(
  db: Database,
  organizationId: string,
  id: string,
  patch: { type?: ProviderType | undefined; is_default?: boolean | undefined },
): Promise<ProviderOutput> {
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    const before = await findProvider(trx, organizationId, id)
    if (patch.is_default) await leaveDefault(trx, organizationId)
    const row = await trx
      .updateTable('auth_providers')
      .set(({ eb }) => ({
        type: patch.type ?? before.type,
        is_default: patch.is_default ?? before.is_default,
        version: eb('version', '+', 1),
        updated_at: new Date(),
      }))
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    return outputOf(row)
  })
}

export async function deleteProvider(
  db: Database,
  organizationId: string,
  id: string,
): Promise<ProviderOutput> {
  const row = await db
    .deleteFrom('auth_providers')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  if (!row) throw notFound('auth provider')
  return outputOf(row)
}

const leaveDefault = (trx: Runner, organizationId: string) =>
  sql`
    update auth_providers set is_default = false, version = version + 1, updated_at = now()
    where organization_id = ${organizationId} and is_default`.execute(trx)

type ProviderRow = Omit<ProviderOutput, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date }

const outputOf = (row: ProviderRow): ProviderOutput => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
})
