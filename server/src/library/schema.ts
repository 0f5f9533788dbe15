/** The library's things as they are sent and given back. */
import { z } from 'zod'
import { organizationId, outputTimes, readOnlyTimes, sameId } from '../access/shapes.ts'

const MAX_METADATA_BYTES = 64 * 1024
const MAX_NAME_CHARACTERS = 1_000
const MAX_TEXT_CHARACTERS = 10_000
const MAX_TRANSLATIONS = 200
export const MAX_VALUES = 500

export const libraryId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'takes 1 to 64 letters, digits, _ and -')

const language = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/, 'is not a language tag')
const translations = z.record(language, z.string())
/** One text counts as English. */
const textUpTo = (maxCharacters: number) =>
  z.union([
    z
      .record(language, z.string().max(maxCharacters))
      .refine(
        texts => Object.keys(texts).length <= MAX_TRANSLATIONS,
        `takes at most ${MAX_TRANSLATIONS} languages`,
      ),
    z
      .string()
      .max(maxCharacters)
      .transform(en => ({ en })),
  ])
const name = textUpTo(MAX_NAME_CHARACTERS)
const text = textUpTo(MAX_TEXT_CHARACTERS)
const freeForm = z
  .record(z.string(), z.unknown())
  .refine(value => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES, 'is larger than 64 KiB')
const metadata = freeForm.describe('Free-form')

const namespaces = z
  .strictObject({
    iab: z.string().max(64).optional().describe('In version 1 of the IAB framework'),
    iab2: z.string().max(64).optional().describe('In version 2 of the IAB framework'),
    iab2_special_feature: z
      .string()
      .max(64)
      .optional()
      .describe('As a special feature there, instead of `iab2`'),
    didomi: z.string().max(64).optional().describe('In the public product’s SDKs'),
    custom: z.string().max(64).optional().describe('Anywhere else'),
  })
  .refine(({ iab2, iab2_special_feature }) => !(iab2 && iab2_special_feature), {
    path: ['iab2_special_feature'],
    message: 'cannot stand beside iab2',
  })

const purposeContent = {
  description: name.optional().describe('Name of the purpose, per language'),
  details: text.optional().describe('What it is for, per language'),
  enabled_status_description: text.optional().describe('What it means that it is accepted, per language'),
  disabled_status_description: text.optional().describe('What it means that it is refused, per language'),
  reference: freeForm.optional().describe('Its number in an official classification'),
  namespaces: namespaces.optional().describe('Ids of this purpose elsewhere'),
  regulations_id: z.array(z.string().max(32)).max(50).optional().describe('Regulations that it is for'),
  metadata: metadata.optional(),
  type: z.string().max(32).default('purpose').describe('Kind of purpose'),
}
export const purposeInput = z.strictObject({
  id: libraryId.optional().describe('Default: made from the name'),
  organization_id: organizationId,
  ...readOnlyTimes,
  ...purposeContent,
})
export const purposeReplacement = purposeInput.extend({ id: sameId })
export const purposePatch = purposeReplacement.extend({ type: z.string().max(32).optional() })
export const purposeOutput = z.object({
  id: z.string().describe('What consents name it by'),
  organization_id: z.string().describe('Whose it is'),
  ...purposeContent,
  description: translations.optional().describe('Name of the purpose, per language'),
  details: translations.optional().describe('What it is for, per language'),
  enabled_status_description: translations.optional().describe('What it means that it is accepted'),
  disabled_status_description: translations.optional().describe('What it means that it is refused'),
  type: z.string().describe('Kind of purpose'),
  ...outputTimes,
})
export type PurposeInput = z.output<typeof purposeInput>
export type PurposePatch = z.output<typeof purposePatch>
export type PurposeOutput = z.output<typeof purposeOutput>

const valueInput = z.strictObject({
  id: libraryId.optional().describe('Default: generated'),
  name: name.describe('Name of the value, per language'),
  metadata: metadata.default({}),
  order: z.number().int().optional().describe('Counts at creation; cannot be edited'),
})
const values = z
  .array(valueInput)
  .max(MAX_VALUES)
  .superRefine((given, context) => {
    given.forEach(({ id }, i) => {
      if (id !== undefined && given.findIndex(other => other.id === id) !== i)
        context.addIssue({ code: 'custom', path: [i, 'id'], message: 'stands twice in this preference' })
    })
  })
const preferenceType = z.enum(['single', 'multi']).describe('Whether one or several values can be chosen')

export const preferenceInput = z.strictObject({
  id: libraryId.optional().describe('Default: generated'),
  organization_id: organizationId,
  ...readOnlyTimes,
  name: name.describe('Name of the preference, per language'),
  description: text.default({}).describe('What it is for, per language'),
  metadata: metadata.default({}),
  type: preferenceType,
  values: values.default([]).describe('What can be chosen'),
})
export const preferencePatch = z.strictObject({
  id: sameId,
  organization_id: organizationId,
  ...readOnlyTimes,
  name: name.optional().describe('Name of the preference, per language'),
  description: text.optional().describe('What it is for, per language'),
  metadata: metadata.optional(),
  type: preferenceType.optional().describe('Cannot be changed'),
  values: values.optional().describe('All of them: one that is not sent is deleted'),
})
export const preferenceOutput = z.object({
  id: z.string().describe('What consents name it by'),
  organization_id: z.string().describe('Whose it is'),
  name: translations.describe('Name of the preference, per language'),
  description: translations.describe('What it is for, per language'),
  metadata,
  type: preferenceType,
  values: z
    .array(
      z.object({
        id: z.string().describe('What consents name it by'),
        name: translations.describe('Name of the value, per language'),
        metadata,
        order: z.number().describe('Its place'),
      }),
    )
    .describe('What can be chosen, in order'),
  ...outputTimes,
})
export type ValueInput = z.output<typeof valueInput>
export type PreferenceInput = z.output<typeof preferenceInput>
export type PreferencePatch = z.output<typeof preferencePatch>
export type PreferenceOutput = z.output<typeof preferenceOutput>
