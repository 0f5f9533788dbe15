/** Configured connectors as they are stored: credentials sealed, everything else in the open. */
import { type RawBuilder, sql } from 'kysely'
import type { Vault } from '../access/vault.ts'
import type { Configuration, MappingItem, Usage } from '../connectors/contract.ts'
import { Refusal } from '../http/errors.ts'
import type { Runner } from '../store/database.ts'
import { isDue } from './claim.ts'

export interface Hold {
  code: string
  message: string
  cure: string
  kind: 'transient' | 'hold'
  since: string
  tries: number
  /** Withdrawals are delivered while it rests. */
  withdrawals_go_on?: true
}

export interface IntegrationRow {
  organization_id: string
  id: string
  type_id: string
  name: string
  enabled: boolean
  paused: boolean
  credentials: Buffer
  properties: Record<string, unknown>
  mappings: MappingItem[]
  upsert_mode: boolean
  hold: Hold | null
  rest_until: Date | null
  daily_call_share: number
  target_usage: Usage | null
  target_usage_at: Date | null
  look_due_at: Date
  looked_until: Date | null
  audit_schedule: string | null
  audit_time_zone: string
  audit_repairs: boolean
  audit_due_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

export async function readIntegrations(runner: Runner, organizationId: string): Promise<IntegrationRow[]> {
  const { rows } = await sql<IntegrationRow>`
    select * from integrations where organization_id = ${organizationId} order by created_at, id`.execute(
    runner,
  )
  return rows
}

export async function readIntegration(
  runner: Runner,
  organizationId: string,
  id: string,
): Promise<IntegrationRow | undefined> {
  const { rows } = await sql<IntegrationRow>`
    select * from integrations where organization_id = ${organizationId} and id = ${id}`.execute(runner)
  return rows[0]
}

export interface DueIntegration extends IntegrationRow {
  /** Nothing but its withdrawals may be taken. */
  rests: boolean
}

export const rests = sql<boolean>`coalesce(i.rest_until > now(), false)`
export const withdrawalsGoOn = sql`coalesce((i.hold ->> 'withdrawals_go_on')::boolean, false)`

/**
 * The integrations that have something to do now. In two questions along the index, so that nobody who is due later is walked
 * over; `offset 0` keeps them from being turned into one about everybody.
 */
export async function readDueIntegrations(runner: Runner): Promise<DueIntegration[]> {
  const isOwed = (which: RawBuilder<unknown>) => sql`exists (
        select from deliveries d
        where d.organization_id = i.organization_id and d.integration_id = i.id and ${which} and ${isDue}
        offset 0)`
  const { rows } = await sql<DueIntegration>`
    select i.*, ${rests} as rests from integrations i
    where i.enabled and not i.paused
      and ((not ${rests} or ${withdrawalsGoOn}) and ${isOwed(sql`d.withdrawal`)}
        or not ${rests} and ${isOwed(sql`not d.withdrawal`)})`.execute(runner)
  return rows
}

export const sealCredentials = (vault: Vault, id: string, authentication: unknown): Buffer =>
  vault.seal(JSON.stringify(authentication), `integration ${id}`)

const openCredentials = (vault: Vault, row: Pick<IntegrationRow, 'id' | 'credentials'>): unknown =>
  JSON.parse(vault.open(row.credentials, `integration ${row.id}`))

/** For callers: where another key sealed them, they learn what to do. */
export function credentialsOf(vault: Vault, row: Pick<IntegrationRow, 'id' | 'credentials'>): object {
  try {
    return openCredentials(vault, row) as object
  } catch (cause) {
    const errors = { authentication: 'the stored credentials cannot be opened: send them again' }
    throw new Refusal('conflict', errors.authentication, errors, { cause })
  }
}

export const configurationOf = (vault: Vault, row: IntegrationRow): Configuration => ({
  authentication: openCredentials(vault, row),
  properties: row.properties,
  mappings: row.mappings,
  upsertMode: row.upsert_mode,
})

/** It stopped itself: remembers why and rests. */
export async function holdIntegration(
  runner: Runner,
  row: IntegrationRow,
  hold: Hold,
  restMs: number,
): Promise<void> {
  await sql`
    update integrations
    set hold = ${JSON.stringify(hold)}::jsonb, rest_until = now() + ${restMs}::float8 * interval '1 millisecond'
    where organization_id = ${row.organization_id} and id = ${row.id} and version = ${row.version}`.execute(
    runner,
  )
}

/** Its target has been seen to be well: it tries at once, and where nobody is due, looks at once. */
export async function endRest(
  runner: Runner,
  { organization_id, id }: Pick<IntegrationRow, 'organization_id' | 'id'>,
): Promise<void> {
  await sql`
    update integrations set rest_until = null, look_due_at = least(look_due_at, now())
    where organization_id = ${organization_id} and id = ${id} and hold is not null`.execute(runner)
}

export async function liftHold(
  runner: Runner,
  { organization_id, id }: Pick<IntegrationRow, 'organization_id' | 'id'>,
): Promise<void> {
  await sql`
    update integrations set hold = null, rest_until = null
    where organization_id = ${organization_id} and id = ${id} and hold is not null`.execute(runner)
}
