/** A bad field holds up no field beside it. */
import type { Knowledge } from '../knowledge.ts'
import type { Readings, Row } from '../plan.ts'
import { type WriteGround, write } from '../write.ts'
import { failuresIn, type Written } from '../written.ts'
import type { Course } from './course.ts'
import { withoutRefused } from './withoutRefused.ts'

/** As often as rows have a bad field more; each time is a call for all of them. */
const FIELDS_LEFT_OUT = 3

/** Rows that were refused for a field are written without it. What was refused stays a failure, and says so. */
export async function writePartly(
  { knowledge, readings }: Course,
  ground: WriteGround,
  written: Map<Row, Written>,
): Promise<Map<Row, Written>> {
  const held = (row: Row) => heldBy(row, knowledge, readings)
  const partly = new Map<Row, Written>()
  /** The row that each began as. */
  let origins: ReadonlyMap<Row, Row> = new Map()
  let results: ReadonlyMap<Row, Written> = written
  for (let time = 0; time < FIELDS_LEFT_OUT; time++) {
    const lesser = new Map<Row, Row>()
    for (const [row, failed] of failuresIn(results)) {
      const rest = withoutRefused(row, failed, held)
      if (rest) lesser.set(rest, origins.get(row) ?? row)
    }
    if (lesser.size === 0) break
    results = (await write(ground, [...lesser.keys()])).written
    for (const [row, origin] of lesser) {
      const result = results.get(row)
      const refusal = written.get(origin)
      if (!result || !refusal || refusal.ok) continue
      // Tried again as a whole: an opt-out does not wait for somebody to mend the field beside it.
      if (!result.ok && result.verdict !== 'person') written.set(origin, result)
      if (!result.ok) continue
      partly.set(row, result)
      written.set(origin, { ...refusal, message: `${refusal.message} (the other fields were written)` })
    }
    origins = lesser
  }
  return partly
}

/** Fields of a row that hold what its people withdrew, and nothing that somebody else who shares the record chose since. */
function heldBy(
  { object, owners, fields }: Row,
  { columnsFor }: Knowledge,
  readings: Readings,
): ReadonlySet<string> {
  const held = new Set<string>()
  for (const owner of owners) {
    if (!owner.withdrawn) continue
    const { cells } = readings(owner, object)
    for (const name of columnsFor(object).fieldsOf(owner.withdrawn))
      if (cells.some(({ field, value }) => field === name && value === fields[name])) held.add(name)
  }
  return held
}
