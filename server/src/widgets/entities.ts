/** The tree's parts in a widget: which are shown, in which order. */

import { readTree } from '../library/plant.ts'
import type { SelectedPreference } from '../library/tree.ts'
import type { Runner } from '../store/database.ts'
import type { EntityOutput } from './schema.ts'
import type { WidgetRow } from './widgets.ts'

export async function entitiesOf(db: Runner, widget: WidgetRow): Promise<EntityOutput[]> {
  const tree = await readTree(db, widget.organization_id)
  const entity = (
    node: { id: string; order: number },
    parent: string | null,
    of: Partial<EntityOutput>,
  ): EntityOutput => ({
    id: node.id,
    widget_id: widget.id,
    organization_id: widget.organization_id,
    parent_id: parent,
    layout_component_id: node.id,
    selected_purpose_id: null,
    selected_preference_id: null,
    preference_value_id: null,
    enabled: widget.entities[node.id]?.enabled ?? true,
    order: widget.entities[node.id]?.order ?? node.order,
    ...of,
  })
  const below = (nodes: readonly SelectedPreference[], parent: string): EntityOutput[] =>
    nodes.flatMap(node => [
      entity(node, parent, { selected_preference_id: node.id }),
      ...node.selected_values.flatMap(value => [
        entity(value, node.id, { preference_value_id: value.preference_value_id }),
        ...below(value.selected_preferences, value.id),
      ]),
    ])
  return (tree?.selected_purposes ?? []).flatMap(node => [
    entity(node, null, { selected_purpose_id: node.id }),
    ...below(node.selected_preferences, node.id),
  ])
}
