/** The tree as the public API shows it: link records with their own ids, and the library's things inside them. */
import { findOrganization } from '../access/organizations.ts'
import type { Database } from '../store/database.ts'
import type { TreeRow } from './plant.ts'
import { listPreferences } from './preferences.ts'
import { listPurposes } from './purposes.ts'

import type { PreferenceOutput } from './schema.ts'
import type { SelectedPreference } from './tree.ts'

interface ShownPreference {
  id: string
  configuration_tree_id: string
  parent_selected_purpose_id: string
  parent_preference_value_id: string | null
  preference_id: string
  preference: PreferenceOutput
  order: number
  all_values: boolean
  selected_values: {
    id: string
    configuration_tree_id: string
    preference_value_id: string
    order: number
    selected_preferences: ShownPreference[]
  }[]
}

/** @param tree undefined: never planted, so an empty one */
export async function showTree(db: Database, organizationId: string, tree: TreeRow | undefined) {
  if (!tree) {
    const { created_at } = await findOrganization(db, organizationId)
    const times = { created_at, updated_at: created_at, version: 0 }
    return { id: organizationId, organization_id: organizationId, selected_purposes: [], ...times }
  }
  const purposes = byId(await listPurposes(db, organizationId))
  const preferences = byId(await listPreferences(db, organizationId))
  const link = { configuration_tree_id: tree.id }

  const showPreferences = (
    nodes: readonly SelectedPreference[],
    parents: Pick<ShownPreference, 'parent_selected_purpose_id' | 'parent_preference_value_id'>,
  ): ShownPreference[] =>
    nodes.toSorted(byOrder).map(node => ({
      id: node.id,
      ...link,
      ...parents,
      preference_id: node.preference_id,
      preference: held(preferences, node.preference_id),
      order: node.order,
      all_values: node.all_values,
      selected_values: node.selected_values.toSorted(byOrder).map(value => ({
        id: value.id,
        ...link,
        preference_value_id: value.preference_value_id,
        order: value.order,
        selected_preferences: showPreferences(value.selected_preferences, {
          ...parents,
          parent_preference_value_id: value.preference_value_id,
        }),
      })),
    }))

  return {
    id: tree.id,
    organization_id: organizationId,
    selected_purposes: tree.selected_purposes.toSorted(byOrder).map(node => ({
      id: node.id,
      ...link,
      purpose_id: node.purpose_id,
      purpose: held(purposes, node.purpose_id),
      order: node.order,
      one_click: node.one_click,
      selected_preferences: showPreferences(node.selected_preferences, {
        parent_selected_purpose_id: node.id,
        parent_preference_value_id: null,
      }),
    })),
    created_at: tree.created_at.toISOString(),
    updated_at: tree.updated_at.toISOString(),
    version: tree.version,
  }
}

const byOrder = (a: { order: number }, b: { order: number }): number => a.order - b.order

const byId = <T extends { id: string }>(all: readonly T[]): ReadonlyMap<string, T> =>
  new Map(all.map(one => [one.id, one]))

/** What stands in the tree cannot be deleted. */
function held<T>(all: ReadonlyMap<string, T>, id: string): T {
  const one = all.get(id)
  if (!one) throw new Error(`${id} stands in the tree and not in the library`)
  return one
}
