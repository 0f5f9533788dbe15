/** What an administrator sets up: users and duplicate rules, which can be asked for like any record. */
import type { DuplicateRule } from './duplicates.ts'
import { Refusal } from './errors.ts'
import type { Records } from './records.ts'
import { INTEGRATION_USER, integration, SALES_USER } from './writers.ts'

export const ORGANIZATION_ID = '00D5e0000000001EAA'
export const INTEGRATION_USERNAME = 'integration@acme.test'

export function seedUsers(records: Records): void {
  const user = (Id: string, FirstName: string, LastName: string, Username: string) =>
    records.seed('User', { Id, FirstName, LastName, Username, Email: Username, IsActive: true })
  user(INTEGRATION_USER, 'Integration', 'User', INTEGRATION_USERNAME)
  user(SALES_USER, 'Sara', 'Sales', 'sara.sales@acme.test')
}

/** Returns the rule's name. One of the same name is replaced. */
export function setDuplicateRule(records: Records, given: DuplicateRule): string {
  const known = records.object(given.object).fields
  const unknown = given.matchOn.find(name => !known.has(name))
  if (given.matchOn.length === 0 || unknown !== undefined)
    throw new Refusal(
      400,
      'INVALID_FIELD',
      `matchOn must name fields of ${given.object}: ${unknown ?? 'none'}`,
    )
  const { name, object, matchOn } = records.duplicateRules.set(given)
  for (const field of matchOn) if (!known.get(field)) throw new Error(`${object} has no field ${field}`)
  removeRow(records, name)
  records.seed('DuplicateRule', {
    DeveloperName: name,
    MasterLabel: name.replaceAll('_', ' '),
    SobjectType: object,
    IsActive: true,
  })
  return name
}

export function removeDuplicateRule(records: Records, name: string): boolean {
  removeRow(records, name)
  return records.duplicateRules.remove(name)
}

function removeRow(records: Records, name: string): void {
  for (const row of records.store.all('DuplicateRule'))
    if (row.DeveloperName === name && !row.IsDeleted)
      records.write('DuplicateRule', row, { IsActive: false, IsDeleted: true }, integration)
}
