/** One round: who changed, where their records are, rows, writes, and what became of each person. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Ground, Outcome, Owed, Passage, TargetError } from '../contract.ts'
import { writeByBulk } from './bulk/write.ts'
import { type CreationClaims, createClaims } from './claims.ts'
import { creationRow, heldByConvertedLead, obstacleTo } from './create.ts'
import { tellsOfChange } from './describe.ts'
import { CallError, faultOf } from './errors.ts'
import type { Knowledge } from './knowledge.ts'
import { lookUp, type Sighting, type TargetRecord } from './lookup.ts'
import { matchValueOf, shortId } from './match.ts'
import { type Case, outcomeOf } from './outcome.ts'
import { createReadings, digestOf, isSilent, type Readings, type Row, updatesOf } from './plan.ts'
import { isAmong, withRivals } from './rivals.ts'
import type { Standing } from './standing.ts'
import { withoutRefused } from './withoutRefused.ts'
import { type WriteGround, write } from './write.ts'
import { type Failed, failuresIn, type Written } from './written.ts'

export interface Round {
  standing: Standing
  knowledge: Knowledge
  passage: Passage
  rivals: Ground['rivals']
  bulkPatience: { fewestRows: number; firstPollMs: number; againMs: number }
  lockPausesMs: readonly number[]
  /** No call is begun after this. */
  deadlineMs: number
}

interface Course extends Round {
  readings: Readings
  claims: CreationClaims
}

/** Throws only where nothing was written: what was done must not be forgotten because of what came after it. */
export async function deliver(round: Round, people: readonly Owed[]): Promise<Outcome[]> {
  const readings = createReadings(round.knowledge.columnsFor)
  const { knowledge } = round
  const cases = people.map((person): Case => {
    const digest = person.digest && digestOf(knowledge.scope, person, person.links, readings)
    return {
      person,
      records: linksOf(person, knowledge),
      convertedLead: undefined,
      results: [],
      digest,
      isEqual:
        isSilent(person, knowledge.objects, readings) || (digest !== undefined && digest === person.digest),
      mayStillRun: false,
      isShared: false,
      decided: undefined,
    }
  })
  const open = cases.filter(({ isEqual }) => !isEqual)
  if (open.length > 0) {
    const claims = createClaims(round.passage, round.knowledge)
    const course = { ...round, readings, claims }
    const stoppedBy = await run(course, open).finally(claims.release)
    if (stoppedBy !== undefined && !open.some(({ results }) => results.some(({ written }) => written.ok)))
      throw stoppedBy
    await noticeOvertaken(course, open)
  }
  const outcomes = cases.map(one => outcomeOf(one, round.knowledge, readings))
  // What is delivered is remembered by its digest: without one, it is to be looked up.
  for (const { key, state } of outcomes) if (state === 'delivered') round.standing.seen.delete(key)
  return outcomes
}

/** Without those of objects that are no longer configured. */
const linksOf = ({ links }: Owed, { objects }: Knowledge): readonly TargetRecord[] =>
  links.every(({ object }) => objects.includes(object))
    ? links
    : links.filter(({ object }) => objects.includes(object))

async function run(course: Course, open: readonly Case[]): Promise<unknown> {
  const looksUpAll = course.standing.looksUpKnown(open.length)
  const known = open.filter(one => !looksUpAll && isTrusted(course, one))
  const converted = await convertedAmong(course, known)
  const direct = new Set(known.filter(one => !converted.has(one)))
  const searched = open.filter(one => !direct.has(one))
  const { unknown = [], remembered = [] } = Object.groupBy(searched, ({ records }) =>
    records.length === 0 ? 'unknown' : 'remembered',
  )
  await course.claims.take(unknown.map(({ person }) => person))
  const blind = (await find(course, searched)) ?? (await findLost(course, remembered))
  if (blind) {
    // The others can still be written: nobody's withdrawal waits for somebody else's look-up.
    for (const one of searched) one.decided = { state: 'retry', error: faultOf(blind.code, blind.message) }
    return (await send(course, [...direct])) ?? blind
  }
  const stoppedBy = await send(course, open)
  return stoppedBy ?? sendAnew(course, open.filter(isStale))
}

