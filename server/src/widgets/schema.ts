/** Widgets and what belongs to them, as they are sent and given back. */
import { z } from 'zod'
import { organizationId, outputTimes, readOnly, readOnlyTimes, sameId } from '../access/shapes.ts'
import { isLanguageTag } from '../http/languages.ts'
import { libraryId } from '../library/schema.ts'
import { COLORS } from './color.ts'
import { colorValue as color } from './style.ts'

const FORMATS = ['hosted', 'embeddable'] as const
const TEMPLATES = ['sections', 'sections_and_save', 'full_preference_center'] as const
const SHAPES = ['squared', 'smoothed', 'rounded'] as const
const AUTH_METHODS = ['otp', 'message', 'server'] as const
const COMPONENT_TYPES = [
  'header',
  'footer',
  'section',
  'sections',
  'preference',
  'preference_value',
  'save',
] as const

const MAX_LANGUAGES = 100
const MAX_OPTION_BYTES = 64 * 1024

const language = z.string().max(35).refine(isLanguageTag, 'is not a language tag such as de or pt-BR')

const bounded = z
  .record(z.string().max(128), z.unknown())
  .refine(value => Buffer.byteLength(JSON.stringify(value)) <= MAX_OPTION_BYTES, 'is larger than 64 KiB')

const auth = z.strictObject({
  method: z
    .enum(AUTH_METHODS)
    .default('otp')
    .describe('How people sign in: a code or a link by mail, or a token of your own back end'),
  componentOptions: bounded.optional(),
  hideIfNotAuthenticated: z.boolean().default(false).describe('Show nothing to whoever is not signed in'),
  providerId: z.string().max(255).nullish().describe('An auth provider; default: the default one'),
})

const selection = z.array(z.string().min(1).max(64)).max(500)

const content = {
  name: z.string().min(1).max(1000).describe('For the people who edit it'),
  format: z.enum(FORMATS).default('hosted').describe('A page of its own, or part of one of yours'),
  headless: z.boolean().default(false).describe('Your own markup: only data and methods are delivered'),
  template_id: z.enum(TEMPLATES).default('sections_and_save'),
  layout_shape: z.enum(SHAPES).default('smoothed'),
  theme_id: z.string().max(64).default('default').describe('See /v1/widgets/themes'),
  selected_purposes_ids: selection
    .default([])
    .describe('Purposes to show: ids of purposes or of their elements in the tree; empty: the whole tree'),
  selected_preferences_ids: selection.default([]).describe('The same for preferences'),
  enabled_languages: z
    .array(language)
    .min(1)
    .max(MAX_LANGUAGES)
    .refine(tags => new Set(tags).size === tags.length, 'names a language twice')
    .default(['en']),
  default_language: language.default('en').describe('Where a visitor’s language is not among them'),
  auth: auth.default({ method: 'otp', hideIfNotAuthenticated: false }),
  double_opt_in: z
    .boolean()
    .default(false)
    .describe('What is accepted counts when it is confirmed by mail; a refusal counts at once'),
}

const ignored = {
  publication_status: readOnly,
  archived: readOnly,
  configuration_tree_id: readOnly,
  domain: readOnly,
  subdomain_id: readOnly,
  custom_domain_id: readOnly,
  custom_theme_id: readOnly,
  meta_tags_id: readOnly,
  url: readOnly,
  components: readOnly,
}

const areLanguagesConsistent = (widget: {
  enabled_languages?: string[] | undefined
  default_language?: string | undefined
}): boolean =>
  widget.enabled_languages === undefined ||
  widget.default_language === undefined ||
  widget.enabled_languages.includes(widget.default_language)
const inconsistent = { path: ['default_language'], message: 'must be among enabled_languages' }

export const widgetInput = z
  .strictObject({
    id: libraryId.optional().describe('Default: generated'),
    organization_id: organizationId,
    ...readOnlyTimes,
    ...ignored,
    ...content,
  })
  .refine(areLanguagesConsistent, inconsistent)

