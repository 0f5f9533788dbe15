/** Holds an event against the library: every id must exist, or have existed, in the organization. */

import type { Library } from '../library/library.ts'
import { chosen } from '../resolve/elements.ts'
import type { Consents, PurposeChoice } from '../resolve/event.ts'

/** From path below the event to what is wrong; empty when nothing is. */
export function findUnknownIds(library: Library, consents: Consents): Record<string, string> {
  const errors: Record<string, string> = {}
  const seen = new Set<string>()
  consents.purposes?.forEach((purpose, i) => {
    const at = `consents.purposes[${i}]`
    if (!library.purposes.has(purpose.id)) errors[`${at}.id`] = `no purpose has the id ${quote(purpose.id)}`
    else if (seen.has(purpose.id)) errors[`${at}.id`] = 'stands twice in one event'
    seen.add(purpose.id)
    for (const [preferenceId, { value }] of Object.entries(purpose.values ?? {})) {
      const problem = problemOf(library, preferenceId, value)
      if (problem) errors[`${at}.values.${preferenceId}`] = problem
    }
  })
  return errors
}

function problemOf(library: Library, preferenceId: string, value: string): string | undefined {
  const preference = library.preferences.get(preferenceId)
  if (!preference) return `no preference has the id ${quote(preferenceId)}`
  const ids = chosen(value)
  const unknown = ids.find(id => !preference.valueIds.includes(id))
  if (unknown !== undefined) return `${quote(unknown)} is not a value of this preference`
  if (new Set(ids).size < ids.length) return 'names a value twice'
  if (preference.type === 'single' && ids.length > 1) return 'takes one value only'
  return undefined
}

/**
 * One-click consent: accepting a purpose chooses all values of its multi preferences, refusing it clears them; what the
 * event itself says of a preference stands. Done when the event comes in and kept in it, so that adding up the log
 * later does not depend on what the tree has become.
 */
export function propagate(library: Library, consents: Consents): Consents {
  if (!consents.purposes?.some(purpose => library.oneClick.has(purpose.id))) return consents
  return { ...consents, purposes: consents.purposes.map(purpose => propagateOne(library, purpose)) }
}

function propagateOne(library: Library, purpose: PurposeChoice): PurposeChoice {
  if (typeof purpose.enabled !== 'boolean') return purpose
  const open = (library.oneClick.get(purpose.id) ?? []).filter(
    ({ preferenceId }) => !purpose.values?.[preferenceId],
  )
  if (open.length === 0) return purpose
  const values = open.map(({ preferenceId, valueIds }) => {
    const value = purpose.enabled ? valueIds.join(',') : ''
    return [preferenceId, { value, from_propagation: true }] as const
  })
  return { ...purpose, propagation: true, values: { ...purpose.values, ...Object.fromEntries(values) } }
}

const quote = (id: string): string => JSON.stringify(id.length > 80 ? `${id.slice(0, 80)}…` : id)
