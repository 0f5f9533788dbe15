/** What became of a person in a round, from the results of all their rows. Pure. */
import { type Fault, type Link, type Outcome, type Owed, sameLinks } from '../contract.ts'
import { standsIn } from './create.ts'
import { faultOf } from './errors.ts'
import type { Knowledge } from './knowledge.ts'
import { digestOf, type Readings, type Row } from './plan.ts'
import type { TargetRecord } from './target.ts'
import { isWithdrawn } from './withdrawn.ts'
import type { Failed, Written } from './written.ts'

/** A person on the way through a round. */
export interface Case {
  person: Owed
  records: readonly TargetRecord[]
  /** As the last look-up saw it. */
  convertedLead: string | undefined
  results: { row: Row; written: Written }[]
  /** The digest of what they would hold by now in the records that are remembered, where one was remembered too. */
  digest: string | undefined
  /** Nothing needs to be sent. */
  isEqual: boolean
  /** A call of this round that was not answered may still write what it was sent. */
  mayStillRun: boolean
  /** A record of theirs is another person's, too. */
  isShared: boolean
  /** Why no row was made. */
  decided: { state: 'retry' | 'failed'; error: Fault; waits?: true; links?: readonly Link[] } | undefined
}

export function outcomeOf(one: Case, knowledge: Knowledge, readings: Readings): Outcome {
  const outcome = whatBecameOf(one, knowledge, readings)
  if (one.mayStillRun) outcome.mayStillRun = true
  if (outcome.state === 'failed' && isWithdrawn(one, knowledge, readings)) outcome.isWithdrawn = true
  return outcome
}

function whatBecameOf(one: Case, knowledge: Knowledge, readings: Readings): Outcome {
  const { person, records, results, isEqual, decided } = one
  const { key } = person
  if (isEqual)
    return { key, state: 'delivered', links: person.links, written: [], ...digestPart(person.digest) }
  const links =
    records === person.links ? person.links : records.map(({ object, id }): Link => ({ object, id }))
  const written: Outcome['written'][number][] = []
  const failures: Failed[] = []
  for (const { row, written: result } of results)
    if (result.ok) written.push(writtenLink(row, result))
    else failures.push(result)
  // Before the failures that wait for somebody: a record that only was locked must not wait with them.
  const again = failures.find(({ verdict }) => verdict !== 'person')
  if (again) {
    const isLost = failures.some(({ verdict }) => verdict === 'anew') || records.length === 0
    return {
      key,
      state: 'retry',
      error: faultOf(again.code, again.message, again.call),
      links: isLost ? [] : links,
      written,
    }
  }
  if (decided) return { key, links, written, ...decided, ...misfitPart(decided.error, knowledge) }
  const [failure] = failures
  const fault = failure
    ? faultOf(failure.code, failure.message, failure.call, failure.verdict)
    : (withheldOf(knowledge, written.length > 0) ?? shortfallOf(one, knowledge, readings))
  if (fault) return { key, state: 'failed', error: fault, links, written, ...misfitPart(fault, knowledge) }
  if (links.length === 0) return { key, state: 'unmatched', links, written }
  // Without a digest: the other may change it, so it is looked at anew each time.
  if (one.isShared) return { key, state: 'delivered', links, written, error: SHARED }
  return {
    key,
    state: 'delivered',
    links,
    written,
    digest:
      one.digest !== undefined && sameLinks(links, person.links)
        ? one.digest
        : digestOf(knowledge.scope, person, links, readings),
  }
}

const writtenLink = ({ object }: Row, { id, call }: Extract<Written, { ok: true }>) =>
  call === undefined ? { object, id } : { object, id, call }

export const SHARED: Fault = {
  code: 'SHARED_RECORD',
  message: 'a record is another person’s too; field by field it holds what either of them said last',
  cure: 'If it is one human, send their events under one organization_user_id, in one spelling; if not, correct the address on the record.',
}

/** What the description tells of beforehand. */
const FORETOLD = new Set(['VALUE_DOES_NOT_FIT', 'FIELD_MISSING', 'CONVERTED_LEAD'])
/** What only the org's answer tells: of an old description, or of what no description holds (the values of a record type). */
const TOLD = new Set([
  'INVALID_TYPE_ON_FIELD_IN_RECORD',
  'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
  'STRING_TOO_LONG',
  'NUMBER_OUTSIDE_VALID_RANGE',
  'INVALID_EMAIL_ADDRESS',
  'JSON_PARSER_ERROR',
])

function misfitPart({ code }: Fault, { fit, obstacle }: Knowledge): { misfit?: string } {
  if (obstacle || FORETOLD.has(code)) return { misfit: fit }
  return TOLD.has(code) ? { misfit: '' } : {}
}

/** Nobody is delivered while a part of what is mapped cannot be written. */
function withheldOf({ obstacle, isBlind }: Knowledge, isWritten: boolean): Fault | undefined {
  if (!obstacle) return undefined
  const { code, message, cure } = obstacle
  const part = isBlind
    ? 'what is left was written to the remembered records'
    : 'the other fields were written'
  return { code, message: isWritten ? `${message}; ${part}` : message, cure }
}

const digestPart = (digest: string | undefined): { digest?: string } =>
  digest === undefined ? {} : { digest }

/** What was written, but not wholly. */
function shortfallOf(
  { person, records, results }: Case,
  { targets, columnsFor, creation }: Knowledge,
  readings: Readings,
): Fault | undefined {
  const places: readonly { object: string }[] =
    records.length > 0 ? records : creation ? [{ object: creation.description.name }] : []
  for (const { object } of places) {
    const { faults } = readings(person, object)
    if (faults.length === 0) continue
    const created = results.find(({ row, written }) => written.ok && row.id === undefined)?.row
    const fault = created ? faults.find(fault => !standsIn(created, fault, person, columnsFor)) : faults[0]
    if (fault) return fault
  }
  return followedShortfall(places, targets, columnsFor)
}

/** Of leads that became records of objects that are no target. */
function followedShortfall(
  places: readonly { object: string }[],
  targets: Knowledge['targets'],
  columnsFor: Knowledge['columnsFor'],
): Fault | undefined {
  for (const { object } of places) {
    if (targets.some(target => target.object === object)) continue
    const { isEmpty, missing } = columnsFor(object)
    if (isEmpty)
      return {
        code: 'CONVERTED_LEAD',
        message: `the lead became a ${object}, and no mapping item is for ${object}`,
        cure: `Add mapping items for ${object}, or take \`sobject\` off those for Lead.`,
      }
    if (missing.length > 0)
      return {
        code: 'FIELD_MISSING',
        message: `the lead became a ${object}, which lacks ${missing.join(', ')}; the other fields were written`,
        cure: `Add the field to ${object} with edit access for the integration user, or give the mapping item "sobject": "Lead".`,
      }
  }
  return undefined
}
