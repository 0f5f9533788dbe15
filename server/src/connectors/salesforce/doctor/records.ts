/** What the org's records and its rules for them mean for the configuration. */
import type { Check } from '../../contract.ts'
import { isPersonField } from '../create.ts'
import type { Description, FieldDescription } from '../describe.ts'
import type { Described } from '../issues.ts'
import { type Configured, objectsOf } from '../knowledge.ts'
import { createObjectOf, matchFieldOf, type SObject } from '../manifest.ts'
import { matcherOf } from '../match.ts'
import type { Found } from '../query.ts'
import { literal } from '../soql.ts'
import type { Exam } from './exam.ts'

/** A page of an answer: what one query costs, and no more. */
const SAMPLE_RECORDS = 2_000

/**
 * An edit meets a rule where it changes a field by which the rule matches, which what people choose seldom is. Whether a rule
 * blocks, and on which occasion, SOQL does not tell.
 */
export function duplicateRuleExams({ properties, upsertMode }: Configured): Exam[] {
  const objects = objectsOf(properties)
  const created = upsertMode ? createObjectOf(properties) : undefined
  const name = 'Duplicate rules'
  const edits = 'An edit is refused where one of them blocks it and matches by a mapped field.'
  const creations = `A new ${created} is refused where one blocks or alerts and finds a record alike.`
  const exempt =
    'Exempt the integration user in the rule’s conditions, or leave it: who is refused shows as failed, and is not lost.'
  return [
    {
      soql: `SELECT Id, DeveloperName, SobjectType, IsActive FROM DuplicateRule WHERE IsActive = true AND SobjectType IN (${objects.map(literal).join(',')})`,
      findings(look) {
        if ('refusal' in look)
          return [
            {
              name,
              ok: true,
              message: `could not be seen (${look.refusal}). ${edits}${created ? ` ${creations}` : ''}`,
              cure: `Look under Setup, Duplicate Rules. ${exempt}`,
            },
          ]
        if (look.records.length === 0)
          return [{ name, ok: true, message: `none is active for ${objects.join(' or ')}` }]
        const rules = look.records
          .toSorted((a, b) => placeOf(a) - placeOf(b))
          .map(({ DeveloperName, SobjectType }) => `${DeveloperName} (${SobjectType})`)
        const meetsCreations = look.records.some(({ SobjectType }) => SobjectType === created)
        return [
          {
            name,
            ok: true,
            message: `active: ${rules.join(', ')}. ${edits}${meetsCreations ? ` ${creations}` : ''}`,
            cure: exempt,
          },
        ]
      },
    },
  ]

  function placeOf({ SobjectType }: Found): number {
    return objects.indexOf(String(SobjectType))
  }
}

/** The match fields whose values may stand on several records. */
function sharableFields({ properties }: Configured, described: Described) {
  return properties.sobject.flatMap(object => {
    const description = described.get(object)
    const field = description?.field(matchFieldOf(properties, object, description) ?? '')
    const matcher = field && matcherOf(field)
    return description && matcher && !field.unique ? [{ description, field, matcher }] : []
  })
}

/** What has no index is searched by reading every record. */
const hasIndex = ({ type, idLookup, externalId }: FieldDescription): boolean =>
  idLookup || externalId || type === 'id' || type === 'reference'

export const indexChecks = (configured: Configured, described: Described): Check[] =>
  sharableFields(configured, described)
    .filter(({ field }) => !hasIndex(field))
    .map(({ description, field }) => ({
      name: `Index of ${description.name}.${field.name}`,
      ok: true,
      message: 'the field seems to have none, so that each look-up reads every record: slow in a large org',
      cure: 'Mark the field as an external id (Setup, Object Manager, the field, Edit), or match by one that is.',
    }))

/**
 * A bounded look, in the order of the match field, so that equal values stand together; no value is told. Without an index
 * it could take the org longer than everything else that is asked beside it.
 */
export const sharedExams = (configured: Configured, described: Described): Exam[] =>
  sharableFields(configured, described)
    .filter(({ field }) => hasIndex(field))
    .map(({ description, matcher }) => {
      const { name: object, field: fieldOf } = description
      const isOpen = fieldOf('IsConverted') ? ' AND IsConverted = false' : ''
      return {
        soql: `SELECT ${matcher.field} FROM ${object} WHERE ${matcher.field} != null${isOpen} ORDER BY ${matcher.field} LIMIT ${SAMPLE_RECORDS}`,
        isSlow: true,
        findings(look) {
          const name = `Shared values of ${object}.${matcher.field}`
          if ('refusal' in look) return [{ name, ok: true, message: `could not be seen (${look.refusal})` }]
          const values = look.records.map(record => matcher.keyOf(record[matcher.field]))
          return [sharedCheck(name, values)]
        },
      }
    })

function sharedCheck(name: string, values: readonly string[]): Check {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const shared = [...counts.values()].filter(count => count > 1)
  const sample =
    values.length < SAMPLE_RECORDS
      ? `of all ${values.length} records`
      : `in a sample of ${values.length} records`
  if (shared.length === 0) return { name, ok: true, message: `none ${sample}` }
  const most = Math.max(...shared)
  return {
    name,
    ok: true,
    message: `${sample}, ${shared.length} ${shared.length === 1 ? 'value stands' : 'values stand'} on more than one (at most on ${most}): all records with a person’s value are written alike`,
    cure: 'Right for duplicates of one person. Where different people share an address, match by a field of each person’s own, such as an external id.',
  }
}

/** Without IsConverted a choice would be written to a lead that nobody looks at any more. */
export function conversionChecks({ properties }: Configured, described: Described): Check[] {
  const lead = properties.sobject.includes('Lead') ? described.get('Lead') : undefined
  if (!lead) return []
  const hidden = ['IsConverted', 'ConvertedContactId'].filter(name => !lead.field(name))
  if (hidden.length === 0) return []
  return [
    {
      name: 'Following converted leads',
      ok: false,
      message: `Lead.${hidden.join(' and Lead.')} cannot be seen: a converted lead cannot be followed to its contact`,
      cure: 'Give the integration user’s permission set Read access to these fields.',
    },
  ]
}

export function personAccountChecks({ properties }: Configured, described: Described): Check[] {
  const contact = described.get('Contact')
  const account = described.get('Account')
  if (!contact && !account) return []
  const has = [
    contact?.field('IsPersonAccount'),
    account?.field('IsPersonAccount'),
    account?.field('PersonEmail'),
  ]
  const name = 'Person accounts'
  if (has.every(field => !field)) return [{ name, ok: true, message: 'the org has none' }]
  return [{ name, ok: true, ...personAccountAdvice(properties, account) }]
}

function personAccountAdvice(
  properties: Configured['properties'],
  account: Description | undefined,
): Pick<Check, 'message' | 'cure'> {
  const includes = (object: SObject) => properties.sobject.includes(object)
  if (!includes('Account'))
    return {
      message: `the org has them, and Account is not among properties.sobject: a person account is written on its contact side, where Salesforce refuses some edits`,
      cure: 'Add Account to properties.sobject: it is matched by PersonEmail and mapped by the Person… and …__pc fields.',
    }
  const match = matchFieldOf(properties, 'Account', account)
  if (match === undefined || !isPersonField(match))
    return {
      message: `the org has them, and accounts are matched by ${match}, which is a field of companies too`,
      cure: 'To match people, name PersonEmail or another field of theirs as properties.match_field.Account.',
    }
  const side = includes('Contact') ? '; their contact side is left to the account' : ''
  return { message: `the org has them: they are matched by ${match}${side}` }
}
