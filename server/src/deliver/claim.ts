/** Claims: who may deliver whom, and until when. */
import { type RawBuilder, sql } from 'kysely'
import type { Link } from '../connectors/contract.ts'
import type { Status } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'
import { CALL_LIFE_SECONDS } from './creations.ts'
import type { IntegrationRow } from './integration.ts'

/**
 * How long after a holder's end somebody else takes its people. A round may take longer than that (a write in an org full
 * of automation takes minutes): whoever holds a lease renews it.
 */
export const LEASE_SECONDS = 60
export const RENEW_EVERY_MS = 20_000

/** Who may be taken: what somebody is at stays due, and is nobody else's until the lease is over. */
export const isDue = sql`due_at <= now() and (leased_until is null or leased_until <= now())`

const leaseEnd = sql`now() + ${LEASE_SECONDS} * interval '1 second'`

/** Whom a round takes: everyone who is due, withdrawals alone, or everyone else. */
export type Whom = 'all' | 'withdrawals' | 'others'

export interface Claim {
  person_id: string
  organization_user_id: string | null
  /** The person's version that was read: what a delivery of this claim makes true. */
  version: number
  status: Status
  links: Link[]
  digest: string | null
  attempts: number
  fault_code: string | null
  withdrawal: boolean
  withdrawn: string[] | null
  is_erased: boolean
  owed_since_ms: number | null
}

/**
 * Withdrawals first, then the longest due. Two bounded index scans rather than one ordered one: sorting by withdrawal
 * would walk over all withdrawals that are not due yet. The taken go into the update as an array of the places where they
 * were locked: by their keys they would be sorted and looked up once more, and joined, a table that has grown since it was
 * last analyzed is read by nested loops (measured: 2 s instead of 50 ms for 2,000 of 10,000). Who was changed between our
 * look and our lock has another place by then, and waits for the next round.
 * due_at stays, so that no index is written (measured: a fifth of all that PostgreSQL did to deliver somebody); whoever
 * looks for due people walks over those who are on their way, ten thousand in bulk.
 * Whose dead holder left a bulk job is not taken before that job has ended. Who is taken from a dead holder is marked: see
 * `settle`.
 */
export async function claim(
  runner: Runner,
  integration: IntegrationRow,
  lease: string,
  limit: number,
  whom: Whom = 'all',
): Promise<Claim[]> {
  const of = sql`organization_id = ${integration.organization_id} and integration_id = ${integration.id}`
  // A running loop must learn that the integration was paused or changed.
  const isCurrent = sql`exists (select from integrations i where i.organization_id = ${integration.organization_id}
    and i.id = ${integration.id} and i.version = ${integration.version} and i.enabled and not i.paused)`
  const isFree = sql`${isCurrent} and not coalesce(lease = any (array(select lease from bulk_jobs where ${of})), false)`
  const { rows } = await sql<Claim>`
    with withdrawals as (
      select ctid as place from deliveries
      where ${of} and withdrawal and ${isDue} and ${isFree}
      order by due_at limit ${whom === 'others' ? 0 : limit}
      for update skip locked
    ), others as (
      select ctid as place from deliveries
      where ${of} and not withdrawal and ${isDue} and ${isFree}
      order by due_at limit ${whom === 'withdrawals' ? sql`0` : sql`${limit} - (select count(*) from withdrawals)`}
      for update skip locked
    ), taken as (
      select * from withdrawals union all select * from others
    ), claimed as (
      update deliveries
      set lease = ${lease}, leased_until = ${leaseEnd}, newer_since = null,
        unsettled_until = case
          when lease is not null then now() + ${CALL_LIFE_SECONDS} * interval '1 second'
          when unsettled_until > now() then unsettled_until end
      where ctid = any (array(select place from taken))
      returning organization_id, person_id, wanted_version, links, digest, attempts, error, withdrawal, withdrawn, owed_since, farewell
    )
    select d.person_id, coalesce(d.farewell ->> 'organizationUserId', p.organization_user_id) as organization_user_id,
      case when d.farewell is null then p.version else d.wanted_version end as version,
      coalesce(d.farewell -> 'status', p.status) as status,
      d.links, d.digest, d.attempts, d.error ->> 'code' as fault_code, d.withdrawal, to_jsonb(d.withdrawn) as withdrawn, d.farewell is not null as is_erased,
      date_part('epoch', d.owed_since) * 1000 as owed_since_ms
    from claimed d
    left join lateral (
      select organization_user_id, version, status from people
      where organization_id = d.organization_id and id = d.person_id
      offset 0) p on true`.execute(runner)
  return rows
}

export interface Due {
  withdrawals: number
  others: number
}

/** How many are due, counted up to `most`. */
export async function readDue(runner: Runner, integration: IntegrationRow, most: number): Promise<Due> {
  const due = (which: RawBuilder<unknown>) => sql`
    (select count(*) from (
      select from deliveries
      where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
        and ${which} and ${isDue} limit ${most}) d)::int`
  const { rows } = await sql<Due>`
    select ${due(sql`withdrawal`)} as withdrawals, ${due(sql`not withdrawal`)} as others`.execute(runner)
  return rows[0] ?? { withdrawals: 0, others: 0 }
}

/** A lease and whom it holds: named one by one, since no index finds them by their lease. */
export interface Lease {
  integration: IntegrationRow
  id: string
  personIds: readonly string[]
}

const heldBy = ({ integration, id, personIds }: Lease) => sql`
    organization_id = ${integration.organization_id} and integration_id = ${integration.id}
      and person_id = any (${[...personIds]}::text[]) and lease = ${id}`

/** Resolves with whether anybody is still held: where the holder came too late, others have taken them. */
export async function renew(runner: Runner, lease: Lease): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update deliveries set leased_until = ${leaseEnd} where ${heldBy(lease)}`.execute(runner)
  return Number(numAffectedRows ?? 0) > 0
}

/** Hands claims back as if they had not been taken. */
export async function release(runner: Runner, lease: Lease): Promise<void> {
  await sql`update deliveries set lease = null, leased_until = null where ${heldBy(lease)}`.execute(runner)
}

/** Hands claims back of a round whose last call may still be under way: whoever takes them next marks that. */
export async function abandonLease(runner: Runner, lease: Lease): Promise<void> {
  await sql`update deliveries set leased_until = null where ${heldBy(lease)}`.execute(runner)
}

/** At the start of a Heed that has its database alone: whoever held a lease is gone. */
export async function abandonAllLeases(runner: Runner): Promise<void> {
  await sql`update deliveries set leased_until = null where lease is not null`.execute(runner)
}
