/** Writes the rows of people, and enters what became of each with its people. */
import type { Owed, TargetError } from '../../contract.ts'
import { writeByBulk } from '../bulk/write.ts'
import { tellsOfChange } from '../describe.ts'
import { CallError } from '../errors.ts'
import { shortId } from '../match.ts'
import type { Case } from '../outcome.ts'
import { type Row, updatesOf } from '../plan.ts'
import type { TargetRecord } from '../target.ts'
import { write } from '../write.ts'
import { failuresIn } from '../written.ts'
import type { Course } from './course.ts'
import { creationsOf } from './creations.ts'
import { giveUpThere } from './gone.ts'
import { writeLocked } from './locked.ts'
import { writePartly } from './partly.ts'
import { recordsOfAll } from './sharing.ts'

/** `gone`: what was refused as not there, and looked up since. Resolves with what ended it early, if anything did. */
export async function send(
  course: Course,
  cases: readonly Case[],
  gone: ReadonlySet<string> = NONE_GONE,
): Promise<unknown> {
  const { standing, readings, passage, deadlineMs } = course
  const byPerson = new Map<Owed, Case>()
  for (const one of cases) byPerson.set(one.person, one)
  const updates = updatesOf(await recordsOfAll(course, cases, pendingOf), readings)
  const creations = creationsOf(
    course,
    cases.filter(({ records }) => records.length === 0),
  )
  const ground = { ...standing, signal: passage.signal, deadlineMs }
  const rows = creations.length === 0 ? updates : [...updates, ...creations]
  const { written, stoppedBy } = await (passage.bulk
    ? writeByBulk({ ...ground, ...course.bulkPatience, bulk: passage.bulk }, rows)
    : write(ground, rows))
  if (stoppedBy === undefined) await writeLocked(ground, course.lockPausesMs, written)
  if (gone.size > 0) giveUpThere(written, gone)
  const partly = stoppedBy === undefined ? await writePartly(course, ground, written) : new Map()
  let refused: TargetError | undefined
  for (const results of [written, partly])
    for (const [row, result] of results) {
      if (!result.ok && result.verdict === 'stop') refused ??= new CallError(result.code, result.message)
      const mayStillRun = !result.ok && result.mayStillRun
      // A creation that may still run bars another one; a repeated upsert makes no second record.
      if (mayStillRun && isPlainCreation(row)) course.claims.leave(row.owners[0] as Owed)
      for (const owner of row.owners) {
        const one = byPerson.get(owner)
        if (!one) continue // a rival, who is not delivered by this round
        one.results.push({ row, written: result })
        if (mayStillRun) one.mayStillRun = true
        if (result.ok && row.id === undefined)
          one.records = [...one.records, { object: row.object, id: result.id }]
      }
    }
  if (failuresIn(written).some(([, { code }]) => tellsOfChange(code))) standing.descriptions.forget()
  return stoppedBy ?? refused
}

const NONE_GONE: ReadonlySet<string> = new Set()

/** Records that this round has not written yet. */
const pendingOf = ({ records, results }: Case): readonly TargetRecord[] =>
  results.length === 0
    ? records
    : records.filter(
        ({ id }) =>
          !results.some(
            ({ row, written }) => written.ok && row.id !== undefined && shortId(row.id) === shortId(id),
          ),
      )

const isPlainCreation = ({ id, externalIdField }: Row): boolean =>
  id === undefined && externalIdField === undefined
