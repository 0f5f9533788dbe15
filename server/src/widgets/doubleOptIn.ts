/** What people accept only by a mail, by what is published. Remembered for a moment: each accepting event of a person asks. */
import { sql } from 'kysely'
import type { Database } from '../store/database.ts'

/** How long what another node publishes may go unseen. */
const LIFETIME_MS = 2_000
const MOST_ORGANIZATIONS = 1_000

/** The newest version of a widget. */
interface PublishedWay {
  widget_id: string
  asks: boolean
  purposes: string[]
}

interface Confirmable {
  /** Purposes that a published widget with double opt-in shows. */
  purposes: ReadonlySet<string>
  /** What no widget can show waits wherever anything does. */
  others: boolean
}

export interface DoubleOptIn {
  /**
   * @param shownWidgetId where the choice was made: what that one takes without a mail needs none. Whoever claims it falsely
   *   could as well have gone there.
   */
  of(organizationId: string, shownWidgetId: string | undefined): Promise<Confirmable>
  /** After a publication, or whatever else changes what people see. */
  forget(organizationId: string): void
}

export function createDoubleOptIn(db: Database): DoubleOptIn {
  const known = new Map<string, { ways: Promise<PublishedWay[]>; readAtMs: number }>()
  function waysOf(organizationId: string): Promise<PublishedWay[]> {
    const found = known.get(organizationId)
    if (found && Date.now() - found.readAtMs < LIFETIME_MS) return found.ways
    if (known.size >= MOST_ORGANIZATIONS) known.clear()
    const entry = { ways: readWays(db, organizationId), readAtMs: Date.now() }
    known.set(organizationId, entry)
    entry.ways.catch(() => {
      if (known.get(organizationId) === entry) known.delete(organizationId)
    })
    return entry.ways
  }
  return {
    async of(organizationId, shownWidgetId) {
      const ways = await waysOf(organizationId)
      const asking = ways.filter(({ asks }) => asks)
      const shown = ways.find(({ widget_id, asks }) => widget_id === shownWidgetId && !asks)
      const purposes = new Set(asking.flatMap(way => way.purposes))
      for (const id of shown?.purposes ?? []) purposes.delete(id)
      return { purposes, others: asking.length > 0 }
    },
    forget: organizationId => void known.delete(organizationId),
  }
}

async function readWays(db: Database, organizationId: string): Promise<PublishedWay[]> {
  const { rows } = await sql<PublishedWay>`
    select distinct on (v.widget_id) v.widget_id, coalesce((v.snapshot ->> 'doubleOptIn')::boolean, false) as asks,
      array(select purpose ->> 'id' from jsonb_array_elements(v.snapshot -> 'purposes') as purpose) as purposes
    from widget_versions v
    join widgets w on w.organization_id = v.organization_id and w.id = v.widget_id
    where v.organization_id = ${organizationId} and not w.archived
    order by v.widget_id, v.number desc`.execute(db)
  return rows
}
