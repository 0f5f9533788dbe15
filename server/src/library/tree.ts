/** The configuration tree: which purposes, preferences and values people are asked, nested up to three levels. */

export interface SelectedValue {
  id: string
  preference_value_id: string
  order: number
  selected_preferences: SelectedPreference[]
}

export interface SelectedPreference {
  id: string
  preference_id: string
  order: number
  /** True: all live values are selected, also those added to the preference later. */
  all_values: boolean
  selected_values: SelectedValue[]
}

export interface SelectedPurpose {
  id: string
  purpose_id: string
  order: number
  one_click: boolean
  selected_preferences: SelectedPreference[]
}

/** A node with where it stands: the ids from the purpose down to it. */
export interface Node {
  kind: 'purpose' | 'preference' | 'value'
  elementId: string
  purposeId: string
  preferenceId?: string
  valueId?: string
  /** Library ids from the root: tells the same place in two versions of a tree. */
  place: string
}

export function* walk(purposes: readonly SelectedPurpose[]): Iterable<Node> {
  for (const purpose of purposes) {
    const purposeId = purpose.purpose_id
    yield { kind: 'purpose', elementId: purpose.id, purposeId, place: purposeId }
    yield* walkPreferences(purpose.selected_preferences, purposeId, purposeId)
  }
}

function* walkPreferences(
  preferences: readonly SelectedPreference[],
  purposeId: string,
  above: string,
): Iterable<Node> {
  for (const preference of preferences) {
    const preferenceId = preference.preference_id
    const place = placeBelow(above, preferenceId)
    yield { kind: 'preference', elementId: preference.id, purposeId, preferenceId, place }
    for (const value of preference.selected_values) {
      const valueId = value.preference_value_id
      const valuePlace = placeBelow(place, valueId)
      yield { kind: 'value', elementId: value.id, purposeId, preferenceId, valueId, place: valuePlace }
      yield* walkPreferences(value.selected_preferences, purposeId, valuePlace)
    }
  }
}

export const placeBelow = (place: string, libraryId: string): string => `${place}/${libraryId}`
