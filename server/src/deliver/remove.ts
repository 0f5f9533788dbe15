/** Takes an integration away with all that is its. */
import { sql } from 'kysely'
import type { Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'

/** Of one statement. */
const PAGE = 10_000

/**
 * Off first: whoever chooses is owed to every integration that is on, and would wait until those of millions are gone. Where it is
 * cut off, it can be repeated. In the order in which rounds and events lock people: in another one, each could wait for the other.
 */
export async function removeIntegration(
  runner: Runner,
  { organization_id, id }: Pick<IntegrationRow, 'organization_id' | 'id'>,
): Promise<void> {
  await sql`
    update integrations set enabled = false, version = version + 1
    where organization_id = ${organization_id} and id = ${id}`.execute(runner)
  await sql`delete from audits where organization_id = ${organization_id} and integration_id = ${id}`.execute(
    runner,
  )
  for (let deleted = PAGE; deleted === PAGE; ) {
    const { numAffectedRows } = await sql`
      delete from deliveries where ctid = any (array(
        select ctid from deliveries
        where organization_id = ${organization_id} and integration_id = ${id}
        order by person_id limit ${PAGE} for update))`.execute(runner)
    deleted = Number(numAffectedRows ?? 0)
  }
  await sql`delete from integrations where organization_id = ${organization_id} and id = ${id}`.execute(
    runner,
  )
}
