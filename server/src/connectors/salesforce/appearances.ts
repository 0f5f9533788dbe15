/**
 * Records that are new or changed since a moment, for people who had none. Reads the few that moved in the org instead of
 * searching for everybody who waits.
 *
 * What this integration's own user wrote is not left out. A record whose e-mail address somebody has just changed to that
 * of a person who waits may have been written by us since, for the person to whom it belonged before.
 */
import type { Appearance, Appearances } from '../contract.ts'
import type { Client } from './client.ts'
import type { OrgClock } from './clock.ts'
import { type Knowledge, tellsOfMerges } from './knowledge.ts'
import { ask, type Found, type Query } from './query.ts'
import { recordOf, type Target } from './target.ts'

/** Of 2,000 records, per object and look: the rest comes with the next. */
const PAGES = 5
/**
 * A change is stamped when its transaction does it and can be seen when that ends, minutes later with slow triggers. What
 * is stamped after this is looked at again.
 */
const LATE_COMMITS_MS = 5 * 60_000

/** What is asked of one object, and what its records stand for. */
interface Look {
  query: Query
  appearancesOf(found: Found): Appearance[]
}

export async function appeared(
  client: Client,
  clock: OrgClock,
  { targets, objects, described }: Knowledge,
  since: Date,
  signal: AbortSignal,
): Promise<Appearances> {
  // Before the first answer the org's clock is not known.
  await client.version()
  const settledMs = wholeSecondMs(clock.now()) - LATE_COMMITS_MS
  const sinceMs = wholeSecondMs(since)
  // Contacts that leads were followed to are not searched, but they are merged.
  const followed = objects.filter(
    object => !targets.some(target => target.object === object) && tellsOfMerges(described.get(object)),
  )
  const looks = [
    ...targets.map(target => lookAt(target, sinceMs)),
    ...followed.map(object => lookAtMerges(object, sinceMs)),
  ]
  const results = await ask(
    client,
    looks.map(({ query }) => query),
    signal,
  )
  const records = new Map<string, Appearance>()
  let untilMs = settledMs
  for (const [i, { appearancesOf }] of looks.entries()) {
    const { records: found = [], isComplete = false } = results[i] ?? {}
    for (const one of found)
      for (const appearance of appearancesOf(one))
        records.set([appearance.id, appearance.value, appearance.insteadOf].join(' '), appearance)
    // Others with the last stamp may be on the next page: it is where the next look begins.
    if (!isComplete) untilMs = Math.min(untilMs, stampOf(found))
  }
  return { records: [...records.values()], until: new Date(Math.max(untilMs, sinceMs)) }
}

/** Stamps have no fractions: what happened later in this second bears its beginning. */
const wholeSecondMs = (at: Date): number => Math.floor(at.getTime() / 1000) * 1000

function lookAt(target: Target, sinceMs: number): Look {
  const { object, matcher, select } = target
  // A converted lead leads whoever remembers it to its contact, whatever its own address is by now.
  const meant = [`${matcher.field} != null`, ...(object === 'Lead' ? ['IsConverted = true'] : [])].join(
    ' OR ',
  )
  // A merged record leads them to the one that was kept.
  const query = target.tellsOfMerges
    ? queryOf(object, [...select, ...MERGED], `${IS_MERGED} OR (IsDeleted = false AND (${meant}))`, sinceMs)
    : queryOf(object, select, meant, sinceMs)
  return {
    query: { ...query, withDeleted: target.tellsOfMerges },
    appearancesOf: found => (found.IsDeleted === true ? keptOf(object, found) : appearancesOf(target, found)),
  }
}

const lookAtMerges = (object: string, sinceMs: number): Look => ({
  query: { ...queryOf(object, ['Id', ...MERGED], IS_MERGED, sinceMs), withDeleted: true },
  appearancesOf: found => keptOf(object, found),
})

const MERGED = ['IsDeleted', 'MasterRecordId']
const IS_MERGED = 'MasterRecordId != null'

function queryOf(object: string, select: readonly string[], meant: string, sinceMs: number): Query {
  const where = `SystemModstamp >= ${new Date(sinceMs).toISOString()} AND (${meant})`
  return {
    soql: `SELECT ${[...select, 'SystemModstamp'].join(',')} FROM ${object} WHERE ${where} ORDER BY SystemModstamp, Id`,
    // A mass update gives thousands one stamp: a look that ended within it would be repeated for ever.
    goesOn: (pages, found) => pages < PAGES || stampOf(found) <= sinceMs,
  }
}

const stampOf = (found: readonly Found[]): number => Date.parse(String(found.at(-1)?.SystemModstamp))

/** Of what is deleted only what it was merged into. */
function keptOf(object: string, { Id, MasterRecordId }: Found): Appearance[] {
  if (typeof MasterRecordId !== 'string') return []
  return [{ object, id: MasterRecordId, value: '', insteadOf: String(Id) }]
}

/** As a look-up would find it: the account side of a person account, the contact of a converted lead. */
function appearancesOf({ object, matcher, withoutPersonContacts }: Target, found: Found): Appearance[] {
  if (withoutPersonContacts && found.IsPersonAccount === true) return []
  const record = recordOf(object, found)
  if (!record) return []
  const value = found[matcher.field] ?? ''
  // A record's id has two forms.
  const forms = [String(value), matcher.keyOf(value)]
  const values = new Set(matcher.isExact ? forms : forms.map(form => form.toLowerCase()))
  const exactly = matcher.isExact ? { isExact: true as const } : {}
  const led = record.isFollowed ? { insteadOf: String(found.Id) } : {}
  return [...values].map(value => ({ object: record.object, id: record.id, value, ...exactly, ...led }))
}
