/** API keys in the database: the secret is shown once, kept as a keyed hash. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { notFound } from '../http/errors.ts'
import type { Database } from '../store/database.ts'
import { newId } from './ids.ts'
import type { Caller } from './tokens.ts'
import type { Vault } from './vault.ts'

const SECRET_BYTES = 32

export interface KeyOutput {
  id: string
  organization_id: string
  name: string
  description: string
  enabled: boolean
  is_internal: boolean
  created_at: string
}

export interface KeyInput {
  name: string
  description: string
  enabled: boolean
  is_internal: boolean
}

export interface KeyPatch {
  name?: string | undefined
  description?: string | undefined
  enabled?: boolean | undefined
}

const columns = [
  'id',
  'organization_id',
  'name',
  'description',
  'enabled',
  'is_internal',
  'created_at',
] as const

/** Makes sure that the key exists, is enabled and has this secret. */
export async function ensureKey(
  db: Database,
  vault: Vault,
  key: { organizationId: string; id: string; secret: string; name: string },
): Promise<void> {
  const secret_hash = vault.hashSecret(key.secret)
  const saved = await db
    .insertInto('api_keys')
    .values({ organization_id: key.organizationId, id: key.id, name: key.name, secret_hash })
    .onConflict(conflict =>
      conflict
        .column('id')
        .doUpdateSet({ secret_hash, enabled: true })
        .where('api_keys.organization_id', '=', key.organizationId),
    )
    .executeTakeFirst()
  if (!saved.numInsertedOrUpdatedRows)
    throw new Error(`the API key ${key.id} belongs to another organization`)
}

/** Undefined: no such key, another secret, or disabled; the caller is not told which, nor by the time it takes. */
export async function authenticate(
  db: Database,
  vault: Vault,
  id: string,
  secret: string,
): Promise<Caller | undefined> {
  const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()
  const given = vault.hashSecret(secret)
  const matches = timingSafeEqual(row?.secret_hash ?? Buffer.alloc(given.length), given)
  return row?.enabled && matches ? { organizationId: row.organization_id, keyId: row.id } : undefined
}

export async function createKey(
  db: Database,
  vault: Vault,
  organizationId: string,
  input: KeyInput,
): Promise<KeyOutput & { secret: string }> {
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const row = await db
    .insertInto('api_keys')
    .values({ organization_id: organizationId, id: newId(), ...input, secret_hash: vault.hashSecret(secret) })
    .returning(columns)
    .executeTakeFirstOrThrow()
  return { ...outputOf(row), secret }
}

export async function listKeys(db: Database, organizationId: string): Promise<KeyOutput[]> {
  const rows = await db
    .selectFrom('api_keys')
    .select(columns)
    .where('organization_id', '=', organizationId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(outputOf)
}

export async function findKey(db: Database, organizationId: string, id: string): Promise<KeyOutput> {
  const row = await db
    .selectFrom('api_keys')
    .select(columns)
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return foundOutputOf(row)
}

/** Writes only what is given, so that a change of name at the same time does not enable a key anew. */
export async function changeKey(
  db: Database,
  organizationId: string,
  id: string,
  patch: KeyPatch,
): Promise<KeyOutput> {
  const row = await db
    .updateTable('api_keys')
    .set(({ ref }) => ({
      name: patch.name ?? ref('name'),
      description: patch.description ?? ref('description'),
      enabled: patch.enabled ?? ref('enabled'),
    }))
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst()
  return foundOutputOf(row)
}

export async function deleteKey(db: Database, organizationId: string, id: string): Promise<KeyOutput> {
  const row = await db
    .deleteFrom('api_keys')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst()
  return foundOutputOf(row)
}

type KeyRow = Omit<KeyOutput, 'created_at'> & { created_at: Date }

const outputOf = (row: KeyRow): KeyOutput => ({ ...row, created_at: row.created_at.toISOString() })

function foundOutputOf(row: KeyRow | undefined): KeyOutput {
  if (!row) throw notFound('key')
  return outputOf(row)
}
