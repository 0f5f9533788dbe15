/**
 * Whoever else stands behind a record has a say in what it holds: whose id its match field holds but for case, and whoever
 * remembers it, since it once held theirs. Of a record that goes straight to writing only those are found whose id is our own but
 * for case: it is looked up again in quiet times.
 */
import type { Ground, Link, Owed } from '../contract.ts'
import { creationKey } from './claims.ts'
import type { TargetRecord } from './lookup.ts'
import { shortId } from './match.ts'

export interface Shared {
  /** Everybody who has a say, with the records in which they have it. */
  records: Map<Owed, readonly TargetRecord[]>
  /** Of those who were given: whose record is another person's, too. */
  sharing: ReadonlySet<Owed>
}

export async function withRivals(
  rivals: Ground['rivals'],
  given: ReadonlyMap<Owed, readonly TargetRecord[]>,
): Promise<Shared> {
  const records = new Map(given)
  const sharing = new Set<Owed>()
  const keys = new Set<string>()
  const values = new Set<string>()
  /** Looked up just now. */
  const seen = new Set<string>()
  let holdOthers = false
  for (const [person, ofPerson] of given) {
    const own = creationKey(person)
    keys.add(own)
    if (ofPerson.length > 0) values.add(own)
    for (const { value, id } of ofPerson) {
      if (value) seen.add(id)
      if (value && value !== own) {
        holdOthers = true
        values.add(value)
      }
    }
  }
  if (values.size === 0) return { records, sharing }
  const found = await rivals([...given.keys()], [...values], [...seen])
  // Nearly always: everybody has an address of their own, and their records hold it.
  if (found.size === 0 && keys.size === given.size && !holdOthers) return { records, sharing }
  const everyone = new Map([...given.keys()].map(person => [person.key, person]))
  for (const others of found.values()) for (const other of others) everyone.set(other.key, other)
  const byKey = Map.groupBy(everyone.values(), creationKey)
  const byRecord = new Map<string, Owed[]>()
  for (const one of everyone.values())
    for (const { id } of one.links) byRecord.set(shortId(id), [...(byRecord.get(shortId(id)) ?? []), one])
  for (const [person, ofPerson] of given)
    for (const record of ofPerson) {
      const own = creationKey(person)
      const others = [...(byKey.get(record.value || own) ?? []), ...(byRecord.get(shortId(record.id)) ?? [])]
      for (const other of others) {
        if (other === person) continue
        sharing.add(person)
        const ofOther = records.get(other) ?? []
        if (!isAmong(ofOther, record)) records.set(other, [...ofOther, record])
      }
    }
  return { records, sharing }
}

export const isAmong = (links: readonly Link[], { id }: Link): boolean =>
  links.some(link => shortId(link.id) === shortId(id))
