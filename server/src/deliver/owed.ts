/** People as a connector is given them: what their status says at each mapped source. */
import type { Link, Owed } from '../connectors/contract.ts'
import type { Libraries } from '../library/libraries.ts'
import type { Status } from '../resolve/status.ts'
import { withRefused } from '../resolve/withdrawal.ts'
import type { IntegrationRow } from './integration.ts'
import { readingsOf, regulationOf } from './readings.ts'

export interface OwedRow {
  person_id: string
  organization_user_id: string | null
  status: Status
  links: Link[]
  digest: string | null
  withdrawal: boolean
  withdrawn?: readonly string[] | null
  is_erased?: boolean
  attempts?: number
  fault_code?: string | null
  owed_since_ms?: number | null
}

export async function owedOf(
  libraries: Libraries,
  integration: IntegrationRow,
  rows: readonly OwedRow[],
): Promise<Owed[]> {
  const readings = readingsOf(await libraries.of(integration.organization_id), integration.mappings)
  const regulation = regulationOf(integration.properties)
  return rows.map(row => {
    const { person_id, organization_user_id, status, links, digest, withdrawal, is_erased } = row
    const organizationUserId = organization_user_id ?? ''
    const withdrawn = withdrawal ? row.withdrawn : undefined
    const stands = withdrawn ? withRefused(status, withdrawn, row.owed_since_ms ?? Date.now()) : status
    const stated = readings.read({ organizationUserId, status: stands }, regulation)
    // All of one shape: of each it is asked some dozen times.
    return {
      key: person_id,
      organizationUserId,
      regulation,
      // Who was erased may have been made nameless in the target, too: their id is not written there again.
      stated: is_erased ? new Map([...stated].filter(([, { eventId }]) => eventId !== undefined)) : stated,
      isErased: is_erased ?? false,
      withdrawal,
      withdrawn: withdrawn ? readings.holding(withdrawn, regulation) : undefined,
      links,
      retryOf: row.attempts ? (row.fault_code ?? 'UNKNOWN') : undefined,
      digest: digest ?? undefined,
    }
  })
}
