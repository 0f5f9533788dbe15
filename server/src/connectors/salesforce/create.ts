/** What a record for somebody unknown holds besides the mapped fields: the match value and what the org requires. Pure. */
import type { Fault, Owed } from '../contract.ts'
import type { Description } from './describe.ts'
import { faultOf } from './errors.ts'
import { type FieldValue, fit, isMisfit } from './fit.ts'
import type { Mapping } from './manifest.ts'
import { appliesTo, type Cell, type FieldFault } from './mapping.ts'
import { type Matcher, matchValueOf } from './match.ts'
import { type ColumnsFor, fieldsOf, type Row } from './plan.ts'
import type { Sighting } from './target.ts'

/**
 * Of a company: nobody states one, and other programs rely on this word for it. A person's own name is never a constant. A
 * duplicate rule that matches by it refuses the creation; the record that it names is written only if its match field is ours.
 */
const UNKNOWN = 'Unknown'
const NAME_LENGTH = 80

export interface Creation {
  description: Description
  matcher: Matcher
  /** Only for accounts: they are people. */
  isPerson: boolean
  defaults: Readonly<Record<string, string | number | boolean>>
}

export function creationRow(
  { description, matcher, isPerson, defaults }: Creation,
  person: Owed,
  cells: readonly Cell[],
): Row {
  const value = matchValueOf(person.organizationUserId)
  const match = { [matcher.field]: matcher.storedOf(value) }
  const needed = {
    ...requiredOf(description, isPerson, value),
    ...typedDefaults(description, defaults),
    ...match,
  }
  const mapped = fieldsOf(cells.filter(({ field }) => description.field(field)?.createable))
  return {
    object: description.name,
    fields: { ...needed, ...mapped, ...match },
    required: new Set(Object.keys(needed)),
    isWithdrawal: person.withdrawal,
    owners: [person],
    ...(matcher.isUniqueExternalId ? { externalIdField: matcher.field } : {}),
  }
}

/** What a new record was given holds the place of the person's own empty value, but not of what they withdrew. */
export const standsIn = (
  { object, required }: Pick<Row, 'object' | 'required'>,
  { field, isEmpty }: FieldFault,
  { withdrawn = NOTHING }: Pick<Owed, 'withdrawn'>,
  columnsFor: ColumnsFor,
): boolean =>
  isEmpty === true && required?.has(field) === true && !columnsFor(object).fieldsOf(withdrawn).includes(field)

const NOTHING: ReadonlySet<string> = new Set()

/** Why no record can be made for this person, if that is so. */
export function obstacleTo(
  { description: { name }, matcher }: Creation,
  { organizationUserId }: Owed,
  { convertedLead }: Pick<Sighting, 'convertedLead'>,
): Fault | undefined {
  if (matcher.literalOf(matchValueOf(organizationUserId)) === undefined)
    return {
      code: 'VALUE_DOES_NOT_FIT',
      message: `${matcher.field} cannot hold the person’s organization_user_id`,
      cure: 'Match by a field that is long enough and of a fitting type.',
    }
  // An upsert would find the lead, and write it where converted leads can be edited.
  if (name === 'Lead' && matcher.isUnique && convertedLead !== undefined)
    return heldByConvertedLead(matcher, `the converted lead ${convertedLead}`)
  return undefined
}

export const heldByConvertedLead = ({ field }: Matcher, lead: string): Fault =>
  faultOf(
    'HELD_BY_CONVERTED_LEAD',
    `${field} is unique, and ${lead} holds the person’s organization_user_id; its contact is gone or hidden`,
  )

/** Fields that the connector fills itself, so that they need no default. */
export function requiredOf(
  { name, field: fieldOf }: Description,
  isPerson: boolean,
  value: string,
): Record<string, string> {
  const lastName = (value.split('@')[0] || value).slice(0, NAME_LENGTH).toWellFormed()
  if (name === 'Lead') return { LastName: lastName, Company: UNKNOWN }
  if (name === 'Contact') return { LastName: lastName }
  // A person account has the name of a person; giving it an account's name is refused.
  return isPerson && fieldOf('LastName') ? { LastName: lastName } : { Name: UNKNOWN }
}

/** Accounts stand for people where they are matched by a person's field, or where something is written to such a field. */
export const arePeople = (matchField: string | undefined, mappings: readonly Mapping[]): boolean =>
  isPersonField(matchField ?? '') ||
  mappings.some(item => appliesTo(item, 'Account') && isPersonField(item.id))

export const isPersonField = (field: string): boolean => /^Person|__pc$/.test(field)

function typedDefaults(description: Description, defaults: Creation['defaults']): Record<string, FieldValue> {
  const typed: Record<string, FieldValue> = {}
  for (const [name, value] of Object.entries(defaults)) {
    const field = description.field(name)
    const fitted = field && fit(value, field)
    if (fitted !== undefined && !isMisfit(fitted)) typed[field?.name ?? name] = fitted
  }
  return typed
}
