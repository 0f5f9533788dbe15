/** From changes to the events that are sent, and what of them is sent alone where all together are refused. */
import { everyPreference } from './everyPreference.ts'
import type { PurposeChange } from './person.ts'
import type { Widget } from './widget.ts'

interface Sent {
  consents: { purposes: readonly PurposeChange[] }
  shown: object
  status?: 'pending_approval'
}

/**
 * With double opt-in what is accepted waits for the mail, and what is refused counts at once. Of values Heed decides, event by
 * event: so each stands in one of its own, and is answered for itself.
 */
export function eventsOf(widget: Widget, changes: readonly PurposeChange[]): Sent[] {
  const shown = { widget_id: widget.widget_id, version: widget.version, language: widget.language }
  const event = (...purposes: PurposeChange[]): Sent[] =>
    purposes.length > 0 ? [{ consents: { purposes }, shown }] : []
  if (!widget.double_opt_in) return event(...changes)
  const accepted = changes.filter(({ enabled }) => enabled === true)
  const rest = changes.filter(change => !accepted.includes(change))
  return [
    ...event(...rest.map(change => withValues(change, value => value === '')).filter(saysSomething)),
    ...rest
      .map(({ enabled: _, ...change }) => withValues(change, value => value !== ''))
      .filter(saysSomething)
      .flatMap(change => event(change)),
    ...event(...accepted).map(event => ({ ...event, status: 'pending_approval' as const })),
  ]
}

/**
 * What of the changes takes something back and accepts nothing.
 * @param before as the person has chosen
 */
export function takenBackIn(
  widget: Widget,
  changes: readonly PurposeChange[],
  before: readonly PurposeChange[],
): PurposeChange[] {
  const preferences = everyPreference(widget.purposes.flatMap(purpose => purpose.preferences))
  const takesOne = (id: string) => preferences.some(one => one.id === id && one.type === 'single')
  return changes
    .map(({ id, enabled, values = {} }) => {
      const was = before.find(one => one.id === id)
      const dropped = Object.entries(values).flatMap(([key, { value }]) => {
        const chosen = idsIn(value)
        const stood = idsIn(was?.values?.[key]?.value)
        const kept = stood.filter(one => chosen.includes(one))
        // Another answer to a question that takes one takes nothing back.
        const isLess = kept.length < stood.length && (chosen.length === 0 || !takesOne(key))
        return isLess ? [[key, { value: kept.join(',') }] as const] : []
      })
      return {
        id,
        ...(enabled === false && was?.enabled !== false ? { enabled } : {}),
        ...(dropped.length > 0 ? { values: Object.fromEntries(dropped) } : {}),
      }
    })
    .filter(saysSomething)
}

/** Each thing that is said, by itself. */
export const partsOf = (changes: readonly PurposeChange[]): PurposeChange[] =>
  changes.flatMap(({ id, enabled, values = {} }) => [
    ...(enabled === undefined ? [] : [{ id, enabled }]),
    ...Object.entries(values).map(([key, value]) => ({ id, values: { [key]: value } })),
  ])

function withValues(
  { values = {}, ...change }: PurposeChange,
  isWanted: (value: string) => boolean,
): PurposeChange {
  const wanted = Object.entries(values).filter(([, { value }]) => isWanted(value))
  return { ...change, ...(wanted.length > 0 ? { values: Object.fromEntries(wanted) } : {}) }
}

const saysSomething = ({ enabled, values }: PurposeChange): boolean =>
  enabled !== undefined || values !== undefined

const idsIn = (value = ''): string[] => value.split(',').filter(Boolean)