/**
 * Remembered records go straight to writing if they were found in the way that is configured now: the digest says so,
 * or this session found them.
 */
const isTrusted = ({ standing, knowledge }: Course, { person, records }: Case): boolean =>
  records.length > 0 && (person.digest?.startsWith(`${knowledge.scope}.`) || standing.seen.has(person.key))

const isStale = ({ results }: Case): boolean =>
  results.some(({ written }) => !written.ok && written.verdict === 'anew') || isTaken(results)

/**
 * A duplicate rule or a unique field refused the creation. The record that it means may be ours, made since the look-up; if the
 * next look-up does not find it by the match field, it is a stranger's (rules match by names, too) and is not touched.
 */
const isTaken = (results: Case['results']): boolean =>
  results.some(({ row, written }) => row.id === undefined && !written.ok && DUPLICATES.has(written.code)) &&
  // Created without the field beside it that was taken.
  !results.some(({ written }) => written.ok)

const DUPLICATES = new Set(['DUPLICATES_DETECTED', 'DUPLICATE_VALUE'])

async function convertedAmong(
  { standing: { conversions }, passage: { signal } }: Course,
  known: readonly Case[],
): Promise<Set<Case>> {
  const leads: string[] = []
  for (const { records } of known) for (const { object, id } of records) if (object === 'Lead') leads.push(id)
  const converted = await conversions.among(leads, signal)
  if (converted.size === 0) return new Set()
  const isConverted = ({ object, id }: TargetRecord): boolean =>
    object === 'Lead' && converted.has(shortId(id))
  return new Set(known.filter(({ records }) => records.some(isConverted)))
}

/** Resolves with the org's refusal, if it refused; throws where it could not be asked. */
async function find(course: Course, cases: readonly Case[]): Promise<CallError | undefined> {
  const { standing, knowledge, passage } = course
  const { signal } = passage
  const { client, conversions, seen } = standing
  try {
    const people = cases.map(({ person }) => person)
    const found = await lookUp({ client, conversions, knowledge, signal }, people)
    for (const one of cases) {
      const { records, convertedLead } = found.get(one.person) as Sighting
      Object.assign(one, { records, convertedLead })
      seen.add(one.person.key)
    }
    noticeVanished(cases, found)
    return undefined
  } catch (error) {
    if (!(error instanceof CallError) || error.kind !== 'hold') throw error
    if (tellsOfChange(error.code)) standing.descriptions.forget()
    return error
  }
}

/** From so many on, and where they are half of those whose records are remembered, it is no chance. */
const VANISHED_TOGETHER = 10

/**
 * Whose records were hidden (a sharing rule, a role) would be created anew, thousands at once, and who withdrew be nobody's. So
 * they fail for a day, visibly; their next try takes them for people whose records are gone.
 */
function noticeVanished(cases: readonly Case[], found: ReadonlyMap<Owed, Sighting>): void {
  const vanished = cases.filter(({ person }) => found.get(person)?.isVanished)
  const remembered = cases.filter(({ person }) => person.links.length > 0)
  if (vanished.length < VANISHED_TOGETHER || vanished.length * 2 < remembered.length) return
  for (const one of vanished) one.decided = { state: 'failed', error: RECORDS_VANISHED }
}

const RECORDS_VANISHED = {
  code: 'RECORDS_VANISHED',
  message: 'the records of many people are seen no more at once, and are not among the deleted',
  cure: 'Give the integration user access to them again (sharing, role, View All Data), then replay who failed. If they are gone, replay once more, or wait for the next day’s try: they are taken for people without a record.',
}

