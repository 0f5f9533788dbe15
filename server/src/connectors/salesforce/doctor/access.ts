/** What the integration user may do: with the objects, with each mapped field, with the org's own opt-out fields. */
import type { Check, Issue, Source } from '../../contract.ts'
import type { Described } from '../issues.ts'
import { type Configured, objectsOf } from '../knowledge.ts'
import { createObjectOf, matchFieldOf } from '../manifest.ts'
import { appliesTo, columnsOf } from '../mapping.ts'
import { mappingIssues, silenceIssues } from '../mappings.issues.ts'
import { OPT_OUT_ACCESS, optOutsOf } from '../optOuts.ts'
import { objectIssues, settingIssues } from '../properties.issues.ts'

/** `described` has an object that was asked for, as undefined where the org shows none; one that could not be asked is not in it. */
export const accessChecks = (
  configured: Configured,
  described: Described,
  sources: ReadonlyMap<string, Source>,
): Check[] => [
  ...objectChecks(configured, described),
  ...settingChecks(configured, described),
  ...mappingChecks(configured, described, sources),
  ...followedChecks(configured, described),
  ...optOutChecks(configured, described),
]

function objectChecks(configured: Configured, described: Described): Check[] {
  const { properties, upsertMode } = configured
  return properties.sobject
    .filter(object => described.has(object))
    .map(object => {
      const description = described.get(object)
      const isCreated = upsertMode && createObjectOf(properties) === object
      const rights = isCreated ? 'read, edited and created' : 'read and edited'
      const match = matchFieldOf(properties, object, description)
      const issues = objectIssues(configured, object, description)
      return summed(object, `can be ${rights}; people are matched by ${match}`, issues)
    })
}

function settingChecks(configured: Configured, described: Described): Check[] {
  const { properties, upsertMode } = configured
  const issues = settingIssues(configured, described)
  const failed = issues.map(({ path, message, cure }) => ({ name: path, ok: false, message, cure }))
  const object = createObjectOf(properties)
  if (!upsertMode || failed.length > 0 || !described.get(object)) return failed
  const message = `every field that a new ${object} requires is filled`
  return [{ name: 'New records', ok: true, message }]
}

function mappingChecks(
  configured: Configured,
  described: Described,
  sources: ReadonlyMap<string, Source>,
): Check[] {
  const { mappings } = configured
  const items = mappings.flatMap((item, index) => {
    const objects = configured.properties.sobject.filter(object => appliesTo(item, object))
    const unseen = objects.filter(object => !described.get(object))
    const issues = mappingIssues(configured, index, described, sources)
    if (issues.length === 0 && objects.length > 0 && unseen.length === objects.length) return []
    const message = unseen.length === 0 ? 'can be written' : `can be written, except on ${unseen.join(', ')}`
    return [summed(`mappings[${index}]: ${item.id}`, message, issues)]
  })
  const silence = silenceIssues(configured, sources)
  return silence.length > 0 ? [...items, summed('Mapping', '', silence)] : items
}

/** Not a failure: the configuration is for leads, and what their contacts lack is left out of those rows. */
function followedChecks({ properties, mappings }: Configured, described: Described): Check[] {
  if (!properties.sobject.includes('Lead') || properties.sobject.includes('Contact')) return []
  if (!described.has('Contact')) return []
  const name = 'Contacts of converted leads'
  const description = described.get('Contact')
  const { missing, isEmpty } = columnsOf(mappings, 'Contact', description)
  const cure = (what: string) => `If leads are converted in this org: ${what}.`
  if (isEmpty)
    return [
      {
        name,
        ok: true,
        message: 'no mapping item is for Contact: who becomes a contact is not written any more',
        cure: cure('add items with "sobject": "Contact"'),
      },
    ]
  if (!description?.updateable)
    return [
      {
        name,
        ok: true,
        message:
          'the integration user may not edit Contact: who becomes a contact cannot be written any more',
        cure: cure('give its permission set Read and Edit on Contact'),
      },
    ]
  if (missing.length > 0)
    return [
      {
        name,
        ok: true,
        message: `Contact cannot take ${missing.join(', ')}`,
        cure: cure(
          'add these fields to Contact, and give the integration user’s permission set access to them',
        ),
      },
    ]
  return [{ name, ok: true, message: 'all mapped fields are there on Contact' }]
}

function optOutChecks({ properties, mappings }: Configured, described: Described): Check[] {
  const hidden = objectsOf(properties).flatMap(object => {
    const description = described.get(object)
    if (!description || (object === 'Account' && !description.field('PersonEmail'))) return []
    return optOutsOf(object)
      .filter(({ name }) => !description.field(name)?.updateable)
      .map(({ name, label }) => ({ object, name, label }))
  })
  const name = 'Opt-out fields of the org'
  if (hidden.length === 0) return described.size > 0 ? [{ name, ok: true, message: 'can be mapped' }] : []
  // What is mapped fails by its own item.
  const unmapped = hidden.filter(
    ({ object, name }) =>
      !mappings.some(item => appliesTo(item, object) && item.id.toLowerCase() === name.toLowerCase()),
  )
  if (unmapped.length === 0) return []
  const names = unmapped.map(({ object, name, label }) => `${object}.${name} (${label})`).join(', ')
  return [
    {
      name,
      ok: true,
      message: `${names}: hidden from the integration user or read-only, so they cannot be mapped`,
      cure: `Nothing to do where you do not want to map them. ${OPT_OUT_ACCESS}`,
    },
  ]
}

/** One finding of several issues: what is wrong, all of it, and what to do, once each. */
function summed(name: string, good: string, issues: readonly Issue[]): Check {
  if (issues.length === 0) return { name, ok: true, message: good }
  return {
    name,
    ok: false,
    message: issues.map(({ message }) => message).join(' '),
    cure: [...new Set(issues.map(({ cure }) => cure))].join(' '),
  }
}
