/** Gives each found record to its people: those who remember it, and those whose value it holds. Pure. */
import type { Owed } from '../contract.ts'
import { type Matcher, matchValueOf, shortId } from './match.ts'
import type { Lost } from './merges.ts'
import type { Found } from './query.ts'
import { isConvertedLead, recordOf, type Sighting, type Target, type TargetRecord } from './target.ts'

/** What a record was found by. */
export interface Asked {
  object: string
  target: Target | undefined
}

export function createAssignment(people: readonly Owed[], objects: readonly string[]) {
  const byPerson = new Map<Owed, Sighting>(people.map(person => [person, { records: [] }]))
  const byLink = new Map<string, Owed[]>()
  /** Remembered ones that were not seen yet, by their short ids. */
  let unseen = new Map<string, Lost>()
  for (const person of people)
    for (const { object, id } of person.links) {
      push(byLink, shortId(id), person)
      if (objects.includes(object)) unseen.set(shortId(id), { object, id })
    }
  const byValue = new Map<Matcher, Map<string, Owed[]>>()

  function peopleOf(matcher: Matcher): Map<string, Owed[]> {
    const known = byValue.get(matcher)
    if (known) return known
    const byKey = new Map<string, Owed[]>()
    for (const person of people) push(byKey, matcher.keyOf(matchValueOf(person.organizationUserId)), person)
    byValue.set(matcher, byKey)
    return byKey
  }

  /** A record without a value, which is there since somebody remembers it, matches nobody. */
  function matchedBy(matcher: Matcher, found: Found): readonly Owed[] {
    const value = found[matcher.field] ?? ''
    return value === '' ? [] : (peopleOf(matcher).get(matcher.keyOf(value)) ?? [])
  }

  return {
    byPerson,
    takeLost(): Lost[] {
      const lost = [...unseen.values()]
      unseen = new Map()
      return lost
    },
    tellVanished(lost: readonly Lost[]): void {
      for (const { id } of lost)
        for (const person of byLink.get(shortId(id)) ?? [])
          (byPerson.get(person) as Sighting).isVanished = true
    },
    /** Whoever remembers the lost one is given what was kept instead; the ids that are to be looked for. */
    follow({ object, id }: Lost, kept: string | undefined): string[] {
      if (kept === undefined) return []
      for (const person of byLink.get(shortId(id)) ?? []) push(byLink, shortId(kept), person)
      unseen.set(shortId(kept), { object, id: kept })
      return [kept]
    },
    add({ object, target }: Asked, found: Found): void {
      unseen.delete(shortId(String(found.Id)))
      if (target?.withoutPersonContacts && found.IsPersonAccount === true) return
      const matched = target ? matchedBy(target.matcher, found) : []
      if (isConvertedLead(object, found))
        for (const person of matched) (byPerson.get(person) as Sighting).convertedLead = String(found.Id)
      const record = recordOf(object, found, target?.matcher)
      if (!record) return
      const owners = new Set([...(byLink.get(shortId(String(found.Id))) ?? []), ...matched])
      for (const person of owners) addOnce((byPerson.get(person) as Sighting).records, record)
    },
  }
}

/** A contact that was also seen itself is no longer only followed. */
function addOnce(records: TargetRecord[], record: TargetRecord): void {
  const at = records.findIndex(({ id }) => shortId(id) === shortId(record.id))
  if (at === -1) records.push(record)
  else if (records[at]?.isFollowed) records[at] = record
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
