/** Reads people: by any of their ids, and page by page. */
import { sql } from 'kysely'
import type { Status } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'

/** All ids of a person: their own, and those of devices and people merged into them. */
export async function namesOf(
  runner: Runner,
  person: { organizationId: string; id: string },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from people where organization_id = ${person.organizationId} and id = ${person.id}
    union all
    select id from people where organization_id = ${person.organizationId} and merged_into = ${person.id}`.execute(
    runner,
  )
  return rows.map(row => row.id)
}

export interface UserRow {
  id: string
  organization_id: string
  organization_user_id: string | null
  version: number
  status: Status
  created_at: Date
  updated_at: Date
}

/** @param by which id the caller gave; a merged person's former id finds the person */
export async function findPerson(
  runner: Runner,
  organizationId: string,
  by: { id: string } | { organizationUserId: string },
): Promise<UserRow | undefined> {
  const { rows } =
    'id' in by
      ? await sql<UserRow>`
          select p.* from people n
          join people p on p.organization_id = n.organization_id and p.id = coalesce(n.merged_into, n.id)
          where n.organization_id = ${organizationId} and n.id = ${by.id}`.execute(runner)
      : await sql<UserRow>`
          select * from people
          where organization_id = ${organizationId} and organization_user_id = ${by.organizationUserId}`.execute(
          runner,
        )
  return rows[0]
}

/** Whether one of these ids is somebody's. */
export async function isAnybody(
  runner: Runner,
  organizationId: string,
  organizationUserIds: readonly string[],
): Promise<boolean> {
  const { rows } = await sql`
    select from people
    where organization_id = ${organizationId} and organization_user_id = any (${organizationUserIds})
    limit 1`.execute(runner)
  return rows.length > 0
}

/** People in the order of their ids, after the given one. */
export async function readPeople(
  runner: Runner,
  organizationId: string,
  after: string,
  limit: number,
): Promise<UserRow[]> {
  const { rows } = await sql<UserRow>`
    select * from people
    where organization_id = ${organizationId} and merged_into is null and id > ${after}
    order by id
    limit ${limit}`.execute(runner)
  return rows
}
