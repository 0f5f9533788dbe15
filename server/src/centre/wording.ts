/** In which words events are told again: those that were shown then, where they are known, else today's. */
import type { RecordedEvent } from '../record/event.ts'
import { namesOf } from '../signin/statement.ts'
import type { Database } from '../store/database.ts'
import { type Published, readPublished } from '../widgets/deployments.ts'
import type { Words } from './changes.ts'

export interface Wording extends Words {
  snapshot: Published['snapshot']
  /** Of the widget that was shown; undefined: today's. */
  version: number | undefined
}

interface Today {
  organizationId: string
  snapshot: Published['snapshot']
  language: string
}

export async function wordingsOf(
  db: Database,
  events: readonly RecordedEvent[],
  { organizationId, snapshot, language }: Today,
): Promise<(RecordedEvent & { wording: Wording })[]> {
  const published = new Map<string, Promise<Published | undefined>>()
  const shownBy = ({ widget_id, version }: { widget_id: string; version: number }) => {
    const key = `${version} ${widget_id}`
    const found = published.get(key) ?? readPublished(db, organizationId, widget_id, version)
    published.set(key, found)
    return found
  }
  const consents = { purposes: events.flatMap(({ body }) => body.consents.purposes ?? []) }
  const others = await namesOf(db, organizationId, consents)
  return Promise.all(
    events.map(async event => {
      const { shown } = event.body
      const then = shown && (await shownBy(shown))
      const wording =
        then && shown
          ? { ...then, others, language: shown.language }
          : { snapshot, others, language, version: undefined }
      return { ...event, wording }
    }),
  )
}
