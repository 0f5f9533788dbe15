/** Others whose id is equal to a value but for case: a target that compares without case holds one record for them all. */
import { sql } from 'kysely'
import type { Owed } from '../connectors/contract.ts'
import type { Libraries } from '../library/libraries.ts'
import type { Database } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'
import { type OwedRow, owedOf } from './owed.ts'

/** By the value in lower case. Those who ask are left out: they know of each other. */
export async function readRivals(
  { db, libraries }: { db: Database; libraries: Libraries },
  integration: IntegrationRow,
  people: readonly Owed[],
  values: readonly string[],
): Promise<Map<string, Owed[]>> {
  const folded = [...new Set(values.map(value => value.toLowerCase()))]
  if (folded.length === 0) return new Map()
  const { rows } = await sql<OwedRow>`
    with asking as (
      select unnest(${people.map(({ key }) => key)}::text[]) as id
    ), named as (
      select organization_id, id, organization_user_id, status from people
      where organization_id = ${integration.organization_id} and organization_user_id = any (${folded}::text[])
        and id not in (select id from asking)
      union all
      select organization_id, id, organization_user_id, status from people
      where organization_id = ${integration.organization_id} and lower(organization_user_id) = any (${folded}::text[])
        and organization_user_id <> lower(organization_user_id) and id not in (select id from asking)
    )
    select n.id as person_id, n.organization_user_id, n.status, coalesce(d.links, '[]') as links, d.digest,
      coalesce(d.withdrawal, false) as withdrawal
    from named n
    left join deliveries d
      on d.organization_id = n.organization_id and d.integration_id = ${integration.id} and d.person_id = n.id`.execute(
    db,
  )
  return Map.groupBy(await owedOf(libraries, integration, rows), ({ organizationUserId }) =>
    organizationUserId.toLowerCase(),
  )
}
