import type { WidgetPreference } from './widget.ts'

/** With those below the values. */
export const everyPreference = (preferences: readonly WidgetPreference[]): WidgetPreference[] =>
  preferences.flatMap(one => [one, ...one.values.flatMap(value => everyPreference(value.preferences))])
