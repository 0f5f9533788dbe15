/** One round: who changed, where their records are, rows, writes, and what became of each person. */
import type { Outcome, Owed } from '../../contract.ts'
import { createClaims } from '../claims.ts'
import { faultOf } from '../errors.ts'
import type { Knowledge } from '../knowledge.ts'
import { type Case, outcomeOf } from '../outcome.ts'
import { createReadings, digestOf, isSilent } from '../plan.ts'
import type { TargetRecord } from '../target.ts'
import { isStale, sendAnew } from './anew.ts'
import type { Course, Round } from './course.ts'
import { find, findLost } from './find.ts'
import { noticeOvertaken } from './overtaken.ts'
import { send } from './send.ts'
import { straightAmong } from './straight.ts'

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
    const remembered = open.filter(({ person }) => person.links.length > 0).length
    const course: Course = { ...round, readings, claims, remembered, vanished: new Set() }
    const stoppedBy = await run(course, open).finally(claims.release)
    if (stoppedBy !== undefined && !open.some(({ results }) => results.some(({ written }) => written.ok)))
      throw stoppedBy
    await noticeOvertaken(course, open)
    round.standing.vanishing.add(course.vanished.size, remembered)
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
  const straight = await straightAmong(course, open)
  const searched = open.filter(one => !straight.has(one))
  const { unknown = [], remembered = [] } = Object.groupBy(searched, ({ records }) =>
    records.length === 0 ? 'unknown' : 'remembered',
  )
  await course.claims.take(unknown.map(({ person }) => person))
  const blind = (await find(course, searched)) ?? (await findLost(course, remembered))
  if (blind) {
    // The others can still be written: nobody's withdrawal waits for somebody else's look-up.
    for (const one of searched) one.decided = { state: 'retry', error: faultOf(blind.code, blind.message) }
    return (await send(course, [...straight])) ?? blind
  }
  const stoppedBy = await send(course, open)
  return stoppedBy ?? sendAnew(course, open.filter(isStale))
}
