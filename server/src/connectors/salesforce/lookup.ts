/**
 * Finds the records of people: by the match field, by the ids we remember, from converted leads to their contacts, and from
 * merged records to those that were kept.
 */
import type { Owed } from '../contract.ts'
import { type Asked, createAssignment } from './assignment.ts'
import type { Client } from './client.ts'
import type { Conversions } from './conversions.ts'
import { matchValueOf, shortId } from './match.ts'
import { type Fate, fatesOf } from './merges.ts'
import { ask, type Result } from './query.ts'
import { literal, pack } from './soql.ts'
import type { Sighting, Target, TargetRecord } from './target.ts'

export interface LookupGround {
  client: Client
  conversions: Conversions
  knowledge: { targets: readonly Target[]; objects: readonly string[] }
  signal: AbortSignal
}

interface Plan extends Asked {
  soql: string
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
