/** Which choices of a person wait for their confirmation. */
import type { PersonGrant } from '../access/personTokens.ts'
import { readWaiting } from '../record/confirmations.ts'
import { mergeEventOf } from '../record/log.ts'
import { emptyStatus, merge, type Registers } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'
import { REGULATION } from './visit.ts'

/** @returns paths; without what the person has said otherwise since, which a confirmation would not change */
export async function waitingOf(
  db: Runner,
  person: PersonGrant,
  standing: Registers,
): Promise<ReadonlySet<string>> {
  const events = await readWaiting(db, person)
  const waiting = merge(emptyStatus, events.map(mergeEventOf)).regulations[REGULATION] ?? {}
  const paths = Object.entries(waiting).filter(([path, [, at]]) => (standing[path]?.[1] ?? 0) <= at)
  return new Set(paths.map(([path]) => path))
}
