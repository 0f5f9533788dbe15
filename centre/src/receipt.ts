/** What was saved, one sentence per choice. */
import type { SavedEvent, Widget } from '@heed/client'
import { fill, sentencesOf } from './choices.ts'
import { h } from './dom.ts'
import { timeIn } from './time.ts'

export function receiptOf(widget: Widget, saved: readonly SavedEvent[]): HTMLElement {
  const { texts } = widget
  const time = timeIn(widget, saved[0]?.created_at ?? new Date().toISOString())
  return h(
    'section',
    { class: 'notice', part: 'receipt', 'aria-labelledby': 'receipt' },
    h('h3', { id: 'receipt' }, texts.receipt),
    h(
      'ul',
      {},
      ...saved.flatMap(({ consents }) =>
        sentencesOf(widget, consents.purposes ?? []).map(text => h('li', {}, text)),
      ),
    ),
    saved.some(({ status }) => status === 'pending_approval') && h('p', {}, texts.confirmByMail),
    h('p', { class: 'fine' }, fill(texts.receiptAt, { time, id: saved.map(({ id }) => id).join(', ') })),
  )
}
