/** Who goes straight to writing: their records are remembered, and are what they were. */

import { shortId } from '../match.ts'
import type { Case } from '../outcome.ts'
import type { TargetRecord } from '../target.ts'
import type { Course } from './course.ts'

export async function straightAmong(course: Course, open: readonly Case[]): Promise<Set<Case>> {
  const looksUpAll = course.standing.looksUpKnown(open.length)
  const known = open.filter(one => !looksUpAll && isTrusted(course, one))
  const converted = await convertedAmong(course, known)
  return new Set(known.filter(one => !converted.has(one)))
}

/**
 * Remembered records go straight to writing if they were found in the way that is configured now: the digest says so,
 * or this session found them for the try before. Whoever is owed again is so since a record may have appeared.
 */
const isTrusted = ({ standing, knowledge }: Course, { person, records }: Case): boolean =>
  records.length > 0 &&
  (person.digest?.startsWith(`${knowledge.scope}.`) ||
    (person.retryOf !== undefined && standing.seen.has(person.key)))

async function convertedAmong(
  { standing: { conversions }, passage: { bulk, signal } }: Course,
  known: readonly Case[],
): Promise<Set<Case>> {
  const leads: string[] = []
  for (const { records } of known) for (const { object, id } of records) if (object === 'Lead') leads.push(id)
  const converted = await conversions.among(leads, bulk !== undefined, signal)
  if (converted.size === 0) return new Set()
  const isConverted = ({ object, id }: TargetRecord): boolean =>
    object === 'Lead' && converted.has(shortId(id))
  return new Set(known.filter(({ records }) => records.some(isConverted)))
}
