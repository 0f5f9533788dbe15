/** Who writes to the org, and what is allowed to them. */
import { makeId } from './ids.ts'

export interface Writer {
  userId: string
  /** Saves although a duplicate rule warns; what blocks, blocks. */
  savesDuplicates: boolean
  /** Is told all fields of the records that a duplicate rule found. */
  seesDuplicates: boolean
  editsConvertedLeads: boolean
  /** Whatever lead it writes goes to whom the org's assignment rule says. */
  runsAssignmentRules: boolean
}

/** The user that API clients run as. */
export const INTEGRATION_USER = makeId('User', 1)
/** Somebody who works with the records. */
export const SALES_USER = makeId('User', 2)

export const integration: Writer = {
  userId: INTEGRATION_USER,
  savesDuplicates: false,
  seesDuplicates: false,
  editsConvertedLeads: false,
  runsAssignmentRules: false,
}

/** Sees a warning and saves all the same. */
export const salesperson = (userId = SALES_USER): Writer => ({
  userId,
  savesDuplicates: true,
  seesDuplicates: false,
  editsConvertedLeads: true,
  runsAssignmentRules: false,
})

/**
 * An API call may say how it takes duplicates: `Sforce-Duplicate-Rule-Header: allowSave=true; includeRecordDetails=true`. It
 * runs assignment rules, over edits as well, unless it says `Sforce-Auto-Assign: FALSE`.
 */
export function writerOf(headers: Record<string, unknown>): Writer {
  const given = (wanted: string) =>
    String(Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '')
  const duplicates = given('sforce-duplicate-rule-header')
  const says = (name: string) => new RegExp(`${name}\\s*=\\s*true`, 'i').test(duplicates)
  return {
    ...integration,
    savesDuplicates: says('allowSave'),
    seesDuplicates: says('includeRecordDetails'),
    runsAssignmentRules: !/^false$/i.test(given('sforce-auto-assign')),
  }
}
