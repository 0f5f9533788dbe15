/**
 * Finds the records of people: by the match field, by the ids we remember, from converted leads to their contacts, and from
 * merged records to those that were kept.
 */
import type { Owed } from '../contract.ts'
import type { Client } from './client.ts'
import type { Conversions } from './conversions.ts'
import { type Matcher, matchValueOf, shortId } from './match.ts'
import { type Fate, fatesOf, type Lost } from './merges.ts'
import { ask, type Found, type Result } from './query.ts'
import { literal, pack } from './soql.ts'

export interface TargetRecord {
  object: string
  id: string
  /** What its match field holds; absent: nothing, or it was not looked at. */
  value?: string
  /** What Salesforce locks along with the record. */
  parent?: string
  /** Of a person account: its contact. */
  side?: string
  /** The contact of a converted lead, taken from the lead's word and not yet seen itself. */
  isFollowed?: boolean
}

/** What a look-up saw of a person. */
export interface Sighting {
  records: TargetRecord[]
  /** A converted lead that holds the person's value, whatever became of its contact. */
  convertedLead?: string | undefined
  /** Records are remembered and none is seen, nor known to have been deleted. */
  isVanished?: boolean
}

export interface Target {
  object: string
  matcher: Matcher
  /** What is read of each record; nothing that is hidden from the integration user, which would fail the whole query. */
  select: readonly string[]
  /** Leaves out the contact side of person accounts, where their account side is a target itself. */
  withoutPersonContacts: boolean
  /** A deleted record says which one it was merged into. */
  tellsOfMerges: boolean
}

export interface LookupGround {
  client: Client
  conversions: Conversions
  knowledge: { targets: readonly Target[]; objects: readonly string[] }
  signal: AbortSignal
}

interface Plan {
  object: string
  soql: string
  target: Target | undefined
}

/** What was kept in one merge can be given up in the next. */
const MERGES_FOLLOWED = 4

/** Everybody gets an entry; nobody's has no record for a reason other than that no record was found. */
export async function lookUp(
  { client, conversions, knowledge: { targets, objects }, signal }: LookupGround,
  people: readonly Owed[],
): Promise<Map<Owed, Sighting>> {
  const plans = [
    ...targets.flatMap(target => plansOf(target.object, target, people)),
    // Contacts that we followed leads to, where contacts themselves are no target.
    ...objects
      .filter(object => !targets.some(target => target.object === object))
      .flatMap(object => plansOf(object, undefined, people)),
  ]
  const sweep = targets.some(({ object }) => object === 'Lead') ? conversions.dueSweep() : undefined
  // Only where the sweep is free: in a call that has room for one more query.
  const withSweep = sweep && plans.length % 5 !== 0 ? sweep : undefined
  const results = await ask(client, [...plans, ...(withSweep ? [withSweep.query] : [])], signal)
  withSweep?.take(results[plans.length])
  const found = createAssignment(people, objects)
  const take = (some: readonly Plan[], results: readonly (Result | undefined)[]) =>
    some.forEach((plan, i) => {
      for (const record of results[i]?.records ?? []) found.add(plan, record)
    })
  take(plans, results)
  for (let merges = 0; merges < MERGES_FOLLOWED; merges++) {
    const lost = found.takeLost()
    const fates = lost.length > 0 ? await fatesOf(client, lost, signal) : new Map<string, Fate>()
    found.tellVanished(lost.filter(({ id }) => !fates.has(shortId(id))))
    if (fates.size === 0) break
    const kept = objects.flatMap(object => {
      const target = targets.find(target => target.object === object)
      const ids = lost
        .filter(one => one.object === object)
        .flatMap(one => found.follow(one, fates.get(shortId(one.id))?.keptBy))
      return packed(object, target, [], ids)
    })
    take(kept, await ask(client, kept, signal))
  }
  for (const sighting of found.byPerson.values()) {
    sighting.records = withoutSides(sighting.records)
    if (sighting.records.length > 0) sighting.isVanished = false
  }
  return found.byPerson
}

/** A lead that became a person account names its contact; what is written goes through the account. */
function withoutSides(records: TargetRecord[]): TargetRecord[] {
  const sides = new Set(records.flatMap(({ side }) => (side === undefined ? [] : [shortId(side)])))
  return sides.size === 0 ? records : records.filter(({ id }) => !sides.has(shortId(id)))
}

function plansOf(object: string, target: Target | undefined, people: readonly Owed[]): Plan[] {
  const ids = people.flatMap(({ links }) => links.filter(link => link.object === object).map(({ id }) => id))
  const values = target
    ? people.map(({ organizationUserId }) => target.matcher.literalOf(matchValueOf(organizationUserId)))
    : []
  return packed(
    object,
    target,
    values.filter(value => value !== undefined),
    ids,
  )
}

function packed(
  object: string,
  target: Target | undefined,
  values: readonly string[],
  ids: readonly string[],
): Plan[] {
  const anyOf = [
    { field: target?.matcher.field ?? 'Id', literals: [...new Set(values)] },
    { field: 'Id', literals: [...new Set(ids.map(id => literal(shortId(id))))] },
  ].filter(({ literals }) => literals.length > 0)
  const statements = pack({ object, select: target?.select ?? ['Id'], anyOf })
  return statements.map(soql => ({ object, soql, target }))
}

/** Gives each found record to its people: those who remember it, and those whose value it holds. */
function createAssignment(people: readonly Owed[], objects: readonly string[]) {
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
    add({ object, target }: Plan, found: Found): void {
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

/** Undefined: a converted lead whose contact is gone or hidden; it stands for nobody any more. */
export function recordOf(object: string, found: Found, matcher?: Matcher): TargetRecord | undefined {
  if (isConvertedLead(object, found))
    return typeof found.ConvertedContactId === 'string'
      ? { object: 'Contact', id: found.ConvertedContactId, isFollowed: true }
      : undefined
  const record: TargetRecord = { object, id: String(found.Id) }
  if (typeof found.AccountId === 'string') record.parent = found.AccountId
  if (typeof found.PersonContactId === 'string') record.side = found.PersonContactId
  const value = matcher && found[matcher.field]
  if (typeof value === 'string') record.value = matchValueOf(value)
  return record
}

const isConvertedLead = (object: string, { IsConverted }: Found): boolean =>
  object === 'Lead' && IsConverted === true

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
