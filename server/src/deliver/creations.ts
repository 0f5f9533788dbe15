/**
 * Who may create a record for a key. Held in the database, so that two nodes, or one after another's death, never make two
 * records of one person: before a creation is sent its key is claimed, and the claim ends when its fate is known.
 */
import { sql } from 'kysely'
import type { Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'

/** How long a target may go on with a call whose caller has left. */
export const CALL_LIFE_SECONDS = 600

/** Resolves with the keys that were granted. */
export async function claimCreations(
  runner: Runner,
  { organization_id, id }: IntegrationRow,
  lease: string,
  keys: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ key: string }>`
    insert into creations as c (organization_id, integration_id, key, lease)
    select ${organization_id}, ${id}, key, ${lease}::uuid from unnest(${[...new Set(keys)].sort()}::text[]) as key
    on conflict (organization_id, integration_id, key) do update
    set lease = excluded.lease, claimed_at = now()
    where c.lease = excluded.lease or c.claimed_at < now() - ${CALL_LIFE_SECONDS} * interval '1 second'
    returning key`.execute(runner)
  return new Set(rows.map(({ key }) => key))
}

export async function releaseCreations(
  runner: Runner,
  { organization_id, id }: IntegrationRow,
  lease: string,
  keys: readonly string[],
): Promise<void> {
  await sql`
    delete from creations
    where organization_id = ${organization_id} and integration_id = ${id} and lease = ${lease}
      and key = any (${[...keys]}::text[])`.execute(runner)
}
