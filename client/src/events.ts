/** From changes to the events that are sent. */
import type { PurposeChange } from './person.ts'
import type { Widget } from './widget.ts'

/** With double opt-in what is accepted waits for the mail, and what is refused counts at once. */
export function eventsOf(widget: Widget, changes: readonly PurposeChange[]): object[] {
  const shown = { widget_id: widget.widget_id, version: widget.version, language: widget.language }
  const accepted = widget.double_opt_in ? changes.filter(({ enabled }) => enabled === true) : []
  const rest = changes.filter(change => !accepted.includes(change))
  return [
    ...(rest.length > 0 ? [{ consents: { purposes: rest }, shown }] : []),
    ...(accepted.length > 0 ? [{ consents: { purposes: accepted }, shown, status: 'pending_approval' }] : []),
  ]
}
