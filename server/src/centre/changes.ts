/** What an event said, in the words of the widget that was shown. Pure. */

import { fill, inLanguage } from '../http/texts.ts'
import type { Consents } from '../resolve/event.ts'
import type { Snapshot, SnapshotPreference } from '../widgets/snapshot.ts'
import { textsIn } from './texts.ts'

/** One sentence per choice. What the widget does not show is named by its id. */
export function sentencesOf(consents: Consents, snapshot: Snapshot, language: string): string[] {
  const texts = textsIn(language)
  const say = (names: Readonly<Record<string, string>> | undefined, id: string) =>
    (names && inLanguage(names, language, snapshot.defaultLanguage)) || id
  return (consents.purposes ?? []).flatMap(({ id, enabled, values = {} }) => {
    const purpose = snapshot.purposes.find(one => one.id === id)
    const name = say(purpose?.name, id)
    const own = typeof enabled === 'boolean' ? [fill(enabled ? texts.accepted : texts.refused, { name })] : []
    const answers = Object.entries(values).map(([preferenceId, { value }]) => {
      const preference = findPreference(purpose?.preferences ?? [], preferenceId)
      const title = `${name} – ${say(preference?.name, preferenceId)}`
      const ids = value.split(',').filter(Boolean)
      if (ids.length === 0) return fill(texts.cleared, { name: title })
      const chosen = ids.map(valueId =>
        say(preference?.values.find(one => one.id === valueId)?.name, valueId),
      )
      return fill(texts.answered, { name: title, values: chosen.join(', ') })
    })
    return [...own, ...answers]
  })
}

function findPreference(
  preferences: readonly SnapshotPreference[],
  id: string,
): SnapshotPreference | undefined {
  for (const preference of preferences) {
    if (preference.id === id) return preference
    for (const value of preference.values) {
      const found = findPreference(value.preferences, id)
      if (found) return found
    }
  }
  return undefined
}
