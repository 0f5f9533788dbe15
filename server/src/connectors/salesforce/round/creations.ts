/** Rows that create: of whom nobody else may be creating just then, and against whom nothing speaks. */
import { creationRow, obstacleTo } from '../create.ts'
import { matchValueOf } from '../match.ts'
import type { Case } from '../outcome.ts'
import type { Row } from '../plan.ts'
import type { Course } from './course.ts'

export function creationsOf(
  { knowledge: { creation }, claims, readings }: Course,
  cases: readonly Case[],
): Row[] {
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
