/** Runs SOQL: up to five statements in a call, every page of their answers read. */
import { z } from 'zod'
import { type Client, errorOf, type SubAnswer } from './client.ts'
import { CallError } from './errors.ts'
import { SUBREQUESTS_PER_CALL } from './limits.ts'
import { queryAllPath, queryPath } from './soql.ts'

export type Found = Record<string, unknown>

export interface Query {
  soql: string
  /** Answers that would be longer are not read to the end. */
  atMost?: number
  /** Asked after each page; false ends the reading. Absent: to the end. */
  goesOn?(pages: number, records: readonly Found[]): boolean
  /** Its failure is undefined among the answers instead of the end of the whole. */
  isOptional?: boolean
  withDeleted?: boolean
}

export interface Result {
  records: readonly Found[]
  isComplete: boolean
}

const isRecord = (value: unknown): value is Found =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const page = z.object({
  totalSize: z.number(),
  done: z.boolean(),
  nextRecordsUrl: z.string().optional(),
  // Looked at, not copied one by one as z.record would.
  records: z.custom<readonly Found[]>(value => Array.isArray(value) && value.every(isRecord)),
})

/** What a query found that rode along with something else, as far as its first page; nothing where it failed. */
export const foundBy = ({ status, body }: SubAnswer): readonly Found[] =>
  (status === 200 ? page.safeParse(body).data?.records : undefined) ?? []

/** In the order of the queries. */
export async function ask(
  client: Client,
  queries: readonly Query[],
  signal?: AbortSignal,
): Promise<(Result | undefined)[]> {
  const results: (Result | undefined)[] = []
  for (let i = 0; i < queries.length; i += SUBREQUESTS_PER_CALL) {
    const some = queries.slice(i, i + SUBREQUESTS_PER_CALL)
    const answers = await answersTo(client, some, signal)
    for (const [j, query] of some.entries())
      results.push(await readAll(client, query, answers[j] as SubAnswer, signal))
  }
  return results
}

/** Together they take as long as all of them: what was too slow for one call is asked one by one. */
async function answersTo(
  client: Client,
  queries: readonly Query[],
  signal: AbortSignal | undefined,
): Promise<SubAnswer[]> {
  try {
    return await client.composite(
      'query',
      queries.map(({ soql, withDeleted }) => ({
        method: 'GET',
        path: withDeleted ? queryAllPath(soql) : queryPath(soql),
      })),
      signal,
    )
  } catch (error) {
    if (!(error instanceof CallError && error.code === 'TIMEOUT')) throw error
    const [first] = queries
    if (queries.length === 1 && first?.isOptional) return [{ status: 504, body: undefined }]
    if (queries.length === 1) throw error
    const answers: SubAnswer[] = []
    for (const query of queries) answers.push(...(await answersTo(client, [query], signal)))
    return answers
  }
}

async function readAll(
  client: Client,
  { atMost = Number.POSITIVE_INFINITY, goesOn = () => true, isOptional }: Query,
  answer: SubAnswer,
  signal: AbortSignal | undefined,
): Promise<Result | undefined> {
  if (answer.status !== 200) {
    if (isOptional) return undefined
    throw errorOf(answer)
  }
  let { totalSize, done, nextRecordsUrl, records } = pageOf(answer.body)
  if (totalSize > atMost) return { records, isComplete: false }
  for (let pages = 1; !done && nextRecordsUrl !== undefined; pages++) {
    if (!goesOn(pages, records)) return { records, isComplete: false }
    const path = nextRecordsUrl.replace(/^\/services\/data\/v[\d.]+/, '')
    const next = pageOf(await client.send('query', { method: 'GET', path }, signal))
    records = records.concat(next.records)
    ;({ done, nextRecordsUrl } = next)
  }
  return { records, isComplete: true }
}

function pageOf(body: unknown): z.infer<typeof page> {
  const parsed = page.safeParse(body)
  if (parsed.success) return parsed.data
  throw new CallError('SERVER_ERROR', 'the answer to a query has an unknown shape')
}
