/** Person accounts: an account and its contact are two rows for one human, and hold the same. */
import { RowRefusal } from './errors.ts'
import { personAccountFields } from './fields.ts'
import type { OrgRecord } from './store.ts'

const PERSON_FIELDS = new Set(personAccountFields.map(({ name }) => name))

/** Fields that both rows have by the same name. */
const SHARED = new Set(['FirstName', 'LastName', 'Phone'])

/** What a field of the account is called on its contact; undefined for what only the account has. */
function onContact(name: string): string | undefined {
  if (SHARED.has(name)) return name
  if (name.endsWith('__pc')) return name.replace(/pc$/, 'c')
  return name.startsWith('Person') && PERSON_FIELDS.has(name) ? name.slice('Person'.length) : undefined
}

/** What a field of the contact is called on its account. */
function onAccount(name: string): string | undefined {
  if (SHARED.has(name)) return name
  if (name.endsWith('__c')) return name.replace(/c$/, 'pc')
  return PERSON_FIELDS.has(`Person${name}`) ? `Person${name}` : undefined
}

/** A person account has a last name, any other account a name; neither takes what belongs to the other. */
export function refuseMixed(row: OrgRecord, given: readonly string[]): void {
  const isPerson = row.LastName !== null && row.LastName !== undefined
  const wrong = given.filter(name => (isPerson ? name === 'Name' : onContact(name) && name !== 'Phone'))
  if (wrong.length > 0)
    throw new RowRefusal(
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      `Account: bad field names on insert/update call: ${wrong.join(', ')}`,
      wrong,
    )
}

/** The values of a row that its twin holds too, by the twin's names. */
export function twinValues(object: string, values: OrgRecord): OrgRecord {
  const nameOf = object === 'Account' ? onContact : onAccount
  const twin: OrgRecord = {}
  for (const [name, value] of Object.entries(values)) {
    const other = nameOf(name)
    if (other) twin[other] = value
  }
  return twin
}

/** By hand a person may be given by the name alone, as `{Name, PersonEmail}`. */
export function asPerson(fields: Record<string, unknown>): Record<string, unknown> {
  const { Name, ...others } = fields
  const isPerson = Object.keys(others).some(name => name !== 'Phone' && onContact(name) !== undefined)
  return isPerson && Name !== undefined ? { LastName: Name, ...others } : fields
}
