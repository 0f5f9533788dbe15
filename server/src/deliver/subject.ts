/** A person as the deliver room reads them: whom a target knows, and their status. */
import { sql } from 'kysely'
import type { Status } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'

export interface SubjectRow {
  id: string
  organization_user_id: string | null
  status: Status
}

/** A merged person's former id finds the person. */
export async function findSubject(
  runner: Runner,
  organizationId: string,
  by: { id: string } | { organizationUserId: string },
): Promise<SubjectRow | undefined> {
  const named = 'id' in by ? sql`n.id = ${by.id}` : sql`n.organization_user_id = ${by.organizationUserId}`
  const { rows } = await sql<SubjectRow>`
    select p.id, p.organization_user_id, p.status
    from people n
    join people p on p.organization_id = n.organization_id and p.id = coalesce(n.merged_into, n.id)
    where n.organization_id = ${organizationId} and ${named}`.execute(runner)
  return rows[0]
}
