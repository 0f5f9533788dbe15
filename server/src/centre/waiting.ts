/** Which choices of a person wait for their confirmation. */
import type { PersonGrant } from '../access/personTokens.ts'
import { readWaiting } from '../record/confirmations.ts'
import { mergeEventOf } from '../record/log.ts'
import { emptyStatus, merge, type Registers } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'
import { REGULATION } from './visit.ts'

/** `unasked`: no mail asks for it, since there were too many that day. */
export type Waits = 'asked' | 'unasked'

export interface Waiting {
  /** By path; without what the person has said otherwise since, which a confirmation would not change. */
  choices: ReadonlyMap<string, Waits>
  /** Ids of events. */
  unasked: ReadonlySet<string>
}

export async function waitingOf(db: Runner, person: PersonGrant, standing: Registers): Promise<Waiting> {
  const events = await readWaiting(db, person)
  const pathsOf = (waits: readonly (typeof events)[number][]): string[] => {
    const waiting = merge(emptyStatus, waits.map(mergeEventOf)).regulations[REGULATION] ?? {}
    return Object.keys(waiting).filter(path => (standing[path]?.[1] ?? 0) <= (waiting[path]?.[1] ?? 0))
  }
  // Any mail that asks for a choice will do.
  const asked = pathsOf(events.filter(({ isAsked }) => isAsked))
  return {
    choices: new Map([
      ...pathsOf(events).map(path => [path, 'unasked'] as const),
      ...asked.map(path => [path, 'asked'] as const),
    ]),
    unasked: new Set(events.filter(({ isAsked }) => !isAsked).map(({ event_id }) => event_id)),
  }
}
