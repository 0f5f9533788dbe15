/** What people are looked for in, and what is seen of them there. */
import { type Matcher, matchValueOf } from './match.ts'
import type { Found } from './query.ts'

export interface TargetRecord {
  object: string
  id: string
  /** What its match field holds; absent: nothing, or it was not looked at. */
  value?: string
  /** What Salesforce locks along with the record. */
  parent?: string
  /** Of a person account: its contact. */
  side?: string
  /** The contact of a converted lead, taken from the lead's word and not yet seen itself. */
  isFollowed?: boolean
}

/** What a look-up saw of a person. */
export interface Sighting {
  records: TargetRecord[]
  /** A converted lead that holds the person's value, whatever became of its contact. */
  convertedLead?: string | undefined
  /** Records are remembered and none is seen, nor known to have been deleted. */
  isVanished?: boolean
}

export interface Target {
  object: string
  matcher: Matcher
  /** What is read of each record; nothing that is hidden from the integration user, which would fail the whole query. */
  select: readonly string[]
  /** Leaves out the contact side of person accounts, where their account side is a target itself. */
  withoutPersonContacts: boolean
  /** A deleted record says which one it was merged into. */
  tellsOfMerges: boolean
}

/** Undefined: a converted lead whose contact is gone or hidden; it stands for nobody any more. */
export function recordOf(object: string, found: Found, matcher?: Matcher): TargetRecord | undefined {
  if (isConvertedLead(object, found))
    return typeof found.ConvertedContactId === 'string'
      ? { object: 'Contact', id: found.ConvertedContactId, isFollowed: true }
      : undefined
  const record: TargetRecord = { object, id: String(found.Id) }
  if (typeof found.AccountId === 'string') record.parent = found.AccountId
  if (typeof found.PersonContactId === 'string') record.side = found.PersonContactId
  const value = matcher && found[matcher.field]
  if (typeof value === 'string') record.value = matchValueOf(value)
  return record
}

export const isConvertedLead = (object: string, { IsConverted }: Found): boolean =>
  object === 'Lead' && IsConverted === true
