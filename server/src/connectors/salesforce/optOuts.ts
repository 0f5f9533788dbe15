/** The standard fields by which an org itself keeps opt-outs. Every org has them; many hide them from all but administrators. */

export interface OptOut {
  name: string
  label: string
}

const ofPeople: OptOut[] = [
  { name: 'HasOptedOutOfEmail', label: 'Email Opt Out' },
  { name: 'HasOptedOutOfFax', label: 'Fax Opt Out' },
  { name: 'DoNotCall', label: 'Do Not Call' },
]
const ofPersonAccounts: OptOut[] = [
  { name: 'PersonHasOptedOutOfEmail', label: 'Email Opt Out' },
  { name: 'PersonDoNotCall', label: 'Do Not Call' },
]

/** An account has them only where it can be a person. */
export const optOutsOf = (object: string): readonly OptOut[] =>
  object === 'Account' ? ofPersonAccounts : ofPeople

/** Undefined: no such standard field. */
export const optOutOf = (object: string, name: string): OptOut | undefined =>
  object === 'Account' ? undefined : ofPeople.find(optOut => optOut.name.toLowerCase() === name.toLowerCase())

export const OPT_OUT_ACCESS =
  'Give its permission set Read and Edit access to the field, which field-level security often hides at first.'
