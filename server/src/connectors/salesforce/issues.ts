/** What the findings about a configuration have in common. */
import type { Issue } from '../contract.ts'
import { allowedValues, type Description, type FieldDescription } from './describe.ts'

export type Described = ReadonlyMap<string, Description | undefined>

export const ACCESS = 'Check the API name, and give the integration user’s permission set access to it.'

export const issue = (path: string, message: string, cure: string): Issue => ({ path, message, cure })

export function cureFor(field: FieldDescription): string {
  const allowed = allowedValues(field)
  if (allowed)
    return `Translate with a \`values\` table to what the picklist holds: ${[...allowed].join(', ')}.`
  if (field.type === 'boolean') return 'Use true or false, or a `values` table to them.'
  if (field.type === 'date' || field.type === 'datetime')
    return 'Write when it was stated (`"type": "changed_at"`), or map another field.'
  return 'Translate with a `values` table, or map another field.'
}
