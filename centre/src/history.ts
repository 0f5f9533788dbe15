/** What a person chose before: read when it is opened, a page at a time. */
import type { Client, Statement, Widget } from '@heed/client'
import { fill } from './choices.ts'
import { h } from './dom.ts'
import { timeIn } from './time.ts'

interface History {
  client: Client
  widget: Widget
  isOpen: boolean
  onFailed(error: unknown): void
}

export function historyOf({ client, widget, isOpen, onFailed }: History): HTMLDetailsElement {
  const { texts } = widget
  let isRead = false
  const list = h('ol')
  const none = h('p', { hidden: true }, texts.historyEmpty)
  const older = h(
    'button',
    {
      ...{ type: 'button', class: 'quiet', part: 'button older', hidden: true },
      click: async () => {
        const [first] = await read()
        first?.focus()
      },
    },
    texts.historyOlder,
  )
  const read = async (): Promise<HTMLElement[]> => {
    try {
      const { total, data } = await client.history(widget, list.childElementCount)
      const items = data.map(one => item(one, widget))
      list.append(...items)
      older.hidden = list.childElementCount >= total
      none.hidden = total > 0
      return items
    } catch (error) {
      // To be opened once more.
      isRead = false
      onFailed(error)
      return []
    }
  }
  return h(
    'details',
    {
      ...{ part: 'history', open: isOpen },
      toggle: ({ currentTarget }: Event) => {
        if (isRead || !(currentTarget as HTMLDetailsElement).open) return
        isRead = true
        void read()
      },
    },
    h('summary', { id: 'history' }, texts.history),
    ...[none, list, older],
  )
}

const item = (
  { id, created_at: at, status, by, language, wording, sentences }: Statement,
  widget: Widget,
): HTMLElement =>
  h(
    'li',
    { class: 'card', part: 'statement', tabindex: '-1' },
    h('time', { datetime: at }, timeIn(widget, at)),
    h('ul', { lang: language }, ...sentences.map(sentence => h('li', {}, sentence))),
    h(
      'p',
      { class: 'fine' },
      [
        id,
        by && fill(widget.texts.historyBy, { name: by }),
        status === 'pending_approval' && widget.texts.historyPending,
        wording &&
          fill(widget.texts.historyWording, {
            version: wording.version,
            language: nameIn(widget.language, language),
          }),
      ]
        .filter(Boolean)
        .join(' · '),
    ),
  )

const nameIn = (shown: string, language: string): string =>
  new Intl.DisplayNames([shown], { type: 'language' }).of(language) ?? language
