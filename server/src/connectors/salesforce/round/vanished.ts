/** Many whose remembered records are seen no more at once. */
import type { Owed } from '../../contract.ts'
import type { Case } from '../outcome.ts'
import type { Sighting } from '../target.ts'
import type { Course } from './course.ts'

/** From so many on, and where they are half of those whose records are remembered, it is no chance. */
const VANISHED_TOGETHER = 10

/**
 * Whose records were hidden (a sharing rule, a role) would be created anew, thousands at once, and who withdrew be nobody's. So
 * they fail for a day, visibly, and their records are remembered; their next try takes them for people whose records are gone.
 * People choose one at a time, too: what the rounds of the last hour met counts with this one's.
 */
export function noticeVanished(
  { standing, remembered, vanished }: Course,
  cases: readonly Case[],
  found: ReadonlyMap<Owed, Sighting>,
): void {
  for (const one of cases)
    if (found.get(one.person)?.isVanished) vanished.add(one)
    // Seen by the second look-up of the round.
    else if (vanished.delete(one)) one.decided = undefined
  const before = standing.vanishing.sum()
  const all = vanished.size + before.vanished
  if (all < VANISHED_TOGETHER || all * 2 < remembered + before.remembered) return
  for (const one of vanished) {
    const { links, retryOf } = one.person
    if (retryOf !== RECORDS_VANISHED.code) one.decided = { state: 'failed', error: RECORDS_VANISHED, links }
  }
}

const RECORDS_VANISHED = {
  code: 'RECORDS_VANISHED',
  message: 'the records of many people are seen no more at once, and are not among the deleted',
  cure: 'Give the integration user access to them again (sharing, role), then replay who failed. If they are gone, there is nothing to do: the next day’s try takes them for people without a record.',
}
