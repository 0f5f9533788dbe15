/** In which words events are told again: those that were shown then, where they are known, else today's. */
import type { RecordedEvent } from '../record/event.ts'
import type { Database } from '../store/database.ts'
import { type Published, readPublished } from '../widgets/deployments.ts'

export interface Wording {
  snapshot: Published['snapshot']
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
      const { shown } = event.body
      const version = shown?.widget_id === widgetId ? shown.version : undefined
      if (version !== undefined && !published.has(version))
        published.set(version, readPublished(db, organizationId, widgetId, version))
      const then = version === undefined ? undefined : await published.get(version)
      const wording =
        then && shown ? { ...then, language: shown.language } : { snapshot, language, version: undefined }
      return { ...event, wording }
    }),
  )
}
