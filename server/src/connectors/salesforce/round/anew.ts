/** Whose records were not what we remember, as the write showed. */
import { heldByConvertedLead } from '../create.ts'
import { shortId } from '../match.ts'
import type { Case } from '../outcome.ts'
import { isAmong } from '../rivals.ts'
import type { Course } from './course.ts'
import { find } from './find.ts'
import { goneKey, isGone } from './gone.ts'
import { send } from './send.ts'

export const isStale = ({ results }: Case): boolean =>
  results.some(({ written }) => !written.ok && written.verdict === 'anew') || isTaken(results)

/**
 * A duplicate rule or a unique field refused the creation. The record that it means may be ours, made since the look-up; if the
 * next look-up does not find it by the match field, it is a stranger's (rules match by names, too) and is not touched.
 */
const isTaken = (results: Case['results']): boolean =>
  results.some(({ row, written }) => row.id === undefined && !written.ok && DUPLICATES.has(written.code)) &&
  // Created without the field beside it that was taken.
  !results.some(({ written }) => written.ok)

const DUPLICATES = new Set(['DUPLICATES_DETECTED', 'DUPLICATE_VALUE'])

/** Those whose records are not what we remember: looked up and written once more, in the same round. */
export async function sendAnew(course: Course, stale: readonly Case[]): Promise<unknown> {
  if (stale.length === 0) return undefined
  const gone = new Set<string>()
  for (const { results } of stale)
    for (const { row, written } of results) if (isGone(written)) gone.add(goneKey(row))
  try {
    await course.claims.take(stale.map(({ person }) => person))
    const blind = await find(course, stale)
    if (blind) return blind
  } catch (error) {
    return error
  }
  for (const one of stale) {
    // A lead's word for its contact; a record that was seen itself is there, whatever the first answer meant.
    one.records = one.records.filter(({ id, isFollowed }) => !(isFollowed && gone.has(shortId(id))))
    one.results = finalOf(one)
  }
  const stoppedBy = await send(course, stale, gone)
  for (const one of stale) giveUpHeld(course, one)
  return stoppedBy
}

/** What will not be written again: what was written, with what was refused beside it as long as the record is the person's. */
function finalOf({ results, records }: Case): Case['results'] {
  const written = results.filter(result => result.written.ok).map(({ row }) => shortId(row.id ?? ''))
  return results.filter(({ row, written: { ok } }) => {
    if (ok || row.id === undefined) return ok
    return written.includes(shortId(row.id)) && isAmong(records, { object: row.object, id: row.id })
  })
}

/** The look-up before it saw no lead; a repetition would not see it either. */
function giveUpHeld({ knowledge: { creation } }: Course, one: Case): void {
  const isHeld = ({ row, written }: Case['results'][number]): boolean =>
    row.id === undefined && !written.ok && written.code === 'CANNOT_UPDATE_CONVERTED_LEAD'
  if (!creation || !one.results.some(isHeld)) return
  one.results = one.results.filter(result => !isHeld(result))
  one.decided = { state: 'failed', error: heldByConvertedLead(creation.matcher, 'a converted lead') }
}
