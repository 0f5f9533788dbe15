/** What an event said, in the words of the widget that was shown. Pure. */
import type { Content } from '../http/html.ts'
import { fill, inLanguage, type Texts } from '../http/texts.ts'
import type { Consents } from '../resolve/event.ts'
import type { Snapshot, SnapshotPreference } from '../widgets/snapshot.ts'
import { textsIn } from './texts.ts'
import { told } from './told.ts'

/** One per choice: which sentence, and of what. */
interface Said {
  sentence: 'accepted' | 'refused' | 'answered' | 'cleared'
  /** Of the purpose, then of its preference. */
  of: Named[]
  values: Named[]
}
/** What the widget does not show is named by its id. */
interface Named {
  id: string
  names: Texts
}

/** For mails and programs. */
export function sentencesOf(consents: Consents, snapshot: Snapshot, language: string): string[] {
  const texts = textsIn(language)
  const say = ({ id, names }: Named) => inLanguage(names, language, snapshot.defaultLanguage) || id
  return saidIn(consents, snapshot).map(({ sentence, of, values }) =>
    fill(texts[sentence], { name: of.map(say).join(BETWEEN_NAMES), values: values.map(say).join(', ') }),
  )
}

/** For pages: a name that is not in the language of the sentence is marked as what it is. */
export function toldSentencesOf(consents: Consents, snapshot: Snapshot, language: string): Content[] {
  const texts = textsIn(language)
  const tell = ({ id, names }: Named) => told(names, language, snapshot.defaultLanguage) || id
  return saidIn(consents, snapshot).map(({ sentence, of, values }) => {
    const places = { name: joined(of.map(tell), BETWEEN_NAMES), values: joined(values.map(tell), ', ') }
    return texts[sentence].split(/(\{name\}|\{values\})/).map(part => {
      if (part === '{name}') return places.name
      return part === '{values}' ? places.values : part
    })
  })
}

const BETWEEN_NAMES = ' – '
const joined = (items: Content[], between: string): Content[] =>
  items.flatMap((item, i) => (i === 0 ? [item] : [between, item]))

function saidIn({ purposes = [] }: Consents, snapshot: Snapshot): Said[] {
  return purposes.flatMap(({ id, enabled, values = {} }): Said[] => {
    const purpose = snapshot.purposes.find(one => one.id === id)
    const named = { id, names: purpose?.name ?? {} }
    const answers = Object.entries(values).map(([preferenceId, { value }]): Said => {
      const preference = findPreference(purpose?.preferences ?? [], preferenceId)
      const ids = value.split(',').filter(Boolean)
      return {
        sentence: ids.length === 0 ? 'cleared' : 'answered',
        of: [named, { id: preferenceId, names: preference?.name ?? {} }],
        values: ids.map(valueId => ({
          id: valueId,
          names: preference?.values.find(one => one.id === valueId)?.name ?? {},
        })),
      }
    })
    if (typeof enabled !== 'boolean') return answers
    return [{ sentence: enabled ? 'accepted' : 'refused', of: [named], values: [] }, ...answers]
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
