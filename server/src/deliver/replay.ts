/** Owing people again, whether or not the target is thought to hold their state already. */
import { type RawBuilder, sql } from 'kysely'
import type { Runner } from '../store/database.ts'
import { owedAgain } from './owe.ts'

/** Of one statement: nobody's new choice waits long for its locks (measured: 200 s for a million at once). */
const PAGE = 10_000

export interface Replay {
  organizationId: string
  integrationId: string
  /** These people; else those in this state; else everyone. */
  organizationUserIds?: readonly string[] | undefined
  state?: string | undefined
}

/** Resolves with how many. In the order of their keys; where it is cut off, it can be repeated. */
export async function replay(runner: Runner, wanted: Replay, page = PAGE): Promise<number> {
  const statement = wanted.state !== undefined && !wanted.organizationUserIds ? oweThoseIn : oweThoseOf
  let owed = 0
  let after = ''
  for (;;) {
    const { rows } = await sql<{ id: string }>`${statement(wanted, after, page)}`.execute(runner)
    owed += rows.length
    if (rows.length < page) return owed
    after = rows.reduce((last, { id }) => (id > last ? id : last), after)
  }
}

/** Of a state: whoever has a delivery, also who was erased meanwhile. */
const oweThoseIn = (
  { organizationId, integrationId, state }: Replay,
  after: string,
  page: number,
): RawBuilder<unknown> => sql`
    with page as (
      select person_id from deliveries
      where organization_id = ${organizationId} and integration_id = ${integrationId} and state = ${state}
        and person_id > ${after}
      order by person_id limit ${page} for update
    )
    update deliveries d set ${owedAgain}
    where d.organization_id = ${organizationId} and d.integration_id = ${integrationId}
      and d.person_id = any (array(select person_id from page))
    returning d.person_id as id`

/** Of people, also whom the integration was never owed. */
function oweThoseOf(
  { organizationId, integrationId, organizationUserIds, state }: Replay,
  after: string,
  page: number,
): RawBuilder<unknown> {
  const ids = organizationUserIds ? [...organizationUserIds] : null
  return sql`
    insert into deliveries as d (organization_id, integration_id, person_id, wanted_version, owed_since, due_at)
    select p.organization_id, ${integrationId}, p.id, p.version, now(), now()
    from people p
    left join deliveries c
      on c.organization_id = p.organization_id and c.integration_id = ${integrationId} and c.person_id = p.id
    where p.organization_id = ${organizationId} and p.organization_user_id is not null and p.merged_into is null
      and p.id > ${after}
      and (${ids}::text[] is null or p.organization_user_id = any (${ids}::text[]))
      and (${state ?? null}::text is null or c.state = ${state ?? null})
    order by p.id limit ${page}
    on conflict (organization_id, integration_id, person_id) do update
    set wanted_version = greatest(d.wanted_version, excluded.wanted_version), ${owedAgain}
    returning d.person_id as id`
}
