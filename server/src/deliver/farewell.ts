/**
 * Farewells: an erasure undoes no withdrawal that is on its way. What its delivery needs stays in the delivery, under a key
 * of its own: the id by which the target knows the person, and what they withdrew; no event, no history, nothing that they
 * accepted. Once it is delivered a trigger takes the row. Nobody finds it by a person, since there is none any more; who comes
 * back under the same id is another person, who has a say in the record as everybody else who shares it.
 */
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import type { Status } from '../resolve/status.ts'
import { takenBack, withRefused } from '../resolve/withdrawal.ts'
import type { Runner } from '../store/database.ts'
import { CALL_LIFE_SECONDS } from './creations.ts'

interface Farewell {
  organizationUserId: string
  status: Status
}

interface Leaving {
  organizationId: string
  id: string
  organizationUserId: string
  status: Status
}

/**
 * Part of the erasure of a person, before their deliveries go. What an integration that is off was owed it is owed no more.
 * A round that has the person does not settle it: what it may still write is written over when it must have ended.
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
    const status = takenBack(withRefused(person.status, withdrawn ?? [], new Date()), withdrawn)
    if (Object.keys(status.regulations).length === 0) continue
    const farewell: Farewell = { organizationUserId: person.organizationUserId, status }
    await sql`
      update deliveries
      set person_id = ${newId()}, farewell = ${JSON.stringify(farewell)}::jsonb, state = 'owed', withdrawal = true,
        owed_since = coalesce(owed_since, now()), due_at = now(), attempts = 0, error = null, digest = null, again = false,
        unsettled_until = case
          when lease is not null then now() + ${CALL_LIFE_SECONDS} * interval '1 second' else unsettled_until end,
        lease = null, leased_until = null, newer_since = null, updated_at = now()
      where organization_id = ${person.organizationId} and integration_id = ${id} and person_id = ${person.id}`.execute(
      trx,
    )
  }
}
