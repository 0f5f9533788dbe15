/** Parts of requests and answers that many routes share. */
import { z } from 'zod'
import { invalid } from '../http/errors.ts'

export const organizationId = z.string().optional().describe('Defaults to the organization of the token')
/** `?$flag=true`, or the bare `?$flag`. */
export const flag = z.stringbool().or(z.literal('').transform(() => true))
export const ownQuery = z.strictObject({ organization_id: organizationId })
export const personToken = z
  .string()
  .max(8192)
  .optional()
  .describe('A person’s token, where it cannot be a header')
export const idParams = z.object({ id: z.string().min(1).max(255).describe('Its id') })

export const name = z.string().max(1000)
export const description = z.string().max(10_000)

export const outputTimes = {
  created_at: z.string().describe('When it was created (ISO 8601)'),
  updated_at: z.string().describe('When it was last changed (ISO 8601)'),
  version: z.number().describe('Grows with every change'),
}

/** What an answer holds and a request may send back: people read a thing, change a field and send it whole. */
export const readOnly = z.unknown().optional().describe('Taken as it was given back, and ignored')
export const readOnlyTimes = { created_at: readOnly, updated_at: readOnly, version: readOnly }

export const sameId = z.string().optional().describe('If given, the id of the path')
export function refuseOtherId(body: { id?: string | undefined }, params: { id: string }): void {
  if (body.id !== undefined && body.id !== params.id) throw invalid({ id: 'is not the id of the path' })
}
