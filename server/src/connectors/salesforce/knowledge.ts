/** What a session knows of its org: the objects, how people are found on them, and what is written to each. */
import { type Source, TargetError } from '../contract.ts'
import type { Creation } from './create.ts'
import { arePeople, isPersonField } from './create.ts'
import type { Description, Descriptions, FieldDescription } from './describe.ts'
import { judge } from './errors.ts'
import { cureFor } from './issues.ts'
import { createObjectOf, type Mapping, matchFieldOf, type Properties } from './manifest.ts'
import { appliesTo, type Columns, columnsOf } from './mapping.ts'
import { type Matcher, matcherOf } from './match.ts'
import { brief } from './plan.ts'
import { typeMisfit } from './possible.ts'
import type { Target } from './target.ts'

export interface Configured {
  properties: Properties
  mappings: readonly Mapping[]
  upsertMode: boolean
}

export interface Knowledge {
  /** Changes with what changes which records are found. */
  scope: string
  /** Changes with what is mapped and with what the fields can hold. */
  fit: string
  /** Objects that may be written. */
  objects: readonly string[]
  described: ReadonlyMap<string, Description | undefined>
  /** Objects in which people are searched. */
  targets: readonly Target[]
  /** In some of them nobody can be searched by now: of their records those are written that are remembered. */
  isBlind: boolean
  columnsFor(object: string): Columns
  /** Absent: nobody is created. */
  creation: Creation | undefined
  /**
   * A mapped field that is gone, hidden, read-only or of another type by now: withdrawals are written without it. Or a match
   * field: they are written to the records that are remembered. Or the right to edit one object of several: to those of the others.
   */
  obstacle: TargetError | undefined
}

/** Objects whose records can be written: the configured ones, and the contacts that converted leads became. */
export const objectsOf = ({ sobject }: Properties): string[] =>
  sobject.includes('Lead') && !sobject.includes('Contact') ? [...sobject, 'Contact'] : [...sobject]

/**
 * Holds the integration where the mapping does not fit the org any more, before a row is sent. A description that does
 * not fit is asked for again first: it may be older than the mend. Throws where nothing can be written.
 */
export async function know(
  descriptions: Descriptions,
  configured: Configured,
  sources: ReadonlyMap<string, Source>,
  maxAgeMs: number,
  recheckMs: number,
): Promise<Knowledge> {
  const { properties } = configured
  const first = knowledgeOf(await describeAll(descriptions, properties, maxAgeMs), configured, sources)
  if (!(first instanceof TargetError) && !first.obstacle) return first
  const second = knowledgeOf(await describeAll(descriptions, properties, recheckMs), configured, sources)
  if (second instanceof TargetError) throw second
  return second
}

async function describeAll(
  descriptions: Descriptions,
  properties: Properties,
  maxAgeMs: number,
): Promise<Map<string, Description | undefined>> {
  const objects = objectsOf(properties)
  const answers = await Promise.all(objects.map(object => descriptions.of(object, maxAgeMs)))
  return new Map(objects.map((object, i) => [object, answers[i]]))
}

function knowledgeOf(
  described: ReadonlyMap<string, Description | undefined>,
  { properties, mappings, upsertMode }: Configured,
  sources: ReadonlyMap<string, Source>,
): Knowledge | TargetError {
  const columns = new Map(
    [...described].map(
      ([object, description]) => [object, columnsOf(mappings, object, description)] as const,
    ),
  )
  const targets: Target[] = []
  let obstacle: TargetError | undefined
  const isAnyEditable = properties.sobject.some(object => described.get(object)?.updateable)
  for (const object of properties.sobject) {
    const description = described.get(object)
    if (!description || !isAnyEditable)
      return misfit('INVALID_TYPE', `${object} is not there or may not be edited`)
    if (!description.updateable) obstacle ??= misfit('INVALID_TYPE', `${object} may not be edited`)
    const [missing] = columns.get(object)?.missing ?? []
    if (missing !== undefined)
      obstacle ??= misfit('INVALID_FIELD', `${object}.${missing} is not there or may not be edited`)
    obstacle ??= wrongTypeOf(mappings, description, sources, properties)
    const matcher = matcherFor(properties, object, description) ?? BLIND
    if (matcher === BLIND) obstacle ??= unsearchable(object, matchFieldOf(properties, object, description))
    const withoutPersonContacts = hasPersonContacts(described, properties, object)
    const select = selectOf(description, matcher)
    targets.push({
      ...{ object, matcher, select, withoutPersonContacts },
      tellsOfMerges: tellsOfMerges(description),
    })
  }
  const createObject = createObjectOf(properties)
  const description = described.get(createObject)
  const matcher = targets.find(({ object }) => object === createObject)?.matcher
  return {
    fit: fitOf(described, mappings, targets),
    scope: brief([properties.sobject, properties.match_field]).slice(0, 6),
    objects: [...described.keys()],
    described,
    targets,
    isBlind: targets.some(({ matcher }) => matcher === BLIND),
    columnsFor: object => columns.get(object) ?? columnsOf([], object, undefined),
    obstacle,
    // Nobody is created of a part of what is mapped: who is not there gets nothing that they have withdrawn.
    creation:
      upsertMode && description && matcher && !obstacle
        ? {
            description,
            matcher,
            isPerson: arePeople(matcher.field, mappings),
            defaults: properties.defaults,
          }
        : undefined,
  }
}

