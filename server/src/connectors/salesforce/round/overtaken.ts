/** What others chose for a shared record while it was written. */
import { shortId } from '../match.ts'
import type { Case } from '../outcome.ts'
import { updatesOf } from '../plan.ts'
import type { Course } from './course.ts'
import { recordsOfAll } from './sharing.ts'

/**
 * Somebody else who stands behind a record may have chosen, and been delivered, between our reading of their choice and the
 * arrival of ours: then it holds the older one. Read again after the write, nobody's choice is missed: what comes later is
 * delivered later.
 */
export async function noticeOvertaken(course: Course, cases: readonly Case[]): Promise<void> {
  const wrote = cases.filter(({ results }) => results.some(({ written }) => written.ok))
  if (wrote.length === 0) return
  const records = await recordsOfAll(course, wrote, ({ records }) => records)
  // Who shares with nobody wrote what they would write now.
  const shared = wrote.filter(({ isShared }) => isShared)
  if (shared.length === 0) return
  const newest = new Map(updatesOf(records, course.readings).map(row => [shortId(row.id ?? ''), row.fields]))
  // What was to be created may have been there by then: an upsert writes it.
  const isOlder = ({ row, written }: Case['results'][number]): boolean => {
    const fields = written.ok ? newest.get(shortId(row.id ?? written.id)) : undefined
    return Object.entries(fields ?? {}).some(
      ([field, value]) => row.fields[field] !== undefined && row.fields[field] !== value,
    )
  }
  for (const one of shared)
    if (one.results.some(isOlder)) one.decided ??= { state: 'retry', error: SHARED_RECORD_CHANGED }
}

const SHARED_RECORD_CHANGED = {
  code: 'SHARED_RECORD_CHANGED',
  message: 'another person who shares the record chose anew while it was written',
  cure: 'Nothing to do: it is written once more.',
}
