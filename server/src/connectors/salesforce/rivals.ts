/**
 * Whoever else stands behind a record has a say in what it holds: whose id its match field takes for the value that it holds, and
 * whoever remembers it, since it once held theirs. Of a record that goes straight to writing only those are found whose id is our
 * own but for case: it is looked up again in quiet times.
 */
import type { Ground, Link, Owed } from '../contract.ts'
import { creationKey } from './claims.ts'
import { type Matcher, matchValueOf, shortId } from './match.ts'
import type { Target, TargetRecord } from './target.ts'

interface RivalGround {
  rivals: Ground['rivals']
  knowledge: { targets: readonly Target[] }
}

export interface Shared {
  /** Everybody who has a say, with the records in which they have it. */
  records: ReadonlyMap<Owed, readonly TargetRecord[]>
  /** Of those who were given: whose record is another person's, too. */
  sharing: ReadonlySet<Owed>
}

export async function withRivals(
  { rivals, knowledge: { targets } }: RivalGround,
  given: ReadonlyMap<Owed, readonly TargetRecord[]>,
): Promise<Shared> {
  const values = new Set<string>()
  /** Looked up just now. */
  const seen = new Set<string>()
  let anyRecord = false
  let isEachTheirOwn = true
  for (const [person, ofPerson] of given) {
    const own = creationKey(person)
    if (values.has(own)) isEachTheirOwn = false
    values.add(own)
    for (const { value, id } of ofPerson) {
      anyRecord = true
      if (!value) continue
      seen.add(id)
      const folded = value.toLowerCase()
      if (folded === own) continue
      isEachTheirOwn = false
      values.add(folded)
    }
  }
  if (!anyRecord) return { records: given, sharing: NOBODY }
  const found = await rivals([...given.keys()], [...values], [...seen])
  // Nearly always: everybody has an address of their own, and their records hold it.
  if (found.size === 0 && isEachTheirOwn) return { records: given, sharing: NOBODY }
  const records = new Map(given)
  const sharing = new Set<Owed>()
  const everyone = new Map([...given.keys()].map(person => [person.key, person]))
  for (const others of found.values()) for (const other of others) everyone.set(other.key, other)
  const alike = createAlikes([...everyone.values()])
  const byRecord = new Map<string, Owed[]>()
  for (const one of everyone.values())
    for (const { id } of one.links) byRecord.set(shortId(id), [...(byRecord.get(shortId(id)) ?? []), one])
  for (const [person, ofPerson] of given)
    for (const record of ofPerson) {
      // A contact that leads were followed to, where contacts are no target: it is as the lead was.
      const { matcher } = targets.find(({ object }) => object === record.object) ?? (targets[0] as Target)
      const value = record.value || matchValueOf(person.organizationUserId)
      const others = [...alike(matcher, value), ...(byRecord.get(shortId(record.id)) ?? [])]
      for (const other of others) {
        if (other === person) continue
        sharing.add(person)
        const ofOther = records.get(other) ?? []
        if (!isAmong(ofOther, record)) records.set(other, [...ofOther, record])
      }
    }
  return { records, sharing }
}

const NOBODY: ReadonlySet<Owed> = new Set()

/** Those whose id a match field takes for a value: where it tells cases apart, nobody else's that is equal but for case. */
function createAlikes(everyone: readonly Owed[]): (matcher: Matcher, value: string) => readonly Owed[] {
  const known = new Map<Matcher, Map<string, Owed[]>>()
  return (matcher, value) => {
    let byKey = known.get(matcher)
    if (!byKey) {
      byKey = Map.groupBy(everyone, one => matcher.keyOf(matchValueOf(one.organizationUserId)))
      known.set(matcher, byKey)
    }
    return byKey.get(matcher.keyOf(value)) ?? []
  }
}

export const isAmong = (links: readonly Link[], { id }: Link): boolean =>
  links.some(link => shortId(link.id) === shortId(id))
