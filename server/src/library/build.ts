/** From the tree that was sent to the tree that is stored: held against the library, with every node's element id. */
import { invalid } from '../http/errors.ts'
import { assignElementIds, type Draft, type Meaning } from './elementIds.ts'
import type { Library } from './library.ts'
import { placeBelow, type SelectedPreference, type SelectedPurpose, type SelectedValue } from './tree.ts'

export interface TreeInput {
  selected_purposes: {
    id?: string | undefined
    purpose_id: string
    order?: number | undefined
    one_click: boolean
    selected_preferences?: TreePreferenceInput[] | undefined
  }[]
}

interface TreePreferenceInput {
  id?: string | undefined
  preference_id: string
  order?: number | undefined
  all_values?: boolean | undefined
  selected_values?: TreeValueInput[] | undefined
}

interface TreeValueInput {
  id?: string | undefined
  preference_value_id: string
  order?: number | undefined
  selected_preferences?: TreePreferenceInput[] | undefined
}

/** What can be selected now. */
export interface Live {
  purposes: ReadonlySet<string>
  preferences: ReadonlySet<string>
}

interface Above {
  purposeId: string
  place: string
  path: string
}

export function buildTree(
  input: TreeInput,
  library: Library,
  live: Live,
  current: readonly SelectedPurpose[],
): SelectedPurpose[] {
  const errors: Record<string, string> = {}
  const drafts: Draft[] = []
  const draft = <N extends { id: string }>(
    given: string | undefined,
    meaning: Meaning,
    place: string,
    path: string,
    node: N,
  ): N => {
    drafts.push({ node, given, meaning, place, path })
    return node
  }

  const purposes = input.selected_purposes.map((purpose, i): SelectedPurpose => {
    const purposeId = purpose.purpose_id
    const path = `selected_purposes[${i}]`
    if (!live.purposes.has(purposeId)) errors[`${path}.purpose_id`] = 'is no purpose of the library'
    else if (input.selected_purposes.findIndex(other => other.purpose_id === purposeId) !== i)
      errors[`${path}.purpose_id`] = 'stands twice in the tree'
    return draft(purpose.id, { kind: 'purpose', purposeId }, purposeId, path, {
      id: '',
      purpose_id: purposeId,
      order: purpose.order ?? i,
      one_click: purpose.one_click,
      selected_preferences: preferencesBelow(purpose.selected_preferences, {
        purposeId,
        place: purposeId,
        path,
      }),
    })
  })
  Object.assign(errors, assignElementIds(drafts, library.elements, current))
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return purposes

  function preferencesBelow(given: readonly TreePreferenceInput[] = [], above: Above): SelectedPreference[] {
    return given.map((preference, i) => {
      const preferenceId = preference.preference_id
      const path = `${above.path}.selected_preferences[${i}]`
      const place = placeBelow(above.place, preferenceId)
      if (!live.preferences.has(preferenceId))
        errors[`${path}.preference_id`] = 'is no preference of the library'
      else if (given.findIndex(other => other.preference_id === preferenceId) !== i)
        errors[`${path}.preference_id`] = 'stands twice at one place'
      const meaning = { kind: 'preference', purposeId: above.purposeId, preferenceId } as const
      return draft(preference.id, meaning, place, path, {
        id: '',
        preference_id: preferenceId,
        order: preference.order ?? i,
        all_values: selectsAll(preference),
        selected_values: valuesBelow(preference, { ...above, place, path }),
      })
    })
  }

  function valuesBelow(preference: TreePreferenceInput, above: Above): SelectedValue[] {
    const preferenceId = preference.preference_id
    const liveIds = library.preferences.get(preferenceId)?.liveValueIds ?? []
    const given = preference.selected_values ?? []
    given.forEach(({ preference_value_id: valueId }, i) => {
      const path = `${above.path}.selected_values[${i}].preference_value_id`
      if (!liveIds.includes(valueId)) errors[path] = 'is no value of the preference'
      else if (given.findIndex(other => other.preference_value_id === valueId) !== i)
        errors[path] = 'stands twice at one place'
    })
    return (selectsAll(preference) ? allOf(liveIds, given) : given).map((value, i) => {
      const valueId = value.preference_value_id
      const sentAt = given.findIndex(other => other.preference_value_id === valueId)
      const path = `${above.path}.selected_values[${sentAt}]`
      const place = placeBelow(above.place, valueId)
      const meaning = { kind: 'value', purposeId: above.purposeId, preferenceId, valueId } as const
      return draft(value.id, meaning, place, path, {
        id: '',
        preference_value_id: valueId,
        order: value.order ?? i,
        selected_preferences: preferencesBelow(value.selected_preferences, { ...above, place, path }),
      })
    })
  }
}

const selectsAll = ({ all_values, selected_values }: TreePreferenceInput): boolean =>
  all_values ?? selected_values === undefined

/** All live values in the library's order; what was sent of one counts, but for its order. */
const allOf = (liveIds: readonly string[], given: readonly TreeValueInput[]): TreeValueInput[] =>
  liveIds.map((valueId, order) => {
    const sent = given.find(value => value.preference_value_id === valueId)
    return { ...sent, preference_value_id: valueId, order }
  })