/** Whose remembered records are gone may be created, and claims come before the look-up that finds nothing. */
async function findLost(course: Course, remembered: readonly Case[]): Promise<CallError | undefined> {
  const lost = remembered.filter(
    ({ records, person }) => records.length === 0 && !course.claims.holds(person),
  )
  if (lost.length === 0) return undefined
  await course.claims.take(lost.map(({ person }) => person))
  return find(course, lost)
}

/** `gone`: what was refused as not there, and looked up since. Resolves with what ended it early, if anything did. */
async function send(
  course: Course,
  cases: readonly Case[],
  gone: ReadonlySet<string> = NONE_GONE,
): Promise<unknown> {
  const { standing, readings, passage, deadlineMs } = course
  const byPerson = new Map<Owed, Case>()
  for (const one of cases) byPerson.set(one.person, one)
  const updates = updatesOf(await recordsOfAll(course, cases, pendingOf), readings)
  const creations = creationsOf(
    course,
    cases.filter(({ records }) => records.length === 0),
  )
  const ground = { ...standing, signal: passage.signal, deadlineMs }
  const rows = creations.length === 0 ? updates : [...updates, ...creations]
  const { written, stoppedBy } = await (passage.bulk
    ? writeByBulk({ ...ground, ...course.bulkPatience, bulk: passage.bulk }, rows)
    : write(ground, rows))
  if (stoppedBy === undefined) await writeLocked(ground, course.lockPausesMs, written)
  if (gone.size > 0) giveUpThere(written, gone)
  const partly = stoppedBy === undefined ? await writePartly(course, ground, written) : new Map()
  let refused: TargetError | undefined
  for (const results of [written, partly])
    for (const [row, result] of results) {
      if (!result.ok && result.verdict === 'stop') refused ??= new CallError(result.code, result.message)
      const mayStillRun = !result.ok && result.mayStillRun
      // A creation that may still run bars another one; a repeated upsert makes no second record.
      if (mayStillRun && isPlainCreation(row)) course.claims.leave(row.owners[0] as Owed)
      for (const owner of row.owners) {
        const one = byPerson.get(owner)
        if (!one) continue // a rival, who is not delivered by this round
        one.results.push({ row, written: result })
        if (mayStillRun) one.mayStillRun = true
        if (result.ok && row.id === undefined)
          one.records = [...one.records, { object: row.object, id: result.id }]
      }
    }
  if (failuresIn(written).some(([, { code }]) => tellsOfChange(code))) standing.descriptions.forget()
  return stoppedBy ?? refused
}

const NONE_GONE: ReadonlySet<string> = new Set()

async function recordsOfAll(
  course: Course,
  cases: readonly Case[],
  recordsOf: (one: Case) => readonly TargetRecord[],
): Promise<ReadonlyMap<Owed, readonly TargetRecord[]>> {
  const given = new Map<Owed, readonly TargetRecord[]>()
  for (const one of cases) given.set(one.person, recordsOf(one))
  const { records, sharing } = await withRivals(course, given)
  for (const one of cases) if (sharing.has(one.person)) one.isShared = true
  return records
}

/**
 * Somebody else who stands behind a record may have chosen, and been delivered, between our reading of their choice and the
 * arrival of ours: then it holds the older one. Read again after the write, nobody's choice is missed: what comes later is
 * delivered later.
 */
async function noticeOvertaken(course: Course, cases: readonly Case[]): Promise<void> {
  const wrote = cases.filter(({ results }) => results.some(({ written }) => written.ok))
  if (wrote.length === 0) return
  const records = await recordsOfAll(course, wrote, ({ records }) => records)
  // Who shares with nobody wrote what they would write now.
  const shared = wrote.filter(({ isShared }) => isShared)
  if (shared.length === 0) return
  const newest = new Map(updatesOf(records, course.readings).map(row => [shortId(row.id ?? ''), row.fields]))
  // What was to be created may have been there by then: an upsert writes it.
  const isOlder = ({ row, written }: Case['results'][number]): boolean => {
    const fields = written.ok ? newest.get(shortId(row.id ?? written.id)) : undefined
    return Object.entries(fields ?? {}).some(
      ([field, value]) => row.fields[field] !== undefined && row.fields[field] !== value,
    )
  }
  for (const one of shared)
    if (one.results.some(isOlder)) one.decided ??= { state: 'retry', error: SHARED_RECORD_CHANGED }
}

