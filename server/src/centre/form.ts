/**
 * The form of the page: names of its fields, and what was changed in it. A plain form leaves out boxes that are not
 * ticked, so every control has a hidden twin that says what was shown: what differs from it was changed by the person,
 * and nothing else is stated. That also keeps a page that stood open for long from undoing what was chosen elsewhere.
 */
import { createHash } from 'node:crypto'
import type { PurposeChoice } from '../resolve/event.ts'
import { everyPreference, type PreferenceView, type PurposeView } from './view.ts'

/** Says whose choices a form shows: in another tab somebody else may have signed in since. */
export const WHOSE = 'whose'
export const whoseForm = (organizationUserId = ''): string =>
  createHash('sha256').update(organizationUserId).digest('base64url').slice(0, 12)

/** Which version was shown, and in which language: another may have been published since. */
export const AS_SHOWN = 'as_shown'
export const asShown = ({ version, language }: { version: number; language: string }): string =>
  `${version} ${language}`

export const fieldOf = (elementId: string): string => `choice.${elementId}`
export const shownFieldOf = (elementId: string): string => `shown.${elementId}`

export const shownPurpose = ({ enabled }: PurposeView): string =>
  enabled === undefined ? '' : enabled ? 'yes' : 'no'
export const shownPreference = ({ chosen, preference }: PreferenceView): string =>
  preference.values
    .map(({ id }) => id)
    .filter(id => chosen.has(id))
    .join(',')

/** What of the form differs from what it showed, as the purposes of an event. */
export function changesIn(form: URLSearchParams, purposes: readonly PurposeView[]): PurposeChoice[] {
  return purposes.flatMap(({ purpose, preferences }): PurposeChoice[] => {
    const enabled = changedPurpose(form, purpose.elementId)
    const values = everyPreference(preferences).flatMap((view): [string, { value: string }][] => {
      const value = changedPreference(form, view)
      return value === undefined ? [] : [[view.preference.id, { value }]]
    })
    if (enabled === undefined && values.length === 0) return []
    return [
      {
        id: purpose.id,
        ...(enabled === undefined ? {} : { enabled }),
        ...(values.length === 0 ? {} : { values: Object.fromEntries(values) }),
      },
    ]
  })
}

function changedPurpose(form: URLSearchParams, elementId: string): boolean | undefined {
  const shown = form.get(shownFieldOf(elementId))
  if (shown === null) return undefined
  const isTicked = form.get(fieldOf(elementId)) === 'yes'
  return isTicked === (shown === 'yes') ? undefined : isTicked
}

/** Of several values each counts by itself: what the form does not show, or was chosen elsewhere meanwhile, stays. */
function changedPreference(
  form: URLSearchParams,
  { preference: { elementId, type, values }, chosen }: PreferenceView,
): string | undefined {
  const shown = form.get(shownFieldOf(elementId))
  if (shown === null) return undefined
  const ids = values.map(({ id }) => id)
  const before = new Set(shown.split(','))
  const sent = new Set(form.getAll(fieldOf(elementId)))
  const ticked = ids.filter(id => sent.has(id))
  if (ticked.join(',') === shown) return undefined
  if (type === 'single') return ticked.join(',')
  const isChosen = (id: string): boolean => (sent.has(id) === before.has(id) ? chosen.has(id) : sent.has(id))
  const others = [...chosen].filter(id => !ids.includes(id))
  return [...ids.filter(isChosen), ...others].join(',')
}
