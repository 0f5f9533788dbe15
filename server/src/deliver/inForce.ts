/** Where a person's choices are in force: per choice and integration, from the real deliveries. */
import { sql } from 'kysely'
import type { Libraries } from '../library/libraries.ts'
import type { Register } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'
import { type Readings, readingsOf, regulationOf } from './readings.ts'

export interface Place {
  /** The integration, as people know it. */
  name: string
  /** `unknown`: the target has no record of the person yet. `stuck`: somebody must mend something first. */
  state: 'there' | 'on its way' | 'unknown' | 'stuck'
  since?: Date
}

interface Standing extends Pick<IntegrationRow, 'name' | 'type_id' | 'properties' | 'mappings'> {
  state: 'owed' | 'delivered' | 'unmatched' | 'failed'
  settled_at: Date
  /** What was recorded from then on is not there yet. */
  owed_since: Date | null
  /** Of successful deliveries, oldest first; those of the last 30 days. */
  delivered_at: Date[]
  /** By event: one may say that it happened earlier than it came. */
  recorded_at: Record<string, string> | null
}

export function createInForce(db: Runner, libraries: Libraries) {
  return {
    /**
     * @param choices by register path of the person's status under this regulation
     * @returns by the same path; choices that no integration reads are absent
     */
    async of(
      person: { organizationId: string; id: string },
      regulation: string,
      choices: ReadonlyMap<string, Register>,
    ): Promise<Map<string, Place[]>> {
      const places = new Map<string, Place[]>()
      if (choices.size === 0) return places
      const standings = (await readStandings(db, person, [...choices.values()])).filter(
        ({ properties }) => regulationOf(properties) === regulation,
      )
      if (standings.length === 0) return places
      const library = await libraries.of(person.organizationId)
      for (const standing of standings) {
        const readings = readingsOf(library, standing.mappings)
        for (const [path, register] of choices) {
          if (!reads(readings, regulation, path, register)) continue
          const at = new Date(standing.recorded_at?.[register[2]] ?? register[1])
          places.set(path, [...(places.get(path) ?? []), placeOf(standing, at)])
        }
      }
      return places
    },
  }
}

/** Whether any mapping reads this register: the status that holds it alone says something then. */
const reads = (readings: Readings, regulation: string, path: string, register: Register): boolean => {
  const status = { user: {}, regulations: { [regulation]: { [path]: register } } }
  return [...readings.read({ organizationUserId: '', status }, regulation).values()].some(
    ({ eventId }) => eventId !== undefined,
  )
}

function placeOf(standing: Standing, recordedAt: Date): Place {
  const place = { name: standing.name || standing.type_id }
  const isOwed = standing.owed_since !== null && standing.owed_since <= recordedAt
  const since = isOwed ? undefined : standing.delivered_at.find(at => at >= recordedAt)
  if (since) return { ...place, state: 'there', since }
  // The log of deliveries is kept for a while; the state itself, always.
  if (standing.state === 'delivered') return { ...place, state: 'there', since: standing.settled_at }
  if (standing.state === 'unmatched') return { ...place, state: 'unknown' }
  return { ...place, state: standing.state === 'failed' ? 'stuck' : 'on its way' }
}

/** All in one statement: each view of the preference centre asks this. */
async function readStandings(
  db: Runner,
  person: { organizationId: string; id: string },
  choices: readonly Register[],
): Promise<Standing[]> {
  const { rows } = await sql<Standing>`
    select i.name, i.type_id, i.properties, i.mappings, d.state, d.updated_at as settled_at, d.owed_since,
      coalesce(l.delivered_at, '{}') as delivered_at,
      (
        select jsonb_object_agg(event_id, at)
        from (
          select event_id, max(recorded_at) as at from log
          where organization_id = ${person.organizationId} and event_id = any (${choices.map(([, , id]) => id)}::text[])
          group by event_id) r
      ) as recorded_at
    from deliveries d
    join integrations i on i.organization_id = d.organization_id and i.id = d.integration_id
    left join lateral (
      select array_agg(at order by at) as delivered_at
      from delivery_log
      where organization_id = d.organization_id and integration_id = d.integration_id and person_id = d.person_id
        and state = 'delivered') l on true
    where d.organization_id = ${person.organizationId} and d.person_id = ${person.id} and i.enabled
    order by i.created_at, i.id`.execute(db)
  return rows
}