const SHARED_RECORD_CHANGED = {
  code: 'SHARED_RECORD_CHANGED',
  message: 'another person who shares the record chose anew while it was written',
  cure: 'Nothing to do: it is written once more.',
}

/** Rows that were locked are tried again by themselves, sorted by what is locked along with them. */
async function writeLocked(
  ground: WriteGround,
  pausesMs: readonly number[],
  written: Map<Row, Written>,
): Promise<void> {
  for (const pauseMs of pausesMs) {
    const locked = failuresIn(written).flatMap(([row, failed]) => (isLock(failed) ? [row] : []))
    if (locked.length === 0) return
    await pause(pauseMs, undefined, { signal: ground.signal }).catch(() => undefined)
    if (ground.signal.aborted) return
    for (const [row, result] of (await write(ground, locked)).written) written.set(row, result)
  }
}

const isLock = ({ code, message }: { code: string; message: string }): boolean =>
  /UNABLE_TO_LOCK_ROW|unable to obtain exclusive access/i.test(`${code} ${message}`)

/** As often as rows have a bad field more; each time is a call for all of them. */
const FIELDS_LEFT_OUT = 3

/** Rows that were refused for a field are written without it. What was refused stays a failure, and says so. */
async function writePartly(
  { knowledge, readings }: Course,
  ground: WriteGround,
  written: Map<Row, Written>,
): Promise<Map<Row, Written>> {
  const held = (row: Row) => heldBy(row, knowledge, readings)
  const partly = new Map<Row, Written>()
  /** The row that each began as. */
  let origins: ReadonlyMap<Row, Row> = new Map()
  let results: ReadonlyMap<Row, Written> = written
  for (let time = 0; time < FIELDS_LEFT_OUT; time++) {
    const lesser = new Map<Row, Row>()
    for (const [row, failed] of failuresIn(results)) {
      const rest = withoutRefused(row, failed, held)
      if (rest) lesser.set(rest, origins.get(row) ?? row)
    }
    if (lesser.size === 0) break
    results = (await write(ground, [...lesser.keys()])).written
    for (const [row, origin] of lesser) {
      const result = results.get(row)
      const refusal = written.get(origin)
      if (!result || !refusal || refusal.ok) continue
      // Tried again as a whole: an opt-out does not wait for somebody to mend the field beside it.
      if (!result.ok && result.verdict !== 'person') written.set(origin, result)
      if (!result.ok) continue
      partly.set(row, result)
      written.set(origin, { ...refusal, message: `${refusal.message} (the other fields were written)` })
    }
    origins = lesser
  }
  return partly
}

/** Fields of a row that hold what its people withdrew, and nothing that somebody else who shares the record chose since. */
function heldBy(
  { object, owners, fields }: Row,
  { columnsFor }: Knowledge,
  readings: Readings,
): ReadonlySet<string> {
  const held = new Set<string>()
  for (const owner of owners) {
    if (!owner.withdrawn) continue
    const { cells } = readings(owner, object)
    for (const name of columnsFor(object).fieldsOf(owner.withdrawn))
      if (cells.some(({ field, value }) => field === name && value === fields[name])) held.add(name)
  }
  return held
}

const isPlainCreation = ({ id, externalIdField }: Row): boolean =>
  id === undefined && externalIdField === undefined

