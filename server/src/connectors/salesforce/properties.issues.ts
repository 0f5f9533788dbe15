/** Holds properties against the org's description: objects, match fields, and what a new record needs. */
import type { Issue } from '../contract.ts'
import { arePeople, requiredOf } from './create.ts'
import type { Description } from './describe.ts'
import { fit, isMisfit } from './fit.ts'
import { ACCESS, cureFor, type Described, issue } from './issues.ts'
import type { Configured } from './knowledge.ts'
import { createObjectOf, type Mapping, matchFieldOf, type Properties, type SObject } from './manifest.ts'
import { appliesTo } from './mapping.ts'
import { matcherOf } from './match.ts'

export const propertyIssues = (configured: Configured, described: Described): Issue[] => [
  ...configured.properties.sobject.flatMap(object => objectIssues(configured, object, described.get(object))),
  ...settingIssues(configured, described),
]

/** Of what is said for the objects together, and for new records. */
export function settingIssues(
  { properties, mappings, upsertMode }: Configured,
  described: Described,
): Issue[] {
  const issues: Issue[] = []
  const { sobject, match_field, create_object, defaults } = properties
  if (typeof match_field === 'object')
    for (const object of Object.keys(match_field))
      if (!sobject.includes(object as SObject))
        issues.push(
          issue(
            `properties.match_field.${object}`,
            `${object} is not among properties.sobject.`,
            `Add ${object} to properties.sobject, or take it out here.`,
          ),
        )
  if (create_object && !sobject.includes(create_object))
    issues.push(
      issue(
        'properties.create_object',
        `${create_object} is not among properties.sobject.`,
        `Use one of ${sobject.join(', ')}.`,
      ),
    )
  const creates = described.get(createObjectOf(properties))
  if (upsertMode && creates) issues.push(...creationIssues(properties, mappings, creates))
  else if (creates) issues.push(...defaultIssues(defaults, creates))
  return issues
}

/** Whether its records may be read, edited, created and searched as configured. */
export function objectIssues(
  { properties, upsertMode }: Configured,
  object: SObject,
  description: Description | undefined,
): Issue[] {
  const path = `properties.sobject[${properties.sobject.indexOf(object)}]`
  if (!description)
    return [issue(path, `${object} is not there, or hidden from the integration user.`, ACCESS)]
  const issues: Issue[] = []
  if (!description.queryable || !description.updateable)
    issues.push(
      issue(
        path,
        `The integration user may not read and edit ${object}.`,
        `Give its permission set Read and Edit on ${object}.`,
      ),
    )
  if (upsertMode && createObjectOf(properties) === object && !description.createable)
    issues.push(
      issue(
        path,
        `The integration user may not create ${object} records.`,
        `Give its permission set Create on ${object}, or switch upsert_mode off.`,
      ),
    )
  const problem = matchProblem(properties, object, description)
  return problem ? [...issues, problem] : issues
}

function matchProblem(properties: Properties, object: SObject, description: Description): Issue | undefined {
  const path =
    typeof properties.match_field === 'string' ? 'properties.match_field' : `properties.match_field.${object}`
  const name = matchFieldOf(properties, object, description)
  if (name === undefined) {
    return issue(
      path,
      `${object} has no default match field.`,
      'Name the field that holds organization_user_id, such as an external id.',
    )
  }
  const field = description.field(name)
  if (!field)
    return issue(path, `${object} has no field ${name}, or it is hidden from the integration user.`, ACCESS)
  if (field.encrypted || !field.filterable)
    return issue(
      path,
      `${object}.${field.name} cannot be searched (encrypted or not filterable).`,
      'Match by a field that is stored in clear text, such as an external id.',
    )
  if (!matcherOf(field))
    return issue(
      path,
      `${object}.${field.name} is of type ${field.type}, by which people cannot be found.`,
      'Match by a text, e-mail, number or external id field.',
    )
  return undefined
}

function creationIssues(
  properties: Properties,
  mappings: readonly Mapping[],
  description: Description,
): Issue[] {
  const { defaults } = properties
  const object = createObjectOf(properties)
  const matchField = matchFieldOf(properties, object, description)
  const match = matchField === undefined ? undefined : description.field(matchField)
  const matcher = match && matcherOf(match)
  const issues = defaultIssues(defaults, description)
  if (match && !match.createable)
    issues.push(
      issue(
        'properties.match_field',
        `${object}.${match.name} cannot be set on a new record.`,
        'Match by another field, or switch upsert_mode off.',
      ),
    )
  const isPerson = arePeople(matchField, mappings)
  const given = new Set(
    [
      ...Object.keys(defaults),
      ...Object.keys(requiredOf(description, isPerson, 'x')),
      ...(matcher ? [matcher.field] : []),
      ...mappings.filter(item => appliesTo(item, object)).map(({ id }) => id),
    ].map(name => name.toLowerCase()),
  )
  const isPersonAccount = object === 'Account' && isPerson
  for (const field of description.fields) {
    const isRequired =
      field.createable && !field.nillable && !field.defaultedOnCreate && field.type !== 'boolean'
    if (!isRequired || given.has(field.name.toLowerCase()) || (isPersonAccount && field.name === 'Name'))
      continue
    issues.push(
      issue(
        `properties.defaults.${field.name}`,
        `${object}.${field.name} is required on new records.`,
        `Give it a value under properties.defaults, or switch upsert_mode off.`,
      ),
    )
  }
  return issues
}

function defaultIssues(defaults: Properties['defaults'], description: Description): Issue[] {
  return Object.entries(defaults).flatMap(([name, value]) => {
    const path = `properties.defaults.${name}`
    const field = description.field(name)
    if (!field)
      return [
        issue(
          path,
          `${description.name} has no field ${name}, or it is hidden from the integration user.`,
          ACCESS,
        ),
      ]
    if (!field.createable)
      return [issue(path, `${description.name}.${field.name} cannot be set on a new record.`, ACCESS)]
    const fitted = fit(value, field)
    return isMisfit(fitted)
      ? [issue(path, `${description.name}.${field.name}: ${fitted.misfit}.`, cureFor(field))]
      : []
  })
}
