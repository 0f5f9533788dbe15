/** What became of a row, as the org's answer tells it. Pure. */
import { z } from 'zod'
import { type CallError, judge } from './errors.ts'
import type { Row } from './plan.ts'
import type { Verdict } from './rules.ts'

export type Written =
  | { ok: true; id: string; call?: string | undefined }
  /** mayStillRun: the org may be about to do it nevertheless. */
  | {
      ok: false
      code: string
      message: string
      verdict: Verdict
      mayStillRun: boolean
      fields?: readonly string[]
      call?: string | undefined
    }

export type Failed = Extract<Written, { ok: false }>

/** Absent, or null. */
const listOf = <T extends z.ZodType>(one: T) =>
  z
    .array(one)
    .nullish()
    .transform(list => list ?? [])

const rowResult = z.object({
  id: z.string().nullish(),
  success: z.boolean(),
  errors: listOf(
    z.object({
      statusCode: z.string().nullish(),
      errorCode: z.string().nullish(),
      message: z.string().nullish(),
      fields: listOf(z.string()),
    }),
  ),
})

export type RowResult = z.infer<typeof rowResult>

/** Undefined: the answer has an unknown shape. */
export function resultsOf(body: unknown): RowResult[] | undefined {
  if (!Array.isArray(body)) return undefined
  const results: RowResult[] = []
  for (const one of body) {
    const result = isPlainSuccess(one) ? one : rowResult.safeParse(one).data
    if (!result) return undefined
    results.push(result)
  }
  return results
}

/** Nearly every row: not worth a copy. */
const isPlainSuccess = (one: RowResult): boolean =>
  one?.success === true && typeof one.id === 'string' && Array.isArray(one.errors) && one.errors.length === 0

export function writtenOf(row: Row, { success, id, errors }: RowResult, call?: string): Written {
  if (success) return { ok: true, id: id ?? (row.id as string), call }
  const refusals = (errors.length > 0 ? errors : [NO_REASON]).map(error => {
    const code = error.statusCode ?? error.errorCode ?? 'UNKNOWN'
    const message = error.message ?? NO_REASON.message
    return { code, message, verdict: verdictOf(row, code, message, error.fields) }
  })
  const [worst] = refusals.sort(
    (a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict),
  ) as [(typeof refusals)[0]]
  // A row is tried again twice without what is named: all that is named at once.
  const fields = errors.flatMap(({ fields }) => fields)
  return { ok: false, ...worst, mayStillRun: false, fields, call }
}

const NO_REASON: RowResult['errors'][number] & { message: string } = {
  message: 'refused without a reason',
  fields: [],
}

/** What is tried again by itself does not help a row that waits for somebody; that does not help one whose record is gone. */
const WORST_FIRST: readonly Verdict[] = ['stop', 'anew', 'person', 'transient']

/** No look-up mends a field that leads to what is gone. */
export function verdictOf(row: Row, code: string, message: string, fields: readonly string[]): Verdict {
  const { verdict, cureIfThere } = judge(code, message)
  return cureIfThere !== undefined && isNamed(row, fields) ? 'person' : verdict
}

/** Whether these fields are some of the row's. */
export const isNamed = (row: Row, fields: readonly string[]): boolean =>
  fields.some(name => Object.keys(row.fields).some(field => field.toLowerCase() === name.toLowerCase()))

export const failure = ({ code, message, mayStillRun, call }: CallError): Failed => ({
  ok: false,
  code,
  message,
  verdict: judge(code, message).verdict,
  mayStillRun,
  ...(call === undefined ? {} : { call }),
})

/** Mostly none: the many that went well are walked over, not copied. */
export function failuresIn(results: ReadonlyMap<Row, Written>): [Row, Failed][] {
  const failures: [Row, Failed][] = []
  for (const [row, written] of results) if (!written.ok) failures.push([row, written])
  return failures
}
