import { sql } from 'kysely'
import type { Database } from '../src/store/database.ts'

/** What is remembered of records and what the deliveries hold, where they differ: nothing, at any time. */
export async function misremembered(db: Database): Promise<unknown[]> {
  const { rows } = await sql`
    with held as (
      select organization_id, integration_id, link ->> 'id' as record_id, person_id
      from deliveries cross join jsonb_array_elements(links) link
    )
    (table held except table remembered_records) union all (table remembered_records except table held)`.execute(
    db,
  )
  return rows
}