/** Records that this round has not written yet. */
const pendingOf = ({ records, results }: Case): readonly TargetRecord[] =>
  results.length === 0
    ? records
    : records.filter(
        ({ id }) =>
          !results.some(
            ({ row, written }) => written.ok && row.id !== undefined && shortId(row.id) === shortId(id),
          ),
      )

function creationsOf({ knowledge: { creation }, claims, readings }: Course, cases: readonly Case[]): Row[] {
  if (!creation) return []
  const keys = new Set<string>()
  return cases.flatMap(one => {
    const { person } = one
    const { cells } = readings(person, creation.description.name)
    if (cells.length === 0 || matchValueOf(person.organizationUserId) === '' || person.isErased) return []
    if (one.decided) return []
    const obstacle = obstacleTo(creation, person, one)
    if (obstacle) {
      one.decided = { state: 'failed', error: obstacle }
      return []
    }
    const key = creation.matcher.keyOf(matchValueOf(person.organizationUserId))
    if (!claims.holds(person) || keys.has(key)) {
      one.decided = { state: 'retry', error: BEING_CREATED, waits: true }
      return []
    }
    keys.add(key)
    return [creationRow(creation, person, cells)]
  })
}

const BEING_CREATED = {
  code: 'BEING_CREATED',
  message: 'a record for this person may be on its way already',
  cure: 'Nothing to do: the person is looked up again.',
}

/** Those whose records are not what we remember: looked up and written once more, in the same round. */
async function sendAnew(course: Course, stale: readonly Case[]): Promise<unknown> {
  if (stale.length === 0) return undefined
  const gone = new Set<string>()
  for (const { results } of stale)
    for (const { row, written } of results) if (isGone(written)) gone.add(goneKey(row))
  try {
    await course.claims.take(stale.map(({ person }) => person))
    const blind = await find(course, stale)
    if (blind) return blind
  } catch (error) {
    return error
  }
  for (const one of stale) {
    // A lead's word for its contact; a record that was seen itself is there, whatever the first answer meant.
    one.records = one.records.filter(({ id, isFollowed }) => !(isFollowed && gone.has(shortId(id))))
    one.results = finalOf(one)
  }
  const stoppedBy = await send(course, stale, gone)
  for (const one of stale) giveUpHeld(course, one)
  return stoppedBy
}

/** What will not be written again: what was written, with what was refused beside it as long as the record is the person's. */
function finalOf({ results, records }: Case): Case['results'] {
  const written = results.filter(result => result.written.ok).map(({ row }) => shortId(row.id ?? ''))
  return results.filter(({ row, written: { ok } }) => {
    if (ok || row.id === undefined) return ok
    return written.includes(shortId(row.id)) && isAmong(records, { object: row.object, id: row.id })
  })
}

/** The look-up before it saw no lead; a repetition would not see it either. */
function giveUpHeld({ knowledge: { creation } }: Course, one: Case): void {
  const isHeld = ({ row, written }: Case['results'][number]): boolean =>
    row.id === undefined && !written.ok && written.code === 'CANNOT_UPDATE_CONVERTED_LEAD'
  if (!creation || !one.results.some(isHeld)) return
  one.results = one.results.filter(result => !isHeld(result))
  one.decided = { state: 'failed', error: heldByConvertedLead(creation.matcher, 'a converted lead') }
}

/** Seen between two refusals, the record is there; it is something that it refers to, although no field is named. */
function giveUpThere(written: Map<Row, Written>, gone: ReadonlySet<string>): void {
  for (const [row, failed] of failuresIn(written))
    if (isGone(failed) && gone.has(goneKey(row))) written.set(row, { ...failed, verdict: 'person' })
}

const isGone = (written: Written): written is Failed =>
  !written.ok && written.verdict === 'anew' && written.code !== 'CANNOT_UPDATE_CONVERTED_LEAD'

/** What is created refers to others, too. */
const goneKey = ({ id, owners }: Row): string => (id === undefined ? `new ${owners[0]?.key}` : shortId(id))
