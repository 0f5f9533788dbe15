/** The consent event as it is sent and given back. Unknown fields are refused by name, except below `metadata`. */
import { z } from 'zod'
import { regulation } from '../library/regulations.ts'
import { proofFile } from './proofs.ts'

const MAX_METADATA_CHARACTERS = 64 * 1024
const MAX_ITEMS = 1000

const id = z.string().min(1).max(255)
const freeForm = z
  .record(z.string(), z.unknown())
  .refine(value => JSON.stringify(value).length <= MAX_METADATA_CHARACTERS, 'is larger than 64 KiB')
const metadata = freeForm.optional().describe('Free-form')
const enabled = z.boolean().nullish().describe('null: no choice made on this itself')
const country = z
  .string()
  .regex(/^[A-Za-z]{2}$/, 'takes a two-letter ISO 3166 code')
  .optional()
const time = z.iso
  .datetime({ offset: true, error: 'takes an ISO 8601 time with its offset, such as 2026-01-31T10:00:00Z' })
  .or(z.iso.date())
  .refine(text => Number.isFinite(Date.parse(text)), 'is not a time')

const choice = z.strictObject({ id, enabled, metadata })
const choices = z.array(choice).max(MAX_ITEMS).optional()
const vendorIds = z.array(z.string().max(255)).max(10_000).optional()

const purpose = z.strictObject({
  id: id.describe('A purpose of the library'),
  enabled,
  enabled_li: z.boolean().nullish().describe('Legitimate interest; false: objected'),
  metadata,
  values: z
    .record(
      z.string(),
      z.strictObject({
        value: z.string().max(10_000).describe('The chosen value ids, joined by commas'),
        from_propagation: z.boolean().optional().describe('Chosen together with the purpose'),
      }),
    )
    .optional()
    .describe('By preference id'),
  propagation: z.boolean().optional(),
  channels: choices.describe('Deprecated'),
  preferences: z
    .array(z.strictObject({ id, enabled, metadata, channels: choices }))
    .max(MAX_ITEMS)
    .optional()
    .describe('Deprecated'),
})

export const consents = z.strictObject({
  purposes: z.array(purpose).max(MAX_ITEMS).optional(),
  channels: choices,
  vendors: z
    .strictObject({ enabled: vendorIds, enabled_li: vendorIds, disabled: vendorIds, disabled_li: vendorIds })
    .optional(),
  tcfcs: z.string().max(100_000).nullish().describe('IAB TCF consent string'),
})

export const eventStatus = z.enum(['confirmed', 'pending_approval'])

export const delegate = z.strictObject({ id, name: z.string().max(1000).optional(), metadata })
const shown = z
  .strictObject({
    widget_id: z.string().min(1).max(64),
    version: z.number().int().min(1).max(1_000_000_000),
    language: z.string().max(35),
  })
  .describe('Which text the person saw: a published version of a widget, see /v1/widgets/deployments')
const proofIds = z.array(id).max(100)
const proofs = z
  .array(proofFile)
  .max(20)
  .optional()
  .describe('Files as base64 data URIs; write-only: they come back as proofs_id')

export const organizationUserId = z.string().min(1).max(1024)

const userPart = {
  metadata: metadata.describe('Merged into what is known of the person, key by key'),
  country,
  last_seen_country: country,
}

export const eventInput = z.strictObject({
  id: id.optional().describe('Makes the request idempotent'),
  organization_id: id.optional(),
  created_at: time.optional().describe('When the choice was made; default: now'),
  updated_at: time.optional().describe('Taken so that an event can be sent as it was read; not kept'),
  regulation: regulation.default('gdpr'),
  status: eventStatus.default('confirmed'),
  domain: z.string().max(255).optional(),
  metadata,
  user: z
    .strictObject({
      id: id.optional().describe('The person’s id here, such as one of a device'),
      organization_user_id: organizationUserId
        .optional()
        .describe('Your id of the person: e-mail, phone, CRM id'),
      ...userPart,
    })
    .optional(),
  consents: consents.default({}),
  proofs_id: proofIds.optional(),
  proofs,
  delegate: delegate.optional().describe('Who acted for the person'),
  shown: shown.optional(),
})
export type EventInput = z.infer<typeof eventInput>

export const eventPatch = z.strictObject({
  status: eventStatus.optional(),
  consents: consents.optional(),
  proofs_id: proofIds.optional(),
  proofs,
  delegate: delegate.optional(),
})

/** How an event is given back. */
export const eventOutput = z.object({
  id: z.string(),
  organization_id: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  regulation: z.string(),
  status: eventStatus,
  domain: z.string().optional(),
  metadata,
  user: z.object({ id: z.string(), organization_user_id: z.string().optional(), ...userPart }),
  consents,
  proofs_id: proofIds.optional(),
  delegate: delegate.optional(),
  shown: shown.optional(),
})
export type EventOutput = z.infer<typeof eventOutput>

export const userPatch = z.strictObject({
  id: id.optional(),
  organization_id: id.optional(),
  organization_user_id: organizationUserId.optional(),
  version: z.number().int().optional().describe('Refused with 409 unless the person still has it'),
  ...userPart,
  consents: consents.optional().describe('Deprecated: send an event'),
})
