/** Writes a backlog by Bulk API 2.0 and reads back what became of every row. What it cannot carry goes by collections. */
import type { Passage } from '../../contract.ts'
import { CallError } from '../errors.ts'
import { inSendingOrder, type Row } from '../plan.ts'
import { isTooMuch, type WriteGround, type WriteResult, write } from '../write.ts'
import { failure, verdictOf, type Written } from '../written.ts'
import { type BulkFile, filesOf, isSayable, recordsOf } from './csv.ts'
import { type JobEnd, NoBulk, runJob } from './job.ts'

export interface BulkGround extends WriteGround {
  bulk: NonNullable<Passage['bulk']>
  fewestRows: number
  firstPollMs: number
  againMs: number
}

export async function writeByBulk(ground: BulkGround, rows: readonly Row[]): Promise<WriteResult> {
  const written = new Map<Row, Written>()
  const others: Row[] = []
  for (const group of Map.groupBy(rows, groupOf).values()) {
    const sayable = group.filter(isBulkable)
    const isWorth = sayable.length >= ground.fewestRows
    others.push(...(isWorth ? group.filter(row => !isBulkable(row)) : group))
    if (!isWorth) continue
    const stoppedBy = await writeGroup(ground, sayable, written)
    if (stoppedBy !== undefined && !(stoppedBy instanceof NoBulk))
      return { written: withRest(rows, written, stoppedBy), stoppedBy }
    others.push(...sayable.filter(row => !written.has(row)))
  }
  const rest = await write(ground, others)
  for (const [row, result] of rest.written) written.set(row, result)
  return { ...rest, written }
}

/** A job has one object and one operation. */
const groupOf = ({ object, id, externalIdField }: Row): string =>
  [object, id === undefined ? (externalIdField ?? 'create') : 'update'].join(' ')

/** A plain creation cannot be found again in the results, nor told from one that was made twice. */
const isBulkable = ({ id, externalIdField, fields }: Row): boolean =>
  (id !== undefined || externalIdField !== undefined) && Object.values(fields).every(isSayable)

/** Resolves with what stopped it, if anything did. */
async function writeGroup(
  ground: BulkGround,
  rows: readonly Row[],
  written: Map<Row, Written>,
): Promise<unknown> {
  const [first] = rows as [Row]
  const { object, externalIdField } = first
  const operation = first.id === undefined ? 'upsert' : 'update'
  for (const file of filesOf(
    inSendingOrder(rows),
    operation === 'upsert' ? (externalIdField as string) : 'Id',
  )) {
    try {
      const end = await runJob(ground, {
        object,
        operation,
        externalIdField: operation === 'upsert' ? externalIdField : undefined,
        csv: file.text,
        rows: file.rows.size,
      })
      takeResults(file, end, written)
    } catch (error) {
      return error
    }
  }
  return undefined
}

/**
 * A job takes no header that lets an edit pass a duplicate rule which only alerts. A collection does: what a rule refused goes
 * that way, too, and only what blocks fails.
 */
const mayBeAlert = ({ id }: Row, result: Written | undefined): boolean =>
  id !== undefined && result?.ok === false && result.code === 'DUPLICATES_DETECTED'

/** A job's rows meet triggers by 200; collections can be smaller. */
const wasTooMuch = (result: Written | undefined): boolean => result?.ok === false && isTooMuch(result)

/** Whatever it was (no batches left today, for one): the next job would end so, too. */
const endedAtOnce = ({ state, successful, failed, errorMessage }: JobEnd): boolean =>
  state === 'Failed' && successful === '' && failed === '' && !namesField(errorMessage)

/** What is to go by collections as well gets no entry. */
function takeResults({ key, rows }: BulkFile, end: JobEnd, written: Map<Row, Written>): void {
  if (endedAtOnce(end)) return
  const of = end.call === undefined ? {} : { call: end.call }
  const enter = (row: Row, { code, message, fields }: RowError): void => {
    const verdict = verdictOf(row, code, message, fields)
    written.set(row, { ok: false, code, message, verdict, mayStillRun: false, fields, ...of })
  }
  for (const record of recordsOf(end.successful, [key, 'sf__Id'])) {
    const row = rows.get(record[key] ?? '')
    if (row) written.set(row, { ok: true, id: record.sf__Id || (row.id as string), ...of })
  }
  for (const record of recordsOf(end.failed, [key, 'sf__Error'])) {
    const row = rows.get(record[key] ?? '')
    if (row) enter(row, errorOf(record.sf__Error ?? ''))
  }
  for (const row of rows.values()) if (!written.has(row)) enter(row, unprocessed(end))
  for (const row of rows.values())
    if (mayBeAlert(row, written.get(row)) || wasTooMuch(written.get(row))) written.delete(row)
}

/** `CODE:message:fields --` */
function errorOf(text: string): RowError {
  const [, code = 'UNKNOWN', message = text, fields = ''] =
    /^([A-Z][A-Z0-9_]*):([\s\S]*?)(?::([^:]*)--)?$/.exec(text) ?? []
  return { code, message, fields: fields.split(/[ ,]+/).filter(field => field !== '') }
}

interface RowError {
  code: string
  message: string
  fields: readonly string[]
}

const namesField = (errorMessage = ''): boolean => /field name not found/i.test(errorMessage)

/** A field that is gone fails the whole job; anything else is taken up again. */
function unprocessed({ state, errorMessage }: JobEnd): RowError {
  if (errorMessage && namesField(errorMessage))
    return { code: 'INVALID_FIELD', message: errorMessage, fields: [] }
  return {
    code: 'BULK_UNPROCESSED',
    message: errorMessage ?? `the job ended before this row (${state})`,
    fields: [],
  }
}

function withRest(rows: readonly Row[], written: Map<Row, Written>, stoppedBy: unknown): Map<Row, Written> {
  const error = stoppedBy instanceof CallError ? stoppedBy : new CallError('TIMEOUT', 'the round was stopped')
  for (const row of rows) if (!written.has(row)) written.set(row, failure(error))
  return written
}