export const tellsOfMerges = (description: Description | undefined): boolean =>
  description?.field('MasterRecordId') !== undefined

function fitOf(
  described: ReadonlyMap<string, Description | undefined>,
  mappings: readonly Mapping[],
  targets: readonly Target[],
): string {
  const fields = [...described].map(([object, description]) => {
    const mapped = mappings.filter(item => appliesTo(item, object)).map(({ id }) => id)
    const matched = targets.filter(target => target.object === object).map(({ matcher }) => matcher.field)
    const described = [...mapped, ...matched].map(name => ({ ...description?.field(name), label: '' }))
    return [description?.updateable, ...described]
  })
  return brief([mappings, fields])
}

/** A field whose type has changed since the mapping was saved: nothing that anybody chooses can be written to it. */
function wrongTypeOf(
  mappings: readonly Mapping[],
  description: Description,
  sources: ReadonlyMap<string, Source>,
  { regulation }: Properties,
): TargetError | undefined {
  for (const item of mappings) {
    const field = appliesTo(item, description.name) ? description.field(item.id) : undefined
    const wrong = field && typeMisfit(item, sources.get(item.value), field, regulation)
    if (wrong !== undefined)
      return new TargetError({
        code: 'MAPPING_DOES_NOT_FIT',
        message: `${description.name}.${field?.name} is of type ${field?.type} by now: ${wrong}`,
        cure: cureFor(field as FieldDescription),
        kind: 'hold',
      })
  }
  return undefined
}

/** Of a match field that is gone, hidden or encrypted by now: it finds nobody, and what is remembered is read by its id. */
const BLIND: Matcher = {
  field: '',
  literalOf: () => undefined,
  storedOf: value => value,
  keyOf: String,
  isExact: true,
  isUnique: false,
  isUniqueExternalId: false,
}

const unsearchable = (object: string, field = 'its match field'): TargetError =>
  new TargetError({
    code: 'INVALID_FIELD',
    message: `${object} cannot be searched by ${field}`,
    cure: 'The field is gone, hidden or encrypted: give the integration user’s permission set Read access to it, or name another one in properties.match_field.',
    kind: 'hold',
  })

/**
 * The lead's way to its contact, the contact's parent, the person account's mark, and its contact where accounts are matched as
 * people: where they are, and may be seen.
 */
function selectOf({ field }: Description, matcher: Matcher): string[] {
  const wanted = ['IsConverted', 'ConvertedContactId', 'AccountId', 'IsPersonAccount']
  if (isPersonField(matcher.field)) wanted.push('PersonContactId')
  return [...new Set(['Id', matcher.field, ...wanted.filter(name => field(name))])].filter(
    name => name !== '',
  )
}

function matcherFor(
  properties: Properties,
  object: Properties['sobject'][number],
  description: Description,
): Matcher | undefined {
  const name = matchFieldOf(properties, object, description)
  const field = name === undefined ? undefined : description.field(name)
  return field && matcherOf(field)
}

/** With person accounts one human is an account and a contact; writing both would be writing twice. */
function hasPersonContacts(
  described: ReadonlyMap<string, Description | undefined>,
  properties: Properties,
  object: string,
): boolean {
  if (object !== 'Contact' || !properties.sobject.includes('Account')) return false
  const matchesPeople = isPersonField(matchFieldOf(properties, 'Account', described.get('Account')) ?? '')
  return matchesPeople && described.get('Contact')?.field('IsPersonAccount') !== undefined
}

const misfit = (code: string, message: string): TargetError =>
  new TargetError({ code, message, cure: judge(code, message).cure, kind: 'hold' })
