/** The configuration tree in the database, and the elements that it ever had. */
import { sql } from 'kysely'
import { lockOrganization } from '../access/organizations.ts'
import { Refusal } from '../http/errors.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { buildTree, type Live, type TreeInput } from './build.ts'
import { readLibrary } from './libraries.ts'
import { type SelectedPreference, type SelectedPurpose, walk } from './tree.ts'

export interface TreeRow {
  id: string
  organization_id: string
  selected_purposes: SelectedPurpose[]
  version: number
  created_at: Date
  updated_at: Date
}

export async function readTree(runner: Runner, organizationId: string): Promise<TreeRow | undefined> {
  const { rows } = await sql<TreeRow>`
    select * from config_trees where organization_id = ${organizationId}`.execute(runner)
  return rows[0]
}

/** Replaces the tree. */
export function plantTree(db: Database, organizationId: string, input: TreeInput): Promise<TreeRow> {
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    const library = await readLibrary(trx, organizationId)
    const current = await readTree(trx, organizationId)
    const live = await readLive(trx, organizationId)
    return save(trx, organizationId, buildTree(input, library, live, current?.selected_purposes ?? []))
  })
}

/** After a preference got or lost values: lost ones leave the tree, new ones join where all values are selected. */
export async function followLibrary(trx: Runner, organizationId: string): Promise<void> {
  const current = await readTree(trx, organizationId)
  if (!current) return
  const library = await readLibrary(trx, organizationId)
  const isLive = (preferenceId: string, valueId: string) =>
    library.preferences.get(preferenceId)?.liveValueIds.includes(valueId) ?? false
  const prune = (preferences: readonly SelectedPreference[]): SelectedPreference[] =>
    preferences.map(preference => ({
      ...preference,
      selected_values: preference.selected_values
        .filter(value => isLive(preference.preference_id, value.preference_value_id))
        .map(value => ({ ...value, selected_preferences: prune(value.selected_preferences) })),
    }))
  const pruned = current.selected_purposes.map(purpose => ({
    ...purpose,
    selected_preferences: prune(purpose.selected_preferences),
  }))
  const live = await readLive(trx, organizationId)
  const followed = buildTree({ selected_purposes: pruned }, library, live, current.selected_purposes)
  if (elementsOf(followed) !== elementsOf(current.selected_purposes))
    await save(trx, organizationId, followed)
}

/** What stands in the tree cannot be deleted: mappings and preference centres would be left hanging. */
export async function refuseInTree(
  trx: Runner,
  organizationId: string,
  kind: 'purpose' | 'preference',
  id: string,
): Promise<void> {
  const tree = await readTree(trx, organizationId)
  for (const node of walk(tree?.selected_purposes ?? []))
    if (node.kind === kind && (kind === 'purpose' ? node.purposeId : node.preferenceId) === id)
      throw new Refusal('conflict', `the ${kind} stands in the configuration tree`, {
        id: `is used by the element ${node.elementId}: take it out of the tree first (PUT /v1/config-trees)`,
      })
}

async function readLive(trx: Runner, organizationId: string): Promise<Live> {
  const { rows } = await sql<{ kind: keyof Live; id: string }>`
    select 'purposes' as kind, id from purposes where organization_id = ${organizationId} and deleted_at is null
    union all
    select 'preferences', id from preferences where organization_id = ${organizationId} and deleted_at is null`.execute(
    trx,
  )
  const ids = (kind: keyof Live) => new Set(rows.filter(row => row.kind === kind).map(row => row.id))
  return { purposes: ids('purposes'), preferences: ids('preferences') }
}

const elementsOf = (purposes: readonly SelectedPurpose[]): string =>
  Array.from(walk(purposes), node => node.elementId).join()

async function save(
  trx: Runner,
  organizationId: string,
  purposes: readonly SelectedPurpose[],
): Promise<TreeRow> {
  const nodes = Array.from(walk(purposes), node => ({
    id: node.elementId,
    kind: node.kind,
    purpose_id: node.purposeId,
    preference_id: node.preferenceId ?? null,
    value_id: node.valueId ?? null,
  }))
  await sql`
    insert into elements (organization_id, id, kind, purpose_id, preference_id, value_id)
    select ${organizationId}, id, kind, purpose_id, preference_id, value_id
    from jsonb_to_recordset(${JSON.stringify(nodes)}::jsonb) as r (
      id text, kind text, purpose_id text, preference_id text, value_id text)
    on conflict (organization_id, id) do update set removed_at = null`.execute(trx)
  await sql`
    update elements set removed_at = now()
    where organization_id = ${organizationId} and removed_at is null
      and id <> all (${nodes.map(node => node.id)})`.execute(trx)
  // One tree per organization: it has the organization's id, also before it is first planted.
  const { rows } = await sql<TreeRow>`
    insert into config_trees as t (organization_id, id, selected_purposes)
    values (${organizationId}, ${organizationId}, ${JSON.stringify(purposes)})
    on conflict (organization_id) do update
    set selected_purposes = excluded.selected_purposes, version = t.version + 1, updated_at = now()
    returning *`.execute(trx)
  return rows[0] as TreeRow
}