const unset = <T extends z.ZodType>(field: z.ZodDefault<T>) => field.unwrap().optional()
export const widgetPatch = z
  .strictObject({
    id: sameId,
    organization_id: organizationId,
    ...readOnlyTimes,
    ...ignored,
    archived: z.boolean().optional(),
    name: content.name.optional(),
    format: unset(content.format),
    headless: unset(content.headless),
    template_id: unset(content.template_id),
    layout_shape: unset(content.layout_shape),
    theme_id: unset(content.theme_id),
    selected_purposes_ids: unset(content.selected_purposes_ids),
    selected_preferences_ids: unset(content.selected_preferences_ids),
    enabled_languages: unset(content.enabled_languages),
    default_language: unset(content.default_language),
    auth: unset(content.auth),
    double_opt_in: unset(content.double_opt_in),
  })
  .refine(areLanguagesConsistent, inconsistent)

export const componentOutput = z.object({
  id: z.string(),
  type: z.enum(COMPONENT_TYPES),
  widget_id: z.string(),
  organization_id: z.string(),
  options: bounded.describe('Texts and styles: `{part: {content: {language: text}, style, src}}`'),
  theme: bounded,
})

export const widgetOutput = z.object({
  id: z.string(),
  organization_id: z.string(),
  ...content,
  publication_status: z.enum(['draft', 'published']).describe('published: people see it as it stands here'),
  archived: z.boolean(),
  configuration_tree_id: z.string(),
  domain: z.string(),
  subdomain_id: z.null(),
  custom_domain_id: z.null(),
  custom_theme_id: z.null(),
  meta_tags_id: z.null(),
  url: z.string().describe('Where the published page is'),
  components: z.array(componentOutput),
  ...outputTimes,
})

export const componentPatch = z.strictObject({
  id: sameId,
  widget_id: z.string().optional(),
  organization_id: organizationId,
  type: z.enum(COMPONENT_TYPES).optional(),
  options: bounded.optional().describe('Replaced whole'),
  theme: bounded.optional(),
})

export const entityOutput = z.object({
  id: z.string().describe('The element of the tree'),
  widget_id: z.string(),
  organization_id: z.string(),
  parent_id: z.string().nullable(),
  layout_component_id: z.string(),
  selected_purpose_id: z.string().nullable(),
  selected_preference_id: z.string().nullable(),
  preference_value_id: z.string().nullable(),
  enabled: z.boolean().describe('Shown'),
  order: z.number(),
})
export const entityPatch = z.strictObject({
  id: z.string().max(64).optional(),
  organization_id: organizationId,
  widget_id: readOnly,
  parent_id: readOnly,
  layout_component_id: readOnly,
  selected_purpose_id: readOnly,
  selected_preference_id: readOnly,
  preference_value_id: readOnly,
  enabled: z.boolean().optional(),
  order: z.number().int().min(0).max(10_000).optional(),
})

const colors = z.strictObject(
  Object.fromEntries(COLORS.map(({ id, about }) => [id, color.optional().describe(about)])) as Record<
    (typeof COLORS)[number]['id'],
    z.ZodOptional<typeof color>
  >,
)
export const themePatch = colors.extend({
  id: sameId,
  organization_id: organizationId,
  name: readOnly,
  editable: readOnly,
  warnings: readOnly,
  ...readOnlyTimes,
})
export const themeOutput = z.object({
  id: z.string(),
  organization_id: z.string().nullable(),
  name: z.string(),
  editable: z.boolean(),
  ...(Object.fromEntries(COLORS.map(({ id }) => [id, z.string()])) as Record<
    (typeof COLORS)[number]['id'],
    z.ZodString
  >),
})

export const deploymentInput = z.strictObject({
  widget_id: z.string().min(1).max(64),
  organization_id: organizationId,
})
export const deploymentOutput = z.object({
  id: z.string(),
  deployment_id: z.string(),
  organization_id: z.string(),
  widget_id: z.string(),
  version: z.number().describe('Grows with every publication; events name it'),
  config: z.record(z.string(), z.unknown()).describe('What people see: immutable'),
  created_at: z.string(),
})

export type WidgetContent = Omit<
  z.output<typeof widgetInput>,
  'id' | 'organization_id' | keyof typeof readOnlyTimes | keyof typeof ignored
>
export type WidgetInput = z.output<typeof widgetInput>
export type WidgetPatch = z.output<typeof widgetPatch>
export type WidgetOutput = z.output<typeof widgetOutput>
export type ComponentOutput = z.output<typeof componentOutput>
export type ComponentPatch = z.output<typeof componentPatch>
export type EntityOutput = z.output<typeof entityOutput>
export type ThemeOutput = z.output<typeof themeOutput>
export type ThemePatch = z.output<typeof themePatch>
export type DeploymentOutput = z.output<typeof deploymentOutput>
