/** The connection test: every check that can be made, in the order in which an administrator would mend them. */
import { type Check, type Source, TargetError } from '../contract.ts'
import type { Client } from './client.ts'
import type { Descriptions } from './describe.ts'
import type { Described } from './issues.ts'
import { type Configured, objectsOf } from './knowledge.ts'
import { columnsOf } from './mapping.ts'
import { mappingIssues } from './mappings.issues.ts'
import { propertyIssues } from './properties.issues.ts'

export async function check(
  client: Client,
  descriptions: Descriptions,
  configured: Configured,
  sources: ReadonlyMap<string, Source>,
): Promise<Check[]> {
  const checks: Check[] = []
  const run = async (name: string, work: () => Promise<string>): Promise<boolean> => {
    try {
      checks.push({ name, ok: true, message: await work() })
      return true
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
      checks.push({ name, ok: false, message: error.message, cure: error.cure })
      return false
    }
  }
  const answers = await run(
    'Address and API version',
    async () => `a Salesforce org answers, API version ${await client.version()}`,
  )
  if (!answers) return checks
  if (
    !(await run('Credentials', async () => {
      await client.authorize()
      return 'accepted'
    }))
  )
    return checks
  const described = new Map<string, Awaited<ReturnType<Descriptions['of']>>>()
  const isDescribed = await run('Description of the objects', async () => {
    for (const object of objectsOf(configured.properties))
      described.set(object, await descriptions.of(object, 0))
    return 'read'
  })
  if (!isDescribed) return checks
  checks.push(...objectChecks(configured, described), ...mappingChecks(configured, described, sources))
  const followed = followedCheck(configured, described)
  if (followed) checks.push(followed)
  const usage = client.usage()
  if (usage) checks.push(usageCheck(usage.used, usage.limit))
  return checks
}

function objectChecks(configured: Configured, described: Described): Check[] {
  const issues = propertyIssues(configured, described)
  if (issues.length === 0)
    return [{ name: 'Objects and match fields', ok: true, message: configured.properties.sobject.join(', ') }]
  return issues.map(({ path, message, cure }) => ({ name: path, ok: false, message, cure }))
}

function mappingChecks(
  configured: Configured,
  described: Described,
  sources: ReadonlyMap<string, Source>,
): Check[] {
  return configured.mappings.map((item, index) => {
    const name = `mappings[${index}]: ${item.id}`
    const [first, ...others] = mappingIssues(configured, index, described, sources)
    if (!first) return { name, ok: true, message: 'can be written' }
    const message = [first, ...others].map(issue => issue.message).join(' ')
    return { name, ok: false, message, cure: first.cure }
  })
}

/** Not a failure: the configuration is for leads, and what their contacts lack is left out of those rows. */
function followedCheck({ properties, mappings }: Configured, described: Described): Check | undefined {
  if (!properties.sobject.includes('Lead') || properties.sobject.includes('Contact')) return undefined
  const { missing, isEmpty } = columnsOf(mappings, 'Contact', described.get('Contact'))
  const message = isEmpty
    ? 'no mapping item is for Contact: who becomes a contact is not written any more'
    : missing.length > 0
      ? `Contact cannot take ${missing.join(', ')}`
      : 'all mapped fields are there on Contact'
  return { name: 'Contacts of converted leads', ok: true, message }
}

function usageCheck(used: number, limit: number): Check {
  const message = `${limit - used} of ${limit} API calls are left today`
  if (used < limit * 0.95) return { name: 'API calls', ok: true, message }
  return {
    name: 'API calls',
    ok: false,
    message,
    cure: 'Buy more calls, or see under Setup, System Overview, who spends them.',
  }
}
