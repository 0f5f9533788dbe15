/** Writes a round's outcomes down: one statement for the state of each person and the line in the log. */
import { sql } from 'kysely'
import { type Fault, type Link, type Outcome, sameLinks } from '../connectors/contract.ts'
import type { Runner } from '../store/database.ts'
import { backoffMs, waitMs } from './backoff.ts'
import type { Claim } from './claim.ts'
import { CALL_LIFE_SECONDS } from './creations.ts'
import type { IntegrationRow } from './integration.ts'

export interface Settlement {
  claim: Claim
  outcome: Outcome
}

/** What is not said is null there: of most people it is half of the columns. No links: they are what they were. */
interface Row {
  person_id: string
  version: number
  state: Outcome['state']
  error?: Fault | undefined
  links?: Outcome['links'] | undefined
  /** Ids of records that are theirs no more. */
  forgotten?: string[] | undefined
  digest?: string | undefined
  misfit?: string | undefined
  written: Outcome['written']
  attempts: number
  retry_ms?: number | undefined
  may_still_run?: boolean | undefined
  is_withdrawn?: boolean | undefined
}

/**
 * Who failed is tried again a day later: what refused them may have been mended in the target unseen. All who failed within
 * an hour come back together, so that thousands cost few calls; not on the full hour, when the target's own jobs begin.
 * Who failed for a value that the fields cannot hold comes back once they can: see `misfits.ts`.
 */
const nextDay = sql`date_bin('1 hour', now() + interval '1 day', '2000-01-01 00:25Z')`

/**
 * Only the holder of the lease settles: where it ran out, somebody else has the person and settles them.
 * Where more is wanted by now than was delivered, the person is due again at once. Where a call that nobody waits for any
 * more may still be under way, the person is due once more when it must have ended, whatever became of them now: it could
 * come last. The mark outlives every round before that time, so that no newer choice and no other node loses it.
 * Everything is joined by the whole key and nothing is said of the table alone: so a table that has grown since it was last
 * analyzed is neither read as a whole nor crossed with the outcomes row by row (measured: 340 µs a person instead of 60).
 * As jsonb, as json is read in 36 µs a row instead of 1.4.
 */
export async function settle(
  runner: Runner,
  integration: IntegrationRow,
  lease: string,
  settlements: readonly Settlement[],
): Promise<void> {
  const unsettledUntil = sql`case
    when o.may_still_run then now() + ${CALL_LIFE_SECONDS} * interval '1 second' else d.unsettled_until end`
  await sql`
    with outcome as materialized (
      select ${integration.organization_id} as organization_id, ${integration.id} as integration_id,
        ${lease}::uuid as lease, r.*
      from jsonb_to_recordset(${JSON.stringify(settlements.map(rowOf).sort(byPerson))}::jsonb) as r (
        person_id text, version bigint, state text, error jsonb, links jsonb, forgotten jsonb, digest text, misfit text,
        written jsonb, attempts int, retry_ms float8, may_still_run boolean, is_withdrawn boolean)
    ), settled as (
      update deliveries d
      set lease = null, leased_until = null,
        again = false,
        state = case when d.wanted_version > o.version or d.again or o.state = 'retry' then 'owed' else o.state end,
        due_at = case
          when d.wanted_version > o.version or d.again then now()
          when o.state = 'retry' then now() + o.retry_ms * interval '1 millisecond'
          else coalesce(${unsettledUntil}, case when o.state = 'failed' and coalesce(o.misfit, '') = '' then ${nextDay} end) end,
        unsettled_until = ${unsettledUntil},
        owed_since = case
          when (d.wanted_version > o.version or d.again) and o.state = 'delivered' then coalesce(d.newer_since, now())
          when d.wanted_version > o.version or d.again or o.state in ('retry', 'failed') then d.owed_since end,
        newer_since = null,
        withdrawal = d.withdrawal
          and (d.wanted_version > o.version or o.state in ('retry', 'failed', 'unmatched') and o.is_withdrawn is not true),
        attempts = case when d.again then 0 else o.attempts end,
        error = o.error,
        links = coalesce(o.links, d.links),
        -- Without a digest it is written although it is believed to be there.
        digest = case when not d.again and ${unsettledUntil} is null then o.digest end,
        misfit = case when o.misfit = '' then coalesce(d.misfit, '') else o.misfit end,
        updated_at = now()
      from outcome o
      where (d.organization_id, d.integration_id, d.person_id, d.lease)
        = (o.organization_id, o.integration_id, o.person_id, o.lease)
      returning o.person_id, o.version, o.state, o.error, o.written, o.links, o.forgotten
    ), remembered as (
      insert into remembered_records (organization_id, integration_id, record_id, person_id)
      select ${integration.organization_id}, ${integration.id}, link ->> 'id', person_id
      from settled cross join jsonb_array_elements(links) link
      on conflict do nothing
    ), forgotten as (
      -- By their places: joined, all that is remembered would be read to forget a few.
      delete from remembered_records where ctid = any (array(
        select r.ctid
        from settled s cross join jsonb_array_elements_text(s.forgotten) id cross join lateral (
          select ctid from remembered_records
          where organization_id = ${integration.organization_id} and integration_id = ${integration.id}
            and record_id = id and person_id = s.person_id
          offset 0) r))
    )
    insert into delivery_log (organization_id, integration_id, person_id, at, round, version, state, error, written)
    select ${integration.organization_id}, ${integration.id}, person_id, clock_timestamp(), ${lease}, version, state, error,
      written
    from settled`.execute(runner)
}

function rowOf({ claim, outcome }: Settlement): Row {
  const attempts = outcome.state === 'delivered' || outcome.state === 'unmatched' ? 0 : claim.attempts + 1
  return {
    person_id: claim.person_id,
    version: claim.version,
    state: outcome.state,
    error: outcome.error,
    ...(sameLinks(outcome.links, claim.links) ? SAME_LINKS : newLinks(outcome.links, claim.links)),
    digest: outcome.digest,
    misfit: outcome.misfit,
    written: outcome.written,
    attempts,
    retry_ms: outcome.state !== 'retry' ? undefined : outcome.waits ? waitMs(attempts) : backoffMs(attempts),
    may_still_run: outcome.mayStillRun,
    is_withdrawn: outcome.isWithdrawn,
  }
}

const SAME_LINKS = { links: undefined, forgotten: undefined }

const newLinks = (links: readonly Link[], before: readonly Link[]) => ({
  links,
  forgotten: before.map(({ id }) => id).filter(id => !links.some(link => link.id === id)),
})

/** The order in which events lock their people's deliveries: in another one, each could wait for the other. */
const byPerson = (a: Row, b: Row): number => (a.person_id < b.person_id ? -1 : 1)
