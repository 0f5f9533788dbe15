/** What is owed to whom, for people to read. */
import { sql } from 'kysely'
import type { Fault, Link } from '../connectors/contract.ts'
import { totalOf } from '../store/count.ts'
import type { Runner } from '../store/database.ts'
import type { DeliveryOutput } from './schema.ts'

interface DeliveryRow {
  organization_user_id: string | null
  state: DeliveryOutput['state']
  attempts: number
  due_at: Date | null
  lease: string | null
  error: Fault | null
  links: Link[]
  updated_at: Date
}

export interface DeliveryFilter {
  organizationId: string
  integrationId: string
  state: string | undefined
  /** Only those whose withdrawal the target does not hold, or only the others. */
  withdrawal: boolean | undefined
  /** Of their error. */
  code: string | undefined
  organizationUserId: string | undefined
  limit: number
  skip: number
}

export async function readDeliveries(
  runner: Runner,
  filter: DeliveryFilter,
): Promise<{ total: number; data: DeliveryOutput[] }> {
  const found = sql`
    from deliveries d
    left join people p on p.organization_id = d.organization_id and p.id = d.person_id
    where d.organization_id = ${filter.organizationId} and d.integration_id = ${filter.integrationId}
      and (${filter.state ?? null}::text is null or d.state = ${filter.state ?? null})
      and (${filter.withdrawal ?? null}::boolean is null or d.withdrawal = ${filter.withdrawal ?? null})
      and (${filter.code ?? null}::text is null or d.error ->> 'code' = ${filter.code ?? null})
      and (${filter.organizationUserId ?? null}::text is null or p.organization_user_id = ${filter.organizationUserId ?? null})`
  const { rows } = await sql<DeliveryRow>`
    select p.organization_user_id, d.state, d.attempts, d.due_at, d.lease, d.error, d.links, d.updated_at
    ${found}
    order by d.person_id
    limit ${filter.limit} offset ${filter.skip}`.execute(runner)
  return { total: await totalOf(runner, found, filter, rows.length), data: rows.map(deliveryOutputOf) }
}

export const deliveryOutputOf = (row: DeliveryRow): DeliveryOutput => ({
  organization_user_id: row.organization_user_id ?? '',
  state: row.state,
  attempts: row.attempts,
  next_attempt_at: row.lease === null ? (row.due_at?.toISOString() ?? null) : null,
  error: row.error,
  records: row.links.map(({ object, id }) => ({ sobject: object, id })),
  updated_at: row.updated_at.toISOString(),
})
