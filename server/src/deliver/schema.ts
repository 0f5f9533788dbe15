/** Integrations and deliveries as they are sent and given back. */
import { z } from 'zod'
import { mappingItem } from '../connectors/contract.ts'
import type { IntegrationRow } from './integration.ts'

const freeForm = z.record(z.string(), z.unknown())

const dailyCallShare = z
  .number()
  .min(0.001)
  .max(1)
  .describe(
    'Share of the target’s daily API calls that this integration may spend; a fifth of it is kept for withdrawals',
  )
const schedule = z
  .string()
  .max(100)
  .nullable()
  .describe('When the target is compared with the statuses (cron, five fields); null: only by hand')
const timeZone = z.string().max(64).describe('In which the schedule is read, such as Europe/Paris')
const repair = z.boolean().describe('Whether scheduled audits write what differs')
const auditInput = z.strictObject({
  schedule: schedule.default('0 2 * * *'),
  time_zone: timeZone.default('UTC'),
  repair: repair.default(false),
})
const auditPatch = z.strictObject({
  schedule: schedule.optional(),
  time_zone: timeZone.optional(),
  repair: repair.optional(),
})

export const integrationInput = z.strictObject({
  type_id: z.string().min(1).max(64).describe('The connector, such as sf-sales-cloud'),
  organization_id: z.string().optional(),
  name: z.string().max(255).default(''),
  enabled: z.boolean().default(true).describe('Off: nothing is owed meanwhile'),
  paused: z.boolean().default(false).describe('On: changes are owed, nothing is sent until it is off'),
  authentication: freeForm.describe('The connector’s credentials; write-only'),
  properties: freeForm.default({}),
  mappings: z.array(z.looseObject({})).max(500).describe('From elements to fields of the target'),
  upsert_mode: z.boolean().default(false).describe('Create who is not there yet'),
  daily_call_share: dailyCallShare.default(0.5),
  audit: auditInput.default({ schedule: '0 2 * * *', time_zone: 'UTC', repair: false }),
})
export type IntegrationInput = z.infer<typeof integrationInput>

export const integrationPatch = z.strictObject({
  type_id: z.string().optional().describe('Cannot be changed'),
  organization_id: z.string().optional(),
  name: z.string().max(255).optional(),
  enabled: z.boolean().optional(),
  paused: z.boolean().optional(),
  authentication: freeForm
    .optional()
    .describe('Merged into the stored one, field by field; null takes a field away'),
  properties: freeForm.optional(),
  mappings: z.array(z.looseObject({})).max(500).optional(),
  upsert_mode: z.boolean().optional(),
  daily_call_share: dailyCallShare.optional(),
  audit: auditPatch.optional(),
})
export type IntegrationPatch = z.infer<typeof integrationPatch>

const holdOutput = z.object({
  code: z.string(),
  message: z.string(),
  cure: z.string(),
  kind: z
    .enum(['transient', 'hold'])
    .describe('transient: it goes on by itself; hold: somebody must act first'),
  since: z.string(),
  next_attempt_at: z.string().nullable(),
})

export const integrationOutput = z.object({
  id: z.string(),
  organization_id: z.string(),
  type_id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  paused: z.boolean(),
  properties: freeForm,
  mappings: z.array(mappingItem.loose()),
  upsert_mode: z.boolean(),
  daily_call_share: z.number(),
  audit: z.object({
    schedule: z.string().nullable(),
    time_zone: z.string(),
    repair: z.boolean(),
    next_at: z.string().nullable(),
  }),
  hold: holdOutput.nullable().describe('Why it stopped itself; null when it runs'),
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type IntegrationOutput = z.infer<typeof integrationOutput>

export const integrationOutputOf = (row: IntegrationRow): IntegrationOutput => ({
  id: row.id,
  organization_id: row.organization_id,
  type_id: row.type_id,
  name: row.name,
  enabled: row.enabled,
  paused: row.paused,
  properties: row.properties,
  mappings: row.mappings,
  upsert_mode: row.upsert_mode,
  daily_call_share: row.daily_call_share,
  audit: {
    schedule: row.audit_schedule,
    time_zone: row.audit_time_zone,
    repair: row.audit_repairs,
    next_at: row.audit_due_at?.toISOString() ?? null,
  },
  hold: row.hold && {
    code: row.hold.code,
    message: row.hold.message,
    cure: row.hold.cure,
    kind: row.hold.kind,
    since: row.hold.since,
    next_attempt_at: row.rest_until?.toISOString() ?? null,
  },
  version: row.version,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
})

export const deliveryState = z.enum(['owed', 'delivered', 'unmatched', 'failed'])
export const fault = z.object({ code: z.string(), message: z.string(), cure: z.string() })
export const recordRef = z.object({ sobject: z.string(), id: z.string() })

export const deliveryOutput = z.object({
  organization_user_id: z.string(),
  state: deliveryState,
  attempts: z.number(),
  next_attempt_at: z.string().nullable(),
  error: fault.nullable(),
  records: z.array(recordRef),
  updated_at: z.string(),
})
export type DeliveryOutput = z.infer<typeof deliveryOutput>
