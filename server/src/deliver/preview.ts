/** What a delivery would write, person by person, held against what stands in the target. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Link } from '../connectors/contract.ts'
import type { Status } from '../resolve/status.ts'
import type { ConfigureGround } from './configure.ts'
import type { IntegrationRow } from './integration.ts'
import { owedOf } from './owed.ts'

export const previewOutput = z.object({
  data: z.array(
    z.object({
      organization_user_id: z.string(),
      records: z.array(
        z.object({
          sobject: z.string(),
          id: z.string().nullable(),
          action: z.enum(['update', 'create', 'none']),
          fields: z.array(z.object({ id: z.string(), now: z.unknown(), would: z.unknown() })),
        }),
      ),
      note: z.string().optional(),
    }),
  ),
})

interface Row {
  person_id: string
  organization_user_id: string
  status: Status
  links: Link[]
  withdrawal: boolean
  withdrawn: string[] | null
}

/** @param integration as it is stored, or as it would be: then by a session of its own */
export async function preview(
  ground: ConfigureGround,
  integration: IntegrationRow,
  organizationUserIds: readonly string[],
  isRehearsal: boolean,
): Promise<z.infer<typeof previewOutput>> {
  const { rows } = await sql<Row>`
    select p.id as person_id, p.organization_user_id, p.status, coalesce(d.links, '[]') as links,
      coalesce(d.withdrawal, false) as withdrawal, to_jsonb(d.withdrawn) as withdrawn
    from people p
    left join deliveries d
      on d.organization_id = p.organization_id and d.integration_id = ${integration.id} and d.person_id = p.id
    where p.organization_id = ${integration.organization_id}
      and p.organization_user_id = any (${[...new Set(organizationUserIds)]})`.execute(ground.db)
  const claims = rows.map(row => ({ ...row, digest: null }))
  const { sessions } = ground
  const people = await owedOf(ground.libraries, integration, claims)
  const session = isRehearsal ? sessions.fresh(integration) : sessions.of(integration).session
  const previews = await session.preview(people).finally(() => (isRehearsal ? session.close() : undefined))
  const byKey = new Map(previews.map(one => [one.key, one]))
  const byUserId = new Map(rows.map(row => [row.organization_user_id, row.person_id]))
  return {
    data: organizationUserIds.map(organization_user_id => {
      const found = byKey.get(byUserId.get(organization_user_id) ?? '')
      if (!found) return { organization_user_id, records: [], note: 'Heed knows nobody by this id.' }
      const records = found.records.map(({ object, id, action, fields }) => ({
        sobject: object,
        id: id ?? null,
        action,
        fields: [...fields],
      }))
      return { organization_user_id, records, ...(found.note === undefined ? {} : { note: found.note }) }
    }),
  }
}
