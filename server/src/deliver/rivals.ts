/** Others who share a record: by an id that is equal but for case, which the target takes for one, or since they remember it. */
import { sql } from 'kysely'
import type { Owed } from '../connectors/contract.ts'
import type { Libraries } from '../library/libraries.ts'
import type { Database } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'
import { type OwedRow, owedOf } from './owed.ts'

/**
 * By their id in lower case, as `values` are. Those who ask are left out: they know of each other.
 * Value by value along an index, whatever the tables' statistics say: a list of two thousand is weighed item by item when it is
 * planned (measured: 3 ms), and a plan for many would read all deliveries to name a few.
 */
export async function readRivals(
  { db, libraries }: { db: Database; libraries: Libraries },
  integration: IntegrationRow,
  people: readonly Owed[],
  values: readonly string[],
  records: readonly string[] = [],
): Promise<Map<string, Owed[]>> {
  if (values.length === 0 && records.length === 0) return new Map()
  const ofOrganization = sql`organization_id = ${integration.organization_id}`
  const { rows } = await sql<OwedRow>`
    with named as (
      select p.* from jsonb_array_elements_text(${JSON.stringify(strangeTo(people, values))}::jsonb) a (value) cross join lateral (
        select id, organization_user_id, status from people
        where ${ofOrganization} and organization_user_id = a.value
        offset 0) p
      union all
      select p.* from jsonb_array_elements_text(${JSON.stringify(values)}::jsonb) a (value) cross join lateral (
        select id, organization_user_id, status from people
        where ${ofOrganization} and lower(organization_user_id) = a.value
          and organization_user_id <> lower(organization_user_id)
        offset 0) p${records.length === 0 ? sql`` : remembering(integration, people, records)}
    )
    select distinct on (n.id) n.id as person_id, n.organization_user_id, n.status, coalesce(d.links, '[]') as links, d.digest,
      coalesce(d.withdrawal, false) as withdrawal
    from named n
    left join lateral (
      select links, digest, withdrawal from deliveries
      where ${ofOrganization} and integration_id = ${integration.id} and person_id = n.id
      offset 0) d on true`.execute(db)
  if (rows.length === 0) return new Map()
  const asking = new Set(people.map(({ key }) => key))
  const others = rows.filter(({ person_id }) => !asking.has(person_id))
  return Map.groupBy(await owedOf(libraries, integration, others), ({ organizationUserId }) =>
    organizationUserId.toLowerCase(),
  )
}

/** An id is one person's: whoever is asked for under it would be the asker, unless they were erased and somebody came anew. */
function strangeTo(people: readonly Owed[], values: readonly string[]): string[] {
  const strange = new Set(values)
  for (const { organizationUserId, isErased } of people) if (!isErased) strange.delete(organizationUserId)
  return [...strange]
}

const remembering = (
  { organization_id, id }: IntegrationRow,
  people: readonly Owed[],
  records: readonly string[],
) => sql`
      union all
      select p.*
      from jsonb_array_elements_text(${JSON.stringify(records)}::jsonb) a (record_id)
      cross join lateral (
        select person_id from remembered_records
        where organization_id = ${organization_id} and integration_id = ${id} and record_id = a.record_id
          and person_id <> all (${people.map(({ key }) => key)}::text[])
        offset 0) r
      cross join lateral (
        select id, organization_user_id, status from people
        where organization_id = ${organization_id} and id = r.person_id
        offset 0) p`
