/** Looks up people of a round. */
import { tellsOfChange } from '../describe.ts'
import { CallError } from '../errors.ts'
import { lookUp } from '../lookup.ts'
import type { Case } from '../outcome.ts'
import type { Sighting } from '../target.ts'
import type { Course } from './course.ts'
import { noticeVanished } from './vanished.ts'

/** Resolves with the org's refusal, if it refused; throws where it could not be asked. */
export async function find(course: Course, cases: readonly Case[]): Promise<CallError | undefined> {
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
    noticeVanished(course, cases, found)
    return undefined
  } catch (error) {
    if (!(error instanceof CallError) || error.kind !== 'hold') throw error
    if (tellsOfChange(error.code)) standing.descriptions.forget()
    return error
  }
}

/** Whose remembered records are gone may be created, and claims come before the look-up that finds nothing. */
export async function findLost(course: Course, remembered: readonly Case[]): Promise<CallError | undefined> {
  const lost = remembered.filter(
    ({ records, person }) => records.length === 0 && !course.claims.holds(person),
  )
  if (lost.length === 0) return undefined
  await course.claims.take(lost.map(({ person }) => person))
  return find(course, lost)
}
