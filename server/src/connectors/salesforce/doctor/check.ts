/**
 * The connection test: every check that can be made, in the order in which an administrator would mend them. A finding
 * with a cure that is ok nevertheless is advice. Costs a call per object, and one or two for all that is asked by SOQL.
 */
import { type Check, type Source, TargetError } from '../../contract.ts'
import type { Client } from '../client.ts'
import type { OrgClock } from '../clock.ts'
import type { Description, Descriptions } from '../describe.ts'
import { hostProblem, isSandboxHost } from '../host.ts'
import type { Described } from '../issues.ts'
import { type Configured, objectsOf } from '../knowledge.ts'
import type { Authentication } from '../manifest.ts'
import { referenceIssues } from '../references.issues.ts'
import type { Tokens } from '../token.ts'
import { accessChecks } from './access.ts'
import { type Exam, examine } from './exam.ts'
import {
  conversionChecks,
  duplicateRuleExams,
  indexChecks,
  personAccountChecks,
  sharedExams,
} from './records.ts'
import { clockChecks, usageChecks } from './service.ts'
import { convertedLeadExam, userExam } from './user.ts'

export interface Patient {
  authentication: Authentication
  client: Client
  tokens: Tokens
  clock: OrgClock
  descriptions: Descriptions
  configured: Configured
}

export async function check(patient: Patient, sources: ReadonlyMap<string, Source>): Promise<Check[]> {
  const { client, clock } = patient
  const { checks, isIn } = await signIn(patient)
  const further = isIn ? await lookAround(patient, sources) : []
  return [...checks, ...further, ...clockChecks(clock.aheadMs()), ...usageChecks(client.usage())]
}

async function signIn({
  authentication,
  client,
  tokens,
}: Patient): Promise<{ checks: Check[]; isIn: boolean }> {
  const host = 'Host and API version'
  const problem = hostProblem(authentication.url)
  if (problem)
    return { checks: [{ name: host, ok: false, message: problem.message, cure: problem.cure }], isIn: false }
  const answers = await attempt(host, async () => {
    const kind = isSandboxHost(authentication.url) ? 'a sandbox' : 'an org'
    return `${kind} answers; API version ${await client.version()}`
  })
  const { error } = answers
  // The secret is not shown to who is no org.
  if (error?.kind === 'hold' && error.code !== 'UNSUPPORTED_API_VERSION')
    return { checks: [answers.check], isIn: false }
  const way = 'private_key' in authentication ? 'JWT bearer' : 'client credentials'
  const credentials = await attempt('Credentials', async () => {
    await tokens.get()
    return `accepted (${way})`
  })
  const isIn = !credentials.error && error?.kind !== 'hold'
  return { checks: [answers.check, credentials.check], isIn }
}

async function lookAround(patient: Patient, sources: ReadonlyMap<string, Source>): Promise<Check[]> {
  const { client, tokens, configured } = patient
  const { described, failed } = await describeAll(patient)
  const userId = tokens.userId()
  const followsLeads = configured.properties.sobject.includes('Lead')
  const exams: Exam[] = [
    ...(userId === undefined ? [] : [userExam(userId)]),
    ...duplicateRuleExams(configured),
    ...(userId !== undefined && followsLeads ? [convertedLeadExam(userId)] : []),
    ...sharedExams(configured, described),
  ]
  const found = await examine(client, exams)
  const user = userId === undefined ? [UNNAMED] : (found.shift() ?? [])
  return [
    ...user,
    ...failed,
    ...accessChecks(configured, described, sources),
    ...(await referenceChecks(patient, described)),
    ...conversionChecks(configured, described),
    ...indexChecks(configured, described),
    ...found.flat(),
    ...personAccountChecks(configured, described),
  ]
}

/** Where the org does not answer just now, the calls around it say so. */
async function referenceChecks({ client, configured }: Patient, described: Described): Promise<Check[]> {
  const checks: Check[] = []
  await attempt('', async () => {
    for (const { path, message, cure, mayBeHidden } of await referenceIssues(client, configured, described))
      checks.push({ name: path, ok: mayBeHidden, message, cure })
    return ''
  })
  return checks
}

const UNNAMED: Check = {
  name: 'Integration user',
  ok: true,
  message: 'the org’s answer does not say who it is',
}

async function describeAll({ descriptions, configured }: Patient) {
  const described = new Map<string, Description | undefined>()
  const failed: Check[] = []
  for (const object of objectsOf(configured.properties)) {
    const { check, error } = await attempt(object, async () => {
      described.set(object, await descriptions.of(object, 0))
      return 'described'
    })
    if (error) failed.push(check)
  }
  return { described, failed }
}

async function attempt(
  name: string,
  work: () => Promise<string>,
): Promise<{ check: Check; error?: TargetError }> {
  try {
    return { check: { name, ok: true, message: await work() } }
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return { check: { name, ok: false, message: error.message, cure: cureNow(error) }, error }
  }
}

/** A delivery is tried again by itself; a test is not. */
function cureNow({ kind, cure }: TargetError): string {
  if (kind !== 'transient') return cure
  const further = /; if it stays, .+$/.exec(cure)?.[0] ?? '.'
  return `Test again in a while${further}`
}
