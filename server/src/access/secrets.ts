/** Secrets with which an organization signs what it lets browsers and mails do. Sealed, since they must be read again. */
import { randomBytes } from 'node:crypto'
import { invalid, notFound } from '../http/errors.ts'
import { type Database, inTransaction } from '../store/database.ts'
import { newId } from './ids.ts'
import { lockOrganization } from './organizations.ts'
import { quotas } from './plan.ts'
import type { Vault } from './vault.ts'

const SECRET_BYTES = 32

export interface SecretOutput {
  id: string
  organization_id: string
  name: string
  description: string
  secret: string
  version: number
  created_at: string
  updated_at: string
}

export async function createSecret(
  db: Database,
  vault: Vault,
  organizationId: string,
  input: { name: string; description: string },
): Promise<SecretOutput> {
  const id = newId()
  const sealed = vault.seal(randomBytes(SECRET_BYTES).toString('base64url'), about(id))
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    const { held } = await trx
      .selectFrom('secrets')
      .select(({ fn }) => fn.countAll<number>().as('held'))
      .where('organization_id', '=', organizationId)
      .executeTakeFirstOrThrow()
    if (held >= quotas.secrets)
      throw invalid({ body: `an organization has at most ${quotas.secrets} secrets` })
    const row = await trx
      .insertInto('secrets')
      .values({ organization_id: organizationId, id, ...input, sealed })
      .returningAll()
      .executeTakeFirstOrThrow()
    return outputOf(vault, row)
  })
}

export async function listSecrets(
  db: Database,
  vault: Vault,
  organizationId: string,
): Promise<SecretOutput[]> {
  const rows = await db
    .selectFrom('secrets')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(row => outputOf(vault, row))
}

export async function findSecret(
  db: Database,
  vault: Vault,
  organizationId: string,
  id: string,
): Promise<SecretOutput> {
  const row = await db
    .selectFrom('secrets')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return foundOutputOf(vault, row)
}

export async function changeSecret(
  db: Database,
  vault: Vault,
  organizationId: string,
  id: string,
  patch: { name?: string | undefined; description?: string | undefined },
): Promise<SecretOutput> {
  const row = await db
    .updateTable('secrets')
    .set(({ ref, eb }) => ({
      name: patch.name ?? ref('name'),
      description: patch.description ?? ref('description'),
      version: eb('version', '+', 1),
      updated_at: new Date(),
    }))
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return foundOutputOf(vault, row)
}

export async function deleteSecret(
  db: Database,
  vault: Vault,
  organizationId: string,
  id: string,
): Promise<SecretOutput> {
  const row = await db
    .deleteFrom('secrets')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return foundOutputOf(vault, row)
}

type SecretRow = Omit<SecretOutput, 'secret' | 'created_at' | 'updated_at'> & {
  sealed: Buffer
  created_at: Date
  updated_at: Date
}

const about = (id: string): string => `secret ${id}`

function outputOf(vault: Vault, { sealed, ...row }: SecretRow): SecretOutput {
  return {
    ...row,
    secret: vault.open(sealed, about(row.id)),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

function foundOutputOf(vault: Vault, row: SecretRow | undefined): SecretOutput {
  if (!row) throw notFound('secret')
  return outputOf(vault, row)
}
