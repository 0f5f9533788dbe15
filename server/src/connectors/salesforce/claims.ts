/**
 * The right to create, for the people of a round: taken before they are looked up, so that nobody else creates between the
 * look-up and the creation; given back when it is known what became of it. Where that stays unknown it is kept, and ends
 * when the call must have ended.
 */
import type { Owed, Passage } from '../contract.ts'
import type { Knowledge } from './knowledge.ts'
import { matchValueOf } from './match.ts'

export interface CreationClaims {
  take(people: readonly Owed[]): Promise<void>
  holds(person: Owed): boolean
  /** The creation may still be under way. */
  leave(person: Owed): void
  release(): Promise<void>
}

export const creationKey = ({ organizationUserId }: Owed): string =>
  matchValueOf(organizationUserId).toLowerCase()

export function createClaims(
  passage: Pick<Passage, 'claimCreations' | 'releaseCreations'>,
  { creation }: Pick<Knowledge, 'creation'>,
): CreationClaims {
  // By a unique external id the org itself makes one record of many attempts.
  const isNeeded = creation !== undefined && !creation.matcher.isUniqueExternalId
  const held = new Set<string>()
  const left = new Set<string>()
  return {
    async take(people) {
      const keys = isNeeded ? people.map(creationKey).filter(key => !held.has(key)) : []
      if (keys.length === 0) return
      for (const key of await passage.claimCreations(keys)) held.add(key)
    },
    holds: person => !isNeeded || held.has(creationKey(person)),
    leave: person => void left.add(creationKey(person)),
    async release() {
      const keys = [...held].filter(key => !left.has(key))
      if (keys.length > 0) await passage.releaseCreations(keys)
    },
  }
}
