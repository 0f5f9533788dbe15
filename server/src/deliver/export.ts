/** An integration as a file for version control. Its credentials are named, not shown: `{"$env": "SALESFORCE_CLIENT_ID"}`. */
import { z } from 'zod'
import type { Vault } from '../access/vault.ts'
import { mappingItem } from '../connectors/contract.ts'
import { credentialsOf, type IntegrationRow } from './integration.ts'

export const fromEnvironment = z.strictObject({
  $env: z.string().regex(/^[A-Za-z_]\w*$/, 'is not the name of an environment variable'),
})

export const exported = z.object({
  id: z.string(),
  type_id: z.string(),
  name: z.string(),
  authentication: z.record(z.string(), fromEnvironment),
  properties: z.record(z.string(), z.unknown()),
  mappings: z.array(mappingItem.loose()),
  upsert_mode: z.boolean(),
  daily_call_share: z.number(),
  audit: z.object({ schedule: z.string().nullable(), time_zone: z.string(), repair: z.boolean() }),
})

/** What is switched by hand in operation (`enabled`, `paused`) is not configuration, and not in the file. */
export const exportOf = (vault: Vault, row: IntegrationRow): z.infer<typeof exported> => ({
  id: row.id,
  type_id: row.type_id,
  name: row.name,
  authentication: Object.fromEntries(
    Object.keys(credentialsOf(vault, row)).map(field => [field, { $env: variableOf(row, field) }]),
  ),
  properties: row.properties,
  mappings: row.mappings,
  upsert_mode: row.upsert_mode,
  daily_call_share: row.daily_call_share,
  audit: { schedule: row.audit_schedule, time_zone: row.audit_time_zone, repair: row.audit_repairs },
})

const variableOf = ({ type_id, name }: IntegrationRow, field: string): string =>
  [name || type_id, field]
    .join('_')
    .normalize('NFKD')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^(?=\d)/, '_')
