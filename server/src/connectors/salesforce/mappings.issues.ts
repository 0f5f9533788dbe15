/** Holds a mapping item against the org's description: every value that can ever be written is tried here. */
import type { Issue, Source } from '../contract.ts'
import type { FieldDescription } from './describe.ts'
import { type FieldValue, fit, isMisfit, separatorOf, shapeOf } from './fit.ts'
import { ACCESS, cureFor, type Described, issue } from './issues.ts'
import type { Configured } from './knowledge.ts'
import { createObjectOf, type Mapping, type Properties } from './manifest.ts'
import { appliesTo, readsChoice, translate } from './mapping.ts'
import { OPT_OUT_ACCESS, optOutOf } from './optOuts.ts'
import { keysOf, kindMisfit, possibleValues } from './possible.ts'

/** Only who stated something that is mapped is written (`isSilent`). */
export function silenceIssues({ mappings }: Configured, sources: ReadonlyMap<string, Source>): Issue[] {
  const isStated = ({ type, value }: Mapping) =>
    type !== 'static' && type !== 'regulation' && !sources.get(value)?.isIdentity
  return mappings.some(isStated) ? [] : [SILENT]
}

const SILENT = issue(
  'mappings',
  'No item reads what people choose, so nobody would be written.',
  'Add an item whose value is an element of the tree.',
)

/** Of one mapping item, on every object that it is for. */
export function mappingIssues(
  { properties, mappings, upsertMode }: Configured,
  index: number,
  described: Described,
  sources: ReadonlyMap<string, Source>,
): Issue[] {
  const item = mappings[index] as Mapping
  const path = `mappings[${index}]`
  const objects = properties.sobject.filter(object => appliesTo(item, object))
  const isForFollowed = item.sobject === 'Contact' && properties.sobject.includes('Lead')
  if (objects.length === 0 && !isForFollowed)
    return [
      issue(
        `${path}.sobject`,
        `${item.sobject} is not among properties.sobject.`,
        `Use one of ${properties.sobject.join(', ')}.`,
      ),
    ]
  const issues: Issue[] = []
  for (const object of objects.length > 0 ? objects : ['Contact']) {
    const description = described.get(object)
    if (!description) continue
    const field = description.field(item.id)
    if (!field) {
      issues.push(absentIssue(`${path}.id`, object, item.id, properties))
      continue
    }
    const isTwice = mappings
      .slice(0, index)
      .some(other => appliesTo(other, object) && other.id.toLowerCase() === item.id.toLowerCase())
    if (isTwice)
      issues.push(issue(`${path}.id`, `${object}.${field.name} is mapped twice.`, 'Keep one of the items.'))
    const isCreated = upsertMode && createObjectOf(properties) === object
    issues.push(
      ...fieldIssues(path, object, field, isCreated),
      ...valueIssues(path, item, object, field, sources, properties),
    )
  }
  return issues
}

function absentIssue(path: string, object: string, name: string, { sobject }: Properties): Issue {
  const optOut = optOutOf(object, name)
  if (optOut)
    return issue(
      path,
      `${object}.${optOut.name} is a standard field (${optOut.label}), but hidden from the integration user.`,
      OPT_OUT_ACCESS,
    )
  const cure =
    sobject.length > 1
      ? `${ACCESS} If only one object has it, name that object as the item’s sobject.`
      : ACCESS
  return issue(path, `${object} has no field ${name}, or it is hidden from the integration user.`, cure)
}

function fieldIssues(path: string, object: string, field: FieldDescription, isCreated: boolean): Issue[] {
  if (field.calculated)
    return [
      issue(
        `${path}.id`,
        `${object}.${field.name} is a formula field and cannot be written.`,
        'Map another field.',
      ),
    ]
  if (!field.updateable)
    return [
      issue(
        `${path}.id`,
        `${object}.${field.name} cannot be edited by the integration user.`,
        'Give its permission set edit access to the field, or map another: what Salesforce fills itself (ids, dates of creation, auto-numbers) nobody edits.',
      ),
    ]
  if (isCreated && !field.createable)
    return [
      issue(
        `${path}.id`,
        `${object}.${field.name} cannot be set on a new record.`,
        'Map another field, or switch upsert_mode off.',
      ),
    ]
  if (!shapeOf(field))
    return [
      issue(
        `${path}.id`,
        `${object}.${field.name} is of type ${field.type}, which no choice can be written to.`,
        'Map a checkbox, picklist, text, number or date field.',
      ),
    ]
  return []
}

function valueIssues(
  path: string,
  item: Mapping,
  object: string,
  field: FieldDescription,
  sources: ReadonlyMap<string, Source>,
  { regulation }: Properties,
): Issue[] {
  if (!shapeOf(field)) return []
  const source = readsChoice(item) ? sources.get(item.value) : undefined
  const wrong = (place: string, misfit: string) =>
    issue(`${path}.${place}`, `${object}.${field.name}: ${misfit}.`, cureFor(field))
  const tryOne = (place: string, value: FieldValue): Issue[] => {
    const fitted = fit(value, field)
    return isMisfit(fitted) ? [wrong(place, fitted.misfit)] : []
  }
  const issues = formatIssues(path, item, field, source)
  const misfit = kindMisfit(item, source, field)
  if (misfit !== undefined) return [...issues, wrong('id', misfit)]
  const misfits = possibleValues(item, source, regulation).flatMap(({ place, value }) => tryOne(place, value))
  // Without a table the mistake is one, however many values have it.
  issues.push(...misfits.filter(({ path }, i) => misfits.findIndex(other => other.path === path) === i))
  if (source?.kind === 'multi' && misfits.length === 0) {
    const all = keysOf(source)
      .map(key => translate(item, key))
      .filter(text => text !== null)
    issues.push(...tryOne('id', all.join(separatorOf(field, item.format)) || null))
  }
  return issues
}

/** How the item says it, whatever its values are. */
function formatIssues(
  path: string,
  item: Mapping,
  field: FieldDescription,
  source: Source | undefined,
): Issue[] {
  const { type, format, values = {}, invert } = item
  if (type === 'changed_at' && format !== undefined && format !== 'date' && format !== 'datetime')
    return [
      issue(
        `${path}.format`,
        'A time is written as date or as datetime.',
        'Use "date" or "datetime", or leave it out.',
      ),
    ]
  if (!source) return []
  const keys = keysOf(source)
  const strange =
    source.kind === 'text' ? [] : Object.keys(values).filter(key => key !== '' && !keys.includes(key))
  const issues = strange.map(key =>
    issue(`${path}.values.${key}`, 'The source has no such value.', `Use ${keys.join(', ')}.`),
  )
  if (invert && source.kind !== 'boolean' && shapeOf(field) !== 'boolean')
    issues.push(issue(`${path}.invert`, 'Only a yes or no can be inverted.', 'Take invert out.'))
  return issues
}
