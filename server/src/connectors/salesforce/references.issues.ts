/** Holds ids among properties.defaults against the org: one of another org, and nobody could be created. */
import type { Issue } from '../contract.ts'
import type { Client } from './client.ts'
import { type Described, issue } from './issues.ts'
import type { Configured } from './knowledge.ts'
import { createObjectOf } from './manifest.ts'
import { isRecordId } from './match.ts'
import { ask } from './query.ts'
import { literal } from './soql.ts'

interface ReferenceIssue extends Issue {
  /** An org can hide its users from each other: who is not seen may be there, and own records. */
  mayBeHidden: boolean
}

/** Asks only where there are any. What the integration user may not ask for is not held against them. */
export async function referenceIssues(
  client: Client,
  { properties, upsertMode }: Configured,
  described: Described,
): Promise<ReferenceIssue[]> {
  if (!upsertMode) return []
  const object = createObjectOf(properties)
  const issues: ReferenceIssue[] = []
  for (const [name, value] of Object.entries(properties.defaults)) {
    const field = described.get(object)?.field(name)
    if (field?.type !== 'reference' || field.referenceTo.length === 0) continue
    const queries = field.referenceTo.map(target => ({
      soql: `SELECT Id FROM ${target} WHERE Id = ${literal(String(value))}`,
      isOptional: true,
    }))
    // The org refuses to search by what cannot be an id.
    const results = isRecordId(String(value)) ? await ask(client, queries) : []
    if (results.every(result => result?.records.length === 0))
      issues.push({
        ...issue(
          `properties.defaults.${name}`,
          `No ${field.referenceTo.join(' or ')} of this org has the id ${value}, or it is hidden from the integration user.`,
          'Use an id of this org: what was made in a sandbox has another one here.',
        ),
        mayBeHidden: results.length > 0 && field.referenceTo.includes('User'),
      })
  }
  return issues
}
