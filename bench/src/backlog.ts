/** A backlog of any size, written straight into the tables: taking a million events in is measured elsewhere. */
import { setTimeout as rest } from 'node:timers/promises'
import type { Integration } from './integration.ts'
import { choice, type Stage } from './stage.ts'

/** People from..to-1 owe the status of one person who came in by the API; the integration is paused. */
export async function owe(stage: Stage, { id }: Integration, from: number, to: number): Promise<void> {
  const { pool } = stage.database
  await stage.call('POST', '/consents/events', { ...choice(0, 0), user: { organization_user_id: 'model' } })
  await pool.query(
    `insert into people (organization_id, id, organization_user_id, status)
    select 'bench', 'bench-' || n, 'person.' || n || '@example-company.com', model.status
    from generate_series($1::int, $2::int) n,
      (select status from people where organization_id = 'bench' and organization_user_id = 'model') model`,
    [from, to - 1],
  )
  await pool.query(
    `insert into deliveries (organization_id, integration_id, person_id, wanted_version, withdrawal, owed_since, due_at)
    select 'bench', $3, 'bench-' || n, 1, n % 2 = 0, now(), now()
    from generate_series($1::int, $2::int) n`,
    [from, to - 1, id],
  )
  await pool.query("delete from deliveries where organization_id = 'bench' and person_id not like 'bench-%'")
  await pool.query('vacuum analyze people, deliveries')
  // What the filling itself left to write to disk is not for those who are measured to pay.
  await pool.query('checkpoint')
}

/** A loop that runs when an integration is paused goes on until it finds nothing due: it has to have looked. */
const LONGEST_ROUND_MS = 2_000

export async function pauseAndRest(integration: Integration): Promise<void> {
  await integration.pause(true)
  await rest(LONGEST_ROUND_MS)
}
