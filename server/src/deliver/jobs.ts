/**
 * Bulk jobs under way. A job writes for minutes what was true when it began: where its holder died, it is ended before its
 * people are delivered again, so that it cannot write old values over newer ones.
 */
import { sql } from 'kysely'
import type { Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'

/** Less than the lease of its people, so that it is found before they are claimed again. */
const ORPHANED_AFTER_SECONDS = 50

type Owner = Pick<IntegrationRow, 'organization_id' | 'id'>

export async function beginJob(runner: Runner, owner: Owner, lease: string, job: string): Promise<void> {
  await sql`
    insert into bulk_jobs (organization_id, integration_id, job, lease)
    values (${owner.organization_id}, ${owner.id}, ${job}, ${lease})`.execute(runner)
}

export async function endJob(runner: Runner, owner: Owner, job: string): Promise<void> {
  await sql`
    delete from bulk_jobs
    where organization_id = ${owner.organization_id} and integration_id = ${owner.id} and job = ${job}`.execute(
    runner,
  )
}

export async function renewJobs(runner: Runner, owner: Owner, lease: string): Promise<void> {
  await sql`
    update bulk_jobs set renewed_at = now()
    where organization_id = ${owner.organization_id} and integration_id = ${owner.id} and lease = ${lease}`.execute(
    runner,
  )
}

/** Takes over the jobs whose holders died: each is given to one node. */
export async function takeOrphanedJobs(runner: Runner, owner: Owner): Promise<string[]> {
  const { rows } = await sql<{ job: string }>`
    update bulk_jobs set renewed_at = now()
    where organization_id = ${owner.organization_id} and integration_id = ${owner.id}
      and renewed_at < now() - ${ORPHANED_AFTER_SECONDS} * interval '1 second'
    returning job`.execute(runner)
  return rows.map(({ job }) => job)
}

/** At the start of a Heed that has its database alone: whoever held a job is gone. */
export async function orphanAllJobs(runner: Runner): Promise<void> {
  await sql`update bulk_jobs set renewed_at = '-infinity'`.execute(runner)
}

/** Resolves with how long the oldest has been under way, for people to read. */
export async function readJobs(runner: Runner, owner: Owner): Promise<{ job: string; began_at: Date }[]> {
  const { rows } = await sql<{ job: string; began_at: Date }>`
    select job, began_at from bulk_jobs
    where organization_id = ${owner.organization_id} and integration_id = ${owner.id} order by began_at`.execute(
    runner,
  )
  return rows
}
