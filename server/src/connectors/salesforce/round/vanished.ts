/** Many whose remembered records are seen no more at once. */
import type { Owed } from '../../contract.ts'
import type { Case } from '../outcome.ts'
import type { Sighting } from '../target.ts'

/** From so many on, and where they are half of those whose records are remembered, it is no chance. */
const VANISHED_TOGETHER = 10

/**
 * Whose records were hidden (a sharing rule, a role) would be created anew, thousands at once, and who withdrew be nobody's. So
 * they fail for a day, visibly; their next try takes them for people whose records are gone.
 */
export function noticeVanished(cases: readonly Case[], found: ReadonlyMap<Owed, Sighting>): void {
  const vanished = cases.filter(({ person }) => found.get(person)?.isVanished)
  const remembered = cases.filter(({ person }) => person.links.length > 0)
  if (vanished.length < VANISHED_TOGETHER || vanished.length * 2 < remembered.length) return
  for (const one of vanished) one.decided = { state: 'failed', error: RECORDS_VANISHED }
}

const RECORDS_VANISHED = {
  code: 'RECORDS_VANISHED',
  message: 'the records of many people are seen no more at once, and are not among the deleted',
  cure: 'Give the integration user access to them again (sharing, role), then replay who failed. If they are gone, replay once more, or wait for the next day’s try: they are taken for people without a record.',
}
