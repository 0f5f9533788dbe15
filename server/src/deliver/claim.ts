/** Claims: who may deliver whom, and until when. */
import { sql } from 'kysely'
import type { Link } from '../connectors/contract.ts'
import type { Status } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'

/**
 * How long after a holder's end somebody else takes its people. A round may take longer than that (a write in an org full
 * of automation takes minutes): whoever holds a lease renews it.
 */
export const LEASE_SECONDS = 60
export const RENEW_EVERY_MS = 20_000

export interface Claim {
  person_id: string
  organization_user_id: string | null
  /** The person's version that was read: what a delivery of this claim makes true. */
  version: number
  status: Status
  links: Link[]
  digest: string | null
  attempts: number
  withdrawal: boolean
  owed_since: Date | null
}

/**
 * Withdrawals first, then the longest due. Two bounded index scans rather than one ordered one: sorting by withdrawal
 * would walk over all withdrawals that are not due yet. The taken go into the update as an array: joined, a table that
 * has grown since it was last analyzed is read by nested loops (measured: 2 s instead of 50 ms for 2,000 of 10,000).
 */
export async function claim(
  runner: Runner,
  integration: IntegrationRow,
  lease: string,
  limit: number,
): Promise<Claim[]> {
  const { rows } = await sql<Claim>`
    with withdrawals as (
      select person_id from deliveries
      where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
        and withdrawal and due_at <= now()
      order by due_at limit ${limit}
      for update skip locked
    ), others as (
      select person_id from deliveries
      where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
        and not withdrawal and due_at <= now()
      order by due_at limit ${limit} - (select count(*) from withdrawals)
      for update skip locked
    )
    update deliveries d
    set lease = ${lease}, due_at = now() + ${LEASE_SECONDS} * interval '1 second'
    from people p
    where d.organization_id = ${integration.organization_id} and d.integration_id = ${integration.id}
      and d.person_id = any (array(select person_id from withdrawals union all select person_id from others))
      and p.organization_id = d.organization_id and p.id = d.person_id
    returning d.person_id, p.organization_user_id, p.version, p.status, d.links, d.digest, d.attempts, d.withdrawal,
      d.owed_since`.execute(runner)
  return rows
}

export async function renew(runner: Runner, integration: IntegrationRow, lease: string): Promise<void> {
  await sql`
    update deliveries set due_at = now() + ${LEASE_SECONDS} * interval '1 second'
    where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
      and lease = ${lease}`.execute(runner)
}

/** Hands claims back as if they had not been taken. */
export async function release(runner: Runner, integration: IntegrationRow, lease: string): Promise<void> {
  await sql`
    update deliveries set lease = null, due_at = now()
    where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
      and lease = ${lease}`.execute(runner)
}

/** At the start of a Heed that has its database alone: whoever held a lease is gone. */
export async function releaseAll(runner: Runner): Promise<void> {
  await sql`update deliveries set lease = null, due_at = now() where lease is not null`.execute(runner)
}
