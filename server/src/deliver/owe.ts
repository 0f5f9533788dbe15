/** Called by the record room inside its transaction: every enabled integration owes the people whose status changed. */
import { type RawBuilder, sql } from 'kysely'

export interface Change {
  organization_id: string
  person_id: string
  version: number
  /** Of a withdrawal: what is withdrawn by it. */
  withdrawn: readonly string[]
}

/**
 * The statement, for the record room to run together with its own.
 * A change makes what waited or failed due at once. While somebody holds the lease, due_at stays: the holder sees at
 * its settling that more is wanted than it delivered, and since when.
 * Times are the transaction's, as in the log: so it can be told which choices are owed. A withdrawal is owed since it came,
 * whatever older choice is owed with it.
 */
export const oweStatement = (changes: readonly Change[]): RawBuilder<unknown> => sql`
    insert into deliveries as d (organization_id, integration_id, person_id, wanted_version, withdrawal, withdrawn, owed_since, due_at)
    select c.organization_id, i.id, c.person_id, c.version, c.withdrawn <> '{}', c.withdrawn, now(), now()
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as c (
      organization_id text, person_id text, version bigint, withdrawn text[])
    join integrations i on i.organization_id = c.organization_id and i.enabled
    order by c.organization_id, i.id, c.person_id
    on conflict (organization_id, integration_id, person_id) do update
    set wanted_version = excluded.wanted_version,
      withdrawal = d.withdrawal or excluded.withdrawal,
      withdrawn = case
        when not d.withdrawal then excluded.withdrawn
        when not excluded.withdrawal or d.withdrawn is null then d.withdrawn
        else array(select distinct unnest(d.withdrawn || excluded.withdrawn)) end,
      state = 'owed',
      owed_since = case
        when excluded.withdrawal and not d.withdrawal then excluded.owed_since
        else coalesce(d.owed_since, excluded.owed_since) end,
      newer_since = case when d.lease is not null then coalesce(d.newer_since, excluded.owed_since) end,
      due_at = case when d.lease is null then excluded.due_at else d.due_at end,
      attempts = case when d.lease is null then 0 else d.attempts end,
      updated_at = now()`
