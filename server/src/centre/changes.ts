/** What an event said, in the words of the widget that was shown. Pure. */
import type { Content } from '../http/html.ts'
import { fill, inLanguage, type Texts } from '../http/texts.ts'
import type { Consents } from '../resolve/event.ts'
import type { Snapshot, SnapshotPreference } from '../widgets/snapshot.ts'
import { textsIn } from './texts.ts'
import { told } from './told.ts'

/** In which words it is told. */
export interface Words {
  snapshot: Pick<Snapshot, 'purposes' | 'defaultLanguage'>
  /** Of what the snapshot does not hold: by `purpose {id}`, `preference {id}` and `value {preference id} {id}`. */
  others: ReadonlyMap<string, Texts>
  language: string
}

/** One per choice: which sentence, and of what. */
interface Said {
  sentence: 'accepted' | 'refused' | 'answered' | 'cleared'
  /** Of the purpose, then of its preference. */
  of: Named[]
  values: Named[]
}
/** What nobody has named is named by its id. */
interface Named {
  id: string
  names: Texts
}

/** For mails and programs. */
export function sentencesOf(consents: Consents, words: Words): string[] {
  const { language, snapshot } = words
  const texts = textsIn(language)
  const say = ({ id, names }: Named) => inLanguage(names, language, snapshot.defaultLanguage) || id
  return saidIn(consents, words).map(({ sentence, of, values }) =>
    fill(texts[sentence], {
      name: of.map(say).join(BETWEEN_NAMES),
      values: values.map(say).join(texts.listed),
    }),
  )
}

/** For pages: a name that is not in the language of the sentence is marked as what it is. */
export function toldSentencesOf(consents: Consents, words: Words): Content[] {
  const { language, snapshot } = words
  const texts = textsIn(language)
  const tell = ({ id, names }: Named) => told(names, language, snapshot.defaultLanguage) || id
  return saidIn(consents, words).map(({ sentence, of, values }) => {
    const places = {
      name: joined(of.map(tell), BETWEEN_NAMES),
      values: joined(values.map(tell), texts.listed),
    }
    return texts[sentence].split(/(\{name\}|\{values\})/).map(part => {
      if (part === '{name}') return places.name
      return part === '{values}' ? places.values : part
    })
  })
}

const BETWEEN_NAMES = ' – '
const joined = (items: Content[], between: string): Content[] =>
  items.flatMap((item, i) => (i === 0 ? [item] : [between, item]))

/** In the order in which the widget shows it: a stored event keeps none of its own. */
function saidIn({ purposes = [] }: Consents, { snapshot, others }: Words): Said[] {
  const named = (id: string, names: Texts | undefined, key: string): Named => ({
    id,
    names: names ?? others.get(key) ?? {},
  })
  return inOrder(purposes, ({ id }) => id, snapshot.purposes).flatMap(
    ({ id, enabled, values = {} }): Said[] => {
      const purpose = snapshot.purposes.find(one => one.id === id)
      const itself = named(id, purpose?.name, `purpose ${id}`)
      const asked = everyPreference(purpose?.preferences ?? [])
      const answers = inOrder(Object.entries(values), ([key]) => key, asked).map(
        ([preferenceId, { value }]): Said => {
          const preference = asked.find(one => one.id === preferenceId)
          const ids = value.split(',').filter(Boolean)
          return {
            sentence: ids.length === 0 ? 'cleared' : 'answered',
            of: [itself, named(preferenceId, preference?.name, `preference ${preferenceId}`)],
            values: ids.map(valueId =>
              named(
                valueId,
                preference?.values.find(one => one.id === valueId)?.name,
                `value ${preferenceId} ${valueId}`,
              ),
            ),
          }
        },
      )
      if (typeof enabled !== 'boolean') return answers
      return [{ sentence: enabled ? 'accepted' : 'refused', of: [itself], values: [] }, ...answers]
    },
  )
}

/** What is not shown comes last. */
function inOrder<T>(items: readonly T[], idOf: (item: T) => string, shown: readonly { id: string }[]): T[] {
  const places = new Map(shown.map(({ id }, i) => [id, i]))
  const placeOf = (item: T): number => places.get(idOf(item)) ?? places.size
  return items.toSorted((a, b) => placeOf(a) - placeOf(b))
}

const everyPreference = (preferences: readonly SnapshotPreference[]): SnapshotPreference[] =>
  preferences.flatMap(one => [one, ...one.values.flatMap(value => everyPreference(value.preferences))])
