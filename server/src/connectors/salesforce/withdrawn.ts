/** Whether a person's withdrawal is in the org although something else of theirs was refused. Pure. */

import type { Knowledge } from './knowledge.ts'
import { shortId } from './match.ts'
import type { Case } from './outcome.ts'
import type { Readings } from './plan.ts'

/** On each of their records, in each field that holds it. Where nothing that was withdrawn is mapped, there is nothing to write. */
export function isWithdrawn(
  { person, records, results }: Pick<Case, 'person' | 'records' | 'results'>,
  { columnsFor, isBlind }: Pick<Knowledge, 'columnsFor' | 'isBlind'>,
  readings: Readings,
): boolean {
  const { withdrawn } = person
  // A record that nobody could search for may lack it.
  if (!withdrawn || isBlind) return false
  if (withdrawn.size === 0) return true
  const written = new Set<string>()
  for (const { row, written: result } of results) {
    if (!result.ok) continue
    // On a new record a default stands in the place of what does not fit.
    const faults = row.id === undefined ? readings(person, row.object).faults : []
    for (const field in row.fields)
      if (!faults.some(fault => fault.field === field)) written.add(`${shortId(result.id)} ${field}`)
  }
  const wanted = records.flatMap(({ object, id }) =>
    columnsFor(object)
      .fieldsOf(withdrawn)
      .map(field => `${shortId(id)} ${field}`),
  )
  // None: a converted lead's contact, for which no item is.
  return wanted.length > 0 && wanted.every(one => written.has(one))
}
