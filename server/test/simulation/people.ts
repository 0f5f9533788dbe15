/** Whose records there are in the org, how they are found, and what their fields are called. */
import type { SandboxOptions, SandboxOrg } from '@heed/sandbox'
import type { World } from './history.ts'

export type Fields = Record<string, unknown>
export type ObjectName = 'Lead' | 'Contact' | 'Account'
export type MatchField = World['matchField']

/** A record's id has two forms. */
export const short = (id: unknown): string => String(id).slice(0, 15)

const PREFIXES: Record<string, ObjectName> = { '00Q': 'Lead', '003': 'Contact', '001': 'Account' }
export const objectOf = ({ Id }: Fields): ObjectName => PREFIXES[String(Id).slice(0, 3)] as ObjectName

/** External ids of which no two records of an object have one. */
export const isUnique = (field: string): boolean => field === 'Pmp_Id__c' || field === 'Key__c'

/** What a field of a contact is called on a person account. An external id there is the account's own. */
export function fieldOn(object: string, name: string): string {
  if (object !== 'Account' || name === 'LastName' || isUnique(name)) return name
  return name.endsWith('__c') ? name.replace(/c$/, 'pc') : `Person${name}`
}

const MIRRORED = [
  ...['Email', 'HasOptedOutOfEmail', 'Newsletter__c', 'Topics__c', 'Channel__c'],
  ...['Consent_Date__c', 'Consent_Event__c', 'Score__c', 'Member__c'],
]
/** A person account under the names that its contact's fields have. */
const faceOf = (account: Fields): Fields => ({
  ...account,
  ...Object.fromEntries(MIRRORED.map(name => [name, account[fieldOn('Account', name)]])),
})

/** One for each record of a human: the two sides of a person account are one, by its account where that is searched. */
export function recordsOf(org: SandboxOrg, { objects }: Pick<World, 'objects'>): Fields[] {
  const isByAccount = objects.includes('Account')
  const contacts = org.records('Contact').filter(({ IsPersonAccount }) => !(isByAccount && IsPersonAccount))
  const persons = isByAccount ? org.records('Account').filter(({ IsPersonAccount }) => IsPersonAccount) : []
  return [...org.records('Lead'), ...contacts, ...persons.map(faceOf)]
}

export const isAlive = ({ IsConverted }: Fields): boolean => IsConverted !== true

/** Equal for what the org holds equal. */
export function keyOf(matchField: MatchField, value: unknown): string {
  if (matchField === 'Score__c') return String(Number(value))
  if (matchField === 'Member__c') return short(value)
  return matchField === 'Key__c' ? String(value) : String(value).toLowerCase()
}

export const optionsOf = (world: World): SandboxOptions => ({
  convertedLeadsEditable: world.convertedLeadsEditable,
  personAccounts: world.personAccounts,
  seed: world.seed,
  // Few rows, and yet batches beside each other.
  ...(world.parentLocks ? { bulk: { batchRows: 1 } } : {}),
})

export const SCORES = ['7', '8', '12.5', '-3', '700', '0', '77', '8.25', '100000', '-0.5', '70']
const STRANGE_SCORES = ['9', '12', '3', '7.7']
const USERS = 15

/** What this world's org has beyond a fresh one; resolves to the world with its people as that org knows them. */
export function furnish(org: SandboxOrg, world: World): World {
  if (world.parentLocks) org.setParentLocks(true, { waitMs: 0, holdMs: 1 })
  if (world.matchField === 'Score__c') {
    const people = world.people.map(n => SCORES[Number(n)] as string)
    return { ...world, people, strangers: STRANGE_SCORES }
  }
  if (world.matchField === 'Key__c')
    for (const object of ['Lead', 'Contact', 'Account'])
      org.addField(object, {
        ...{ name: 'Key__c', type: 'string', length: 120, caseSensitive: true },
        ...{ externalId: true, unique: true, idLookup: true },
      })
  if (world.matchField !== 'Member__c') return world
  for (const object of ['Lead', 'Contact'])
    org.addField(object, { name: 'Member__c', type: 'reference', length: 18, referenceTo: ['User'] })
  const users = Array.from({ length: USERS }, (_, i) =>
    org.insert('User', { LastName: 'Member', Username: `member-${i}@acme.test` }),
  )
  // An id has two forms.
  const people = world.people.map(n => (users[Number(n)] as string).slice(0, Number(n) % 2 === 0 ? 18 : 15))
  return { ...world, people, strangers: users.slice(SCORES.length) }
}

/** The mapping for each object of the world: a person account's fields are called otherwise. */
export function onObjects<T extends { id: string }>(world: World, items: readonly T[]) {
  const { objects } = world
  if (!objects.includes('Account')) return [...items]
  // Converted leads lead to contacts.
  const all = [...new Set([...objects, ...(objects.includes('Lead') ? ['Contact' as const] : [])])]
  return all.flatMap(sobject => items.map(item => ({ ...item, id: fieldOn(sobject, item.id), sobject })))
}

export const propertiesOf = ({ objects, matchField }: World) => ({
  sobject: objects,
  match_field: Object.fromEntries(objects.map(object => [object, fieldOn(object, matchField)])),
})
