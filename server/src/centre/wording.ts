/** In which words events are told again: those that were shown then, where they are known, else today's. */
import type { RecordedEvent } from '../record/event.ts'
import type { Database } from '../store/database.ts'
import { type Published, readPublished } from '../widgets/deployments.ts'
import { sentencesOf } from './changes.ts'

export interface Wording {
  sentences: readonly string[]
  language: string
  /** Of the widget that was shown; undefined: today's. */
  version: number | undefined
}

interface Today {
  organizationId: string
  widgetId: string
  snapshot: Published['snapshot']
  language: string
}

export async function wordingsOf(
  db: Database,
  events: readonly RecordedEvent[],
  { organizationId, widgetId, snapshot, language }: Today,
): Promise<(RecordedEvent & { wording: Wording })[]> {
  const published = new Map<number, Promise<Published | undefined>>()
  return Promise.all(
    events.map(async event => {
      const { consents, shown } = event.body
      const version = shown?.widget_id === widgetId ? shown.version : undefined
      if (version !== undefined && !published.has(version))
        published.set(version, readPublished(db, organizationId, widgetId, version))
      const then = version === undefined ? undefined : await published.get(version)
      const told = then && shown ? shown.language : language
      const sentences = sentencesOf(consents, then?.snapshot ?? snapshot, told)
      return { ...event, wording: { sentences, language: told, version: then && version } }
    }),
  )
}
