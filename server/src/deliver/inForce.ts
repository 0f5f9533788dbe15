/** Where a person's choices are in force: per choice and integration, from the real deliveries. */
import { sql } from 'kysely'
import type { Libraries } from '../library/libraries.ts'
import type { Register } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'
import { type IntegrationRow, readIntegrations } from './integration.ts'
import { type Readings, readingsOf, regulationOf } from './readings.ts'

export interface Place {
  /** The integration, as people know it. */
  name: string
  /** `unknown`: the target has no record of the person yet. `stuck`: somebody must mend something first. */
  state: 'there' | 'on its way' | 'unknown' | 'stuck'
  since?: Date
}

interface Standing {
  integration_id: string
  state: 'owed' | 'delivered' | 'unmatched' | 'failed'
  /** Of successful deliveries, oldest first; those of the last 30 days. */
  delivered_at: Date[]
  updated_at: Date
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
      const integrations = (await readIntegrations(db, person.organizationId)).filter(
        one => one.enabled && regulationOf(one.properties) === regulation,
      )
      if (integrations.length === 0 || choices.size === 0) return places
      const library = await libraries.of(person.organizationId)
      const standings = await readStandings(db, person, integrations)
      const recorded = await readRecorded(db, person, [...choices.values()])
      for (const integration of integrations) {
        const readings = readingsOf(library, integration.mappings)
        const standing = standings.get(integration.id)
        for (const [path, register] of choices) {
          if (!standing || !reads(readings, regulation, path, register)) continue
          const at = recorded.get(register[2]) ?? new Date(register[1])
          places.set(path, [...(places.get(path) ?? []), placeOf(integration, standing, at)])
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

function placeOf({ name, type_id }: IntegrationRow, standing: Standing, recordedAt: Date): Place {
  const place = { name: name || type_id }
  const since = standing.delivered_at.find(at => at >= recordedAt)
  if (since) return { ...place, state: 'there', since }
  // The log of deliveries is kept for a while; the state itself, always.
  if (standing.state === 'delivered') return { ...place, state: 'there', since: standing.updated_at }
  if (standing.state === 'unmatched') return { ...place, state: 'unknown' }
  return { ...place, state: standing.state === 'failed' ? 'stuck' : 'on its way' }
}

async function readStandings(
  db: Runner,
  person: { organizationId: string; id: string },
  integrations: readonly IntegrationRow[],
): Promise<Map<string, Standing>> {
  const { rows } = await sql<Standing>`
    select d.integration_id, d.state, d.updated_at, coalesce(l.delivered_at, '{}') as delivered_at
    from deliveries d
    left join lateral (
      select array_agg(at order by at) as delivered_at
      from delivery_log
      where organization_id = d.organization_id and integration_id = d.integration_id and person_id = d.person_id
        and state = 'delivered') l on true
    where d.organization_id = ${person.organizationId} and d.integration_id = any (${integrations.map(({ id }) => id)}::text[])
      and d.person_id = ${person.id}`.execute(db)
  return new Map(rows.map(row => [row.integration_id, row]))
}

/** An event may say that it happened earlier than it came. */
async function readRecorded(
  db: Runner,
  { organizationId }: { organizationId: string },
  choices: readonly Register[],
): Promise<Map<string, Date>> {
  const { rows } = await sql<{ event_id: string; at: Date }>`
    select event_id, max(recorded_at) as at from log
    where organization_id = ${organizationId} and event_id = any (${choices.map(([, , id]) => id)}::text[])
    group by event_id`.execute(db)
  return new Map(rows.map(({ event_id, at }) => [event_id, at]))
}
