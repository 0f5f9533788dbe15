/**
 * The tree as it is sent and given back. Preferences nest three levels, so the schemas are built level by level: a
 * recursive one would leave OpenAPI with references that its tools cannot follow.
 */
import { z } from 'zod'
import { organizationId, outputTimes, readOnly, readOnlyTimes } from '../access/shapes.ts'
import { libraryId, MAX_VALUES, preferenceOutput, purposeOutput } from './schema.ts'

const MAX_PURPOSES = 300
const MAX_PREFERENCES_AT_A_PLACE = 100

const nodeInput = {
  id: z
    .string()
    .regex(/^[A-Za-z0-9]{7}$/, 'takes 7 letters or digits')
    .optional()
    .describe('Element id, for mappings to point at; default: the one the node had, else a new one'),
  order: z.number().int().min(0).max(100_000).optional().describe('Default: the place in the list'),
  // What GET puts into a node besides: a tree that was read can be sent back as it is.
  configuration_tree_id: readOnly,
  parent_selected_purpose_id: readOnly,
  parent_preference_value_id: readOnly,
}
const preferencesInput = <P extends z.ZodType>(preference: P) =>
  z.array(preference).max(MAX_PREFERENCES_AT_A_PLACE).optional().describe('What is asked below')
const preferenceInputAbove = <P extends z.ZodType>(preference: P) =>
  z.strictObject({
    ...nodeInput,
    preference_id: libraryId.describe('Of the library'),
    preference: readOnly,
    all_values: z
      .boolean()
      .optional()
      .describe(
        'All values, also those added later, in the library’s order; default without `selected_values`',
      ),
    selected_values: z
      .array(
        z.strictObject({
          ...nodeInput,
          preference_value_id: libraryId.describe('Of the preference above'),
          selected_preferences: preferencesInput(preference),
        }),
      )
      .max(MAX_VALUES)
      .optional()
      .describe('Default: all values'),
  })
const tooDeep = z.never('preferences nest at most 3 levels')
const nestedInput = preferenceInputAbove(preferenceInputAbove(preferenceInputAbove(tooDeep)))

export const treeInput = z.strictObject({
  id: readOnly,
  organization_id: organizationId,
  ...readOnlyTimes,
  selected_purposes: z
    .array(
      z.strictObject({
        ...nodeInput,
        purpose_id: libraryId.describe('Of the library'),
        purpose: readOnly,
        one_click: z
          .boolean()
          .default(false)
          .describe('Accepting the purpose selects all values of its multi preferences'),
        selected_preferences: preferencesInput(nestedInput),
      }),
    )
    .max(MAX_PURPOSES)
    .describe('The whole tree: what is not sent leaves it'),
})

const nodeOutput = {
  id: z.string().describe('Element id, for mappings to point at'),
  order: z.number().describe('Its place among its neighbours'),
  configuration_tree_id: z.string().describe('The tree'),
}
const preferenceOutputAbove = <P extends z.ZodType>(preference: P) =>
  z.object({
    ...nodeOutput,
    preference_id: z.string().describe('Of the library'),
    preference: preferenceOutput.describe('The preference itself'),
    parent_selected_purpose_id: z.string().describe('Element id of the purpose above'),
    parent_preference_value_id: z.string().nullable().describe('The value above; null: asked of everyone'),
    all_values: z.boolean().describe('Whether values that are added later will be selected'),
    selected_values: z
      .array(
        z.object({
          ...nodeOutput,
          preference_value_id: z.string().describe('Of the preference above'),
          selected_preferences: z.array(preference).describe('What is asked when it is chosen'),
        }),
      )
      .describe('What can be chosen here'),
  })
const noDeeper = z.unknown().describe('Never any: three levels are the most')
const nestedOutput = preferenceOutputAbove(preferenceOutputAbove(preferenceOutputAbove(noDeeper)))

export const treeOutput = z.object({
  id: z.string().describe('Id of the tree: the organization’s'),
  organization_id: z.string().describe('Whose it is'),
  selected_purposes: z
    .array(
      z.object({
        ...nodeOutput,
        purpose_id: z.string().describe('Of the library'),
        purpose: purposeOutput.describe('The purpose itself'),
        one_click: z.boolean().describe('Whether accepting it selects all values of its multi preferences'),
        selected_preferences: z.array(nestedOutput).describe('What is asked below'),
      }),
    )
    .describe('What people are asked'),
  ...outputTimes,
})
