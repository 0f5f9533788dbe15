/** What people accept only by a mail, by what is published. */
import { sql } from 'kysely'
import type { Runner } from '../store/database.ts'

/**
 * The purposes that a published widget with double opt-in shows.
 * @param shownWidgetId where the choice was made: what that one takes without a mail needs none. Whoever claims it falsely could
 *   as well have gone there.
 */
export async function purposesToConfirm(
  db: Runner,
  organizationId: string,
  shownWidgetId: string | undefined,
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    with published as (
      select distinct on (v.widget_id) v.widget_id, v.snapshot
      from widget_versions v
      join widgets w on w.organization_id = v.organization_id and w.id = v.widget_id
      where v.organization_id = ${organizationId} and not w.archived
      order by v.widget_id, v.number desc
    )
    select purpose ->> 'id' as id
    from published, jsonb_array_elements(snapshot -> 'purposes') as purpose
    group by 1
    having bool_or((snapshot ->> 'doubleOptIn')::boolean)
      and not bool_or(widget_id = ${shownWidgetId ?? ''} and not (snapshot ->> 'doubleOptIn')::boolean)`.execute(
    db,
  )
  return new Set(rows.map(({ id }) => id))
}
