/** Whoever else has a say in the records of people, and whose records are another person's, too. */
import type { Owed } from '../../contract.ts'
import type { Case } from '../outcome.ts'
import { withRivals } from '../rivals.ts'
import type { TargetRecord } from '../target.ts'
import type { Course } from './course.ts'

export async function recordsOfAll(
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
