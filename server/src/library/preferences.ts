/** Preferences and their values in the database. Deleted ones are hidden; their ids stay valid in events. */
import { isDeepStrictEqual } from 'node:util'
import { type ExpressionBuilder, sql } from 'kysely'
import { newShortId } from '../access/ids.ts'
import { lockOrganization } from '../access/organizations.ts'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import type { Schema } from '../store/schema.ts'
import { followLibrary, refuseInTree } from './plant.ts'
import type { PreferenceInput, PreferenceOutput, PreferencePatch, ValueInput } from './schema.ts'

const ID_LENGTH = 8

export async function listPreferences(db: Runner, organizationId: string): Promise<PreferenceOutput[]> {
  return (await select(db, organizationId).orderBy('created_at').orderBy('id').execute()).map(outputOf)
}

export async function findPreference(
  db: Runner,
  organizationId: string,
  id: string,
): Promise<PreferenceOutput> {
  const row = await select(db, organizationId).where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('preference')
  return outputOf(row)
}

export function createPreference(
  db: Database,
  organizationId: string,
  input: PreferenceInput,
): Promise<PreferenceOutput> {
  const id = input.id ?? newShortId(ID_LENGTH)
  // `order` counts here and never again.
  const values = input.values
    .map((value, i) => ({ value, order: value.order ?? i }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ value }) => value)
  return inTransaction(db, async trx => {
    const created = await trx
      .insertInto('preferences')
      .values({
        organization_id: organizationId,
        id,
        type: input.type,
        name: JSON.stringify(input.name),
        description: JSON.stringify(input.description),
        metadata: JSON.stringify(input.metadata),
      })
      .onConflict(conflict => conflict.doNothing())
      .executeTakeFirst()
    const found = created.numInsertedOrUpdatedRows
      ? undefined
      : await select(trx, organizationId).where('id', '=', id).executeTakeFirst()
    // Who repeats a request, since its answer was lost, gets that answer.
    if (found && isDeepStrictEqual(contentOf(found), contentOf({ ...input, values }))) return outputOf(found)
    if (!created.numInsertedOrUpdatedRows)
      throw new Refusal('conflict', 'the preference exists already', {
        id: 'is, or was, the id of another preference',
      })
    await saveValues(trx, organizationId, id, values)
    return findPreference(trx, organizationId, id)
  })
}

export function changePreference(
  db: Database,
  organizationId: string,
  id: string,
  patch: PreferencePatch,
): Promise<PreferenceOutput> {
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    const found = await findPreference(trx, organizationId, id)
    if (patch.type !== undefined && patch.type !== found.type)
      throw invalid({ type: 'cannot be changed: events count on it' })
    await trx
      .updateTable('preferences')
      .set({
        name: JSON.stringify(patch.name ?? found.name),
        description: JSON.stringify(patch.description ?? found.description),
        metadata: JSON.stringify(patch.metadata ?? found.metadata),
        version: found.version + 1,
        updated_at: new Date(),
      })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute()
    if (patch.values) {
      await saveValues(trx, organizationId, id, patch.values)
      await followLibrary(trx, organizationId)
    }
    return findPreference(trx, organizationId, id)
  })
}

export function deletePreference(
  db: Database,
  organizationId: string,
  id: string,
): Promise<PreferenceOutput> {
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    const found = await findPreference(trx, organizationId, id)
    await refuseInTree(trx, organizationId, 'preference', id)
    await trx
      .updateTable('preferences')
      .set({ deleted_at: new Date() })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute()
    return found
  })
}

/** Known values keep their place, new ones come last, those not sent are hidden; a hidden one sent again comes back. */
async function saveValues(
  trx: Runner,
  organizationId: string,
  preferenceId: string,
  values: readonly ValueInput[],
): Promise<void> {
  const rows = values.map(({ id, name, metadata }) => ({ id: id ?? newShortId(ID_LENGTH), name, metadata }))
  await sql`
    update preference_values set deleted_at = now()
    where organization_id = ${organizationId} and preference_id = ${preferenceId}
      and deleted_at is null and id <> all (${rows.map(row => row.id)})`.execute(trx)
  await sql`
    insert into preference_values (organization_id, preference_id, id, name, metadata, position)
    select ${organizationId}, ${preferenceId}, r.id, r.name, r.metadata, r.n + coalesce((
      select max(position) from preference_values
      where organization_id = ${organizationId} and preference_id = ${preferenceId}), 0)
    from rows from (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as (id text, name jsonb, metadata jsonb))
      with ordinality as r (id, name, metadata, n)
    on conflict (organization_id, preference_id, id) do update
    set name = excluded.name, metadata = excluded.metadata, deleted_at = null`.execute(trx)
}

const contentOf = ({ type, name, description, metadata, values }: PreferenceInput | PreferenceRow) => ({
  ...{ type, name, description, metadata },
  values: values.map(({ id, name, metadata }) => ({ id, name, metadata })),
})

const select = (db: Runner, organizationId: string) =>
  db
    .selectFrom('preferences')
    .select([...columns, liveValues])
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)

const columns = [
  ...(['id', 'organization_id', 'name', 'description', 'metadata', 'type'] as const),
  ...(['created_at', 'updated_at', 'version'] as const),
] as const

type ValueRow = Omit<PreferenceOutput['values'][number], 'order'>

const liveValues = (_: ExpressionBuilder<Schema, 'preferences'>) =>
  sql<ValueRow[]>`coalesce((
    select jsonb_agg(jsonb_build_object('id', v.id, 'name', v.name, 'metadata', v.metadata) order by v.position)
    from preference_values v
    where v.organization_id = preferences.organization_id and v.preference_id = preferences.id
      and v.deleted_at is null), '[]')`.as('values')

type PreferenceRow = Omit<PreferenceOutput, 'values' | 'created_at' | 'updated_at'> & {
  values: ValueRow[]
  created_at: Date
  updated_at: Date
}

const outputOf = (row: PreferenceRow): PreferenceOutput => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  values: row.values.map((value, order) => ({ ...value, order })),
})
