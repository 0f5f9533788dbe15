/**
 * Who failed for a value that the target cannot hold is owed again when the mapping, or the target's fields, are not what
 * they were then: once for each change, so that nobody is tried in a loop.
 */
import { sql } from 'kysely'
import type { Session } from '../connectors/contract.ts'
import type { Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'

/** Of one statement: nobody's new choice waits long for its locks. */
const BATCH = 10_000

/** Resolves with how many are owed. Asks the target only where somebody waits for it, as behind an obstacle. */
export async function oweMisfits(
  runner: Runner,
  integration: IntegrationRow,
  session: Pick<Session, 'fit'>,
): Promise<number> {
  if (!integration.hold?.withdrawals_go_on && !(await hasMisfits(runner, integration))) return 0
  const fit = await session.fit()
  let owed = 0
  let batch: number
  do {
    batch = await oweBatch(runner, integration, fit)
    owed += batch
  } while (batch === BATCH)
  return owed
}

async function hasMisfits(runner: Runner, { organization_id, id }: IntegrationRow): Promise<boolean> {
  const { rows } = await sql`
    select from deliveries
    where organization_id = ${organization_id} and integration_id = ${id} and misfit is not null and state = 'failed'
    limit 1`.execute(runner)
  return rows.length > 0
}

async function oweBatch(
  runner: Runner,
  { organization_id, id }: IntegrationRow,
  fit: string,
): Promise<number> {
  const { numAffectedRows } = await sql`
    with mended as (
      select person_id from deliveries
      where organization_id = ${organization_id} and integration_id = ${id}
        and misfit is not null and misfit <> ${fit} and state = 'failed' and lease is null
      limit ${BATCH} for update skip locked
    )
    update deliveries
    set state = 'owed', due_at = now(), owed_since = coalesce(owed_since, now()), misfit = ${fit}, attempts = 0,
      updated_at = now()
    where organization_id = ${organization_id} and integration_id = ${id}
      and person_id = any (array(select person_id from mended))`.execute(runner)
  return Number(numAffectedRows ?? 0)
}
