/** What a person chose, and what of it they changed since. Pure. */
import { everyPreference, type PurposeChange, type Widget, type WidgetPurpose } from '@heed/client'

interface Choice {
  /** Undefined: the person has never said. */
  enabled?: boolean | undefined
  /** Ids of the chosen values by preference, joined by commas. */
  values: Record<string, string>
}
/** By id of the purpose. */
export type Choices = Record<string, Choice>

export const choicesOf = (purposes: readonly PurposeChange[]): Choices =>
  Object.fromEntries(
    purposes.map(({ id, enabled, values = {} }) => [
      id,
      { enabled, values: Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value])) },
    ]),
  )

export const choiceOf = (choices: Choices, purposeId: string): Choice => {
  choices[purposeId] ??= { values: {} }
  return choices[purposeId]
}

export const chosenIn = (choices: Choices, purposeId: string, preferenceId: string): string[] =>
  (choices[purposeId]?.values[preferenceId] ?? '').split(',').filter(Boolean)

/** Never having said and not accepting are shown the same, so that they are the same here. */
export function changesBetween(before: Choices, after: Choices): PurposeChange[] {
  return Object.entries(after).flatMap(([id, { enabled, values }]): PurposeChange[] => {
    const was = before[id]
    const changed = Object.entries(values).filter(([key, value]) => (was?.values[key] ?? '') !== value)
    const isChanged = (enabled ?? false) !== (was?.enabled ?? false)
    if (!isChanged && changed.length === 0) return []
    return [
      {
        id,
        ...(isChanged ? { enabled: enabled ?? false } : {}),
        ...(changed.length > 0
          ? { values: Object.fromEntries(changed.map(([key, value]) => [key, { value }])) }
          : {}),
      },
    ]
  })
}

export const numberOf = (changes: readonly PurposeChange[]): number =>
  changes.reduce(
    (sum, { enabled, values = {} }) => sum + Number(enabled !== undefined) + Object.keys(values).length,
    0,
  )

/** As choices stand when these have been recorded. */
export function withChanges(choices: Choices, changes: readonly PurposeChange[]): Choices {
  const next = structuredClone(choices)
  for (const { id, enabled, values = {} } of changes) {
    const choice = choiceOf(next, id)
    if (enabled !== undefined) choice.enabled = enabled
    for (const [key, { value }] of Object.entries(values)) choice.values[key] = value
  }
  return next
}

/** All that the person has not refused. */
export const everythingOff = ({ all_purposes }: Widget, choices: Choices): PurposeChange[] =>
  all_purposes.filter(id => choices[id]?.enabled !== false).map(id => ({ id, enabled: false }))

/** One sentence per choice. */
export function sentencesOf({ purposes, texts }: Widget, changes: readonly PurposeChange[]): string[] {
  return changes.flatMap(({ id, enabled, values = {} }) => {
    const purpose: WidgetPurpose | undefined = purposes.find(one => one.id === id)
    const name = purpose?.name ?? id
    const own = enabled === undefined ? [] : [fill(enabled ? texts.accepted : texts.refused, { name })]
    const answers = Object.entries(values).map(([key, { value }]) => {
      const preference = everyPreference(purpose?.preferences ?? []).find(one => one.id === key)
      const title = `${name} – ${preference?.name ?? key}`
      const chosen = value.split(',').filter(Boolean)
      if (chosen.length === 0) return fill(texts.cleared, { name: title })
      const names = chosen.map(one => preference?.values.find(({ id }) => id === one)?.name ?? one)
      return fill(texts.answered, { name: title, values: names.join(', ') })
    })
    return [...own, ...answers]
  })
}

export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
