/**
 * Farewells: an erasure undoes no withdrawal that is on its way. What its delivery needs stays in the delivery: the id by which
 * the target knows the person, and what they withdrew; no event, no history, nothing that they accepted. Once it is delivered
 * a trigger takes the row. Who comes back under the same `organization_user_id` is another person, who has a say in the record
 * as everybody else who shares it.
 */
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import type { Status } from '../resolve/status.ts'
import { takenBack, withRefused } from '../resolve/withdrawal.ts'
import type { Runner } from '../store/database.ts'
import { owedAgain } from './owe.ts'

interface Farewell {
  organizationUserId: string
  status: Status
}

interface Leaving extends Farewell {
  organizationId: string
  id: string
}

/**
 * Part of the erasure of a person: makes farewells of those of their deliveries that are to stay. What an integration that is
 * off was owed it is owed no more. Under another key, since the person's can be a device's, on which somebody may come back;
 * but a round that has the person at that moment settles them first.
 */
export async function keepFarewells(trx: Runner, person: Leaving): Promise<void> {
  const { rows } = await sql<{ id: string; withdrawn: string[] | null }>`
    select i.id, to_jsonb(d.withdrawn) as withdrawn
    from integrations i
    join deliveries d on d.organization_id = i.organization_id and d.integration_id = i.id and d.person_id = ${person.id}
    where i.organization_id = ${person.organizationId} and i.enabled
      and (d.withdrawal and d.owed_since is not null or d.unsettled_until > now())
    for update of d`.execute(trx)
  for (const { id, withdrawn } of rows) {
    const status = takenBack(withRefused(person.status, withdrawn ?? [], Date.now()), withdrawn)
    if (Object.keys(status.regulations).length === 0) continue
    const farewell: Farewell = { organizationUserId: person.organizationUserId, status }
    await sql`
      with kept as (
        update deliveries d
        set ${owedAgain}, farewell = ${JSON.stringify(farewell)}::jsonb, withdrawal = true,
          person_id = case when d.lease is null then ${newId()} else d.person_id end
        where d.organization_id = ${person.organizationId} and d.integration_id = ${id} and d.person_id = ${person.id}
        returning d.organization_id, d.integration_id, d.person_id, d.links
      )
      update remembered_records r set person_id = k.person_id
      from kept k cross join jsonb_array_elements(k.links) link
      where (r.organization_id, r.integration_id, r.record_id, r.person_id)
        = (k.organization_id, k.integration_id, link ->> 'id', ${person.id})`.execute(trx)
  }
}
