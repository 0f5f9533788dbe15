/** What the doctor asks by SOQL: up to five questions in a call, of each answer the first page, or why there is none. */
import { z } from 'zod'
import { type Check, TargetError } from '../../contract.ts'
import { type Client, errorOf, type SubAnswer } from '../client.ts'
import { SUBREQUESTS_PER_CALL } from '../limits.ts'
import type { Found } from '../query.ts'
import { queryPath } from '../soql.ts'

type Look = { records: readonly Found[] } | { refusal: string }

export interface Exam {
  soql: string
  /** Among millions of records it can take longer than anybody waits: then the others are asked once more without it. */
  isSlow?: true
  findings(look: Look): Check[]
}

const page = z.object({ records: z.array(z.record(z.string(), z.unknown())) })

/** The findings of each exam, in their order; a call that fails is a refusal of its questions. */
export async function examine(client: Client, exams: readonly Exam[]): Promise<Check[][]> {
  const findings: Check[][] = []
  for (let i = 0; i < exams.length; i += SUBREQUESTS_PER_CALL) {
    const some = exams.slice(i, i + SUBREQUESTS_PER_CALL)
    const looks = await askAll(client, some)
    findings.push(...some.map((exam, j) => exam.findings(looks[j] as Look)))
  }
  return findings
}

async function askAll(client: Client, exams: readonly Exam[]): Promise<Look[]> {
  try {
    const queries = exams.map(({ soql }) => ({ method: 'GET' as const, path: queryPath(soql) }))
    return (await client.composite('query', queries)).map(lookOf)
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    const { message: refusal } = error
    const others = error.code === 'TIMEOUT' ? exams.filter(({ isSlow }) => !isSlow) : []
    const looks = others.length > 0 && others.length < exams.length ? await askAll(client, others) : []
    return exams.map(exam => looks[others.indexOf(exam)] ?? { refusal })
  }
}

function lookOf(answer: SubAnswer): Look {
  const parsed = page.safeParse(answer.body)
  return answer.status === 200 && parsed.success
    ? { records: parsed.data.records }
    : { refusal: errorOf(answer).message }
}
