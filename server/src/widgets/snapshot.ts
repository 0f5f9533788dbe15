/** What people see of a widget, with everything that it takes to show it: texts in all languages, colours, the choices. */

import type { Texts } from '../http/texts.ts'
import { readTree, type TreeRow } from '../library/plant.ts'
import { listPreferences } from '../library/preferences.ts'
import { listPurposes } from '../library/purposes.ts'
import type { PreferenceOutput, PurposeOutput } from '../library/schema.ts'
import type { SelectedPreference, SelectedPurpose, SelectedValue } from '../library/tree.ts'
import type { Database, Runner } from '../store/database.ts'
import type { Colors } from './color.ts'
import { contentOf, textsOf } from './components.ts'
import { type Look, lookOf } from './look.ts'
import type { WidgetContent } from './schema.ts'
import { colorsOf } from './themes.ts'
import type { WidgetRow } from './widgets.ts'

interface SnapshotValue {
  id: string
  elementId: string
  name: Texts
  metadata: Record<string, unknown>
  /** Asked where this value is chosen. */
  preferences: readonly SnapshotPreference[]
}

export interface SnapshotPreference {
  id: string
  elementId: string
  type: 'single' | 'multi'
  name: Texts
  description: Texts
  metadata: Record<string, unknown>
  values: readonly SnapshotValue[]
}

export interface SnapshotPurpose {
  id: string
  elementId: string
  name: Texts
  description: Texts
  metadata: Record<string, unknown>
  oneClick: boolean
  preferences: readonly SnapshotPreference[]
}

export interface Snapshot {
  widgetId: string
  organizationId: string
  format: WidgetContent['format']
  headless: boolean
  template: WidgetContent['template_id']
  shape: WidgetContent['layout_shape']
  colors: Colors
  languages: readonly string[]
  defaultLanguage: string
  auth: {
    method: WidgetContent['auth']['method']
    providerId: string | undefined
    hideIfNotAuthenticated: boolean
  }
  doubleOptIn: boolean
  /** Given instead of our own, per language. */
  texts: { readonly [name in CustomText]?: Texts }
  /** Absent in what was published before parts had looks. */
  look?: Look
  /** Types of the template's parts by their ids, for pages that name them. Absent in what was published before. */
  components?: Readonly<Record<string, string>>
  purposes: readonly SnapshotPurpose[]
}

const CUSTOM_TEXTS = {
  title: ['header', 'mainTitle'],
  introduction: ['header', 'introductionTitle'],
  footer: ['footer', 'text'],
  save: ['save', 'saveButton'],
  pending: ['save', 'guidelineText'],
} as const
type CustomText = keyof typeof CUSTOM_TEXTS

export async function takeSnapshot(db: Runner, widget: WidgetRow): Promise<Snapshot> {
  const { organization_id, content } = widget
  const tree = await readTree(db, organization_id)
  const library = {
    purposes: await listPurposes(db as Database, organization_id),
    preferences: await listPreferences(db, organization_id),
  }
  return snapshotOf(widget, await colorsOf(db, organization_id, content.theme_id), tree, library)
}

/** Pure. */
function snapshotOf(
  widget: WidgetRow,
  colors: Colors,
  tree: TreeRow | undefined,
  library: { purposes: readonly PurposeOutput[]; preferences: readonly PreferenceOutput[] },
): Snapshot {
  const { content, components, entities } = widget
  const purposesById = new Map(library.purposes.map(purpose => [purpose.id, purpose]))
  const preferencesById = new Map(library.preferences.map(preference => [preference.id, preference]))

  const own = (elementId: string, part: string, texts: Texts = {}): Texts => {
    const component = components[elementId]
    return { ...texts, ...(component && contentOf(component, part)) }
  }
  const shown = <T extends { id: string; order: number }>(nodes: readonly T[]): T[] => {
    const placeOf = ({ id, order }: T) => entities[id]?.order ?? order
    return nodes
      .filter(({ id }) => entities[id]?.enabled !== false)
      .toSorted((a, b) => placeOf(a) - placeOf(b))
  }
  const isSelected = (ids: readonly string[], ...names: string[]): boolean =>
    ids.length === 0 || names.some(name => ids.includes(name))

  const purposeOf = (node: SelectedPurpose): SnapshotPurpose[] => {
    const purpose = purposesById.get(node.purpose_id)
    if (!purpose || !isSelected(content.selected_purposes_ids, node.id, node.purpose_id)) return []
    return [
      {
        id: purpose.id,
        elementId: node.id,
        name: own(node.id, 'title', purpose.description),
        description: own(node.id, 'description', purpose.details),
        metadata: purpose.metadata ?? {},
        oneClick: node.one_click,
        preferences: preferencesOf(node.selected_preferences),
      },
    ]
  }
  const preferencesOf = (nodes: readonly SelectedPreference[]): SnapshotPreference[] =>
    shown(nodes).flatMap(node => {
      const preference = preferencesById.get(node.preference_id)
      if (!preference || !isSelected(content.selected_preferences_ids, node.id, node.preference_id)) return []
      return [
        {
          id: preference.id,
          elementId: node.id,
          type: preference.type,
          name: own(node.id, 'title', preference.name),
          description: own(node.id, 'description', preference.description),
          metadata: preference.metadata,
          values: shown(node.selected_values).flatMap(value => valuesOf(preference, value)),
        },
      ]
    })
  const valuesOf = (preference: PreferenceOutput, node: SelectedValue): SnapshotValue[] => {
    const value = preference.values.find(({ id }) => id === node.preference_value_id)
    if (!value) return []
    return [
      {
        id: value.id,
        elementId: node.id,
        name: own(node.id, 'label', value.name),
        metadata: value.metadata,
        preferences: preferencesOf(node.selected_preferences),
      },
    ]
  }

  return {
    widgetId: widget.id,
    organizationId: widget.organization_id,
    format: content.format,
    headless: content.headless,
    template: content.template_id,
    shape: content.layout_shape,
    colors,
    languages: content.enabled_languages,
    defaultLanguage: content.default_language,
    auth: {
      method: content.auth.method,
      providerId: content.auth.providerId ?? undefined,
      hideIfNotAuthenticated: content.auth.hideIfNotAuthenticated,
    },
    doubleOptIn: content.double_opt_in,
    texts: Object.fromEntries(
      Object.entries(CUSTOM_TEXTS).flatMap(([name, [type, part]]) => {
        const texts = textsOf(components, type, part)
        return texts ? [[name, texts]] : []
      }),
    ),
    look: lookOf(components),
    components: Object.fromEntries(
      Object.entries(components).flatMap(([id, { type, isElement }]) => (isElement ? [] : [[id, type]])),
    ),
    purposes: shown(tree?.selected_purposes ?? []).flatMap(purposeOf),
  }
}
