/** What the routes below an integration share. */
import { z } from 'zod'
import { organizationId } from '../access/shapes.ts'
import { TargetError } from '../connectors/contract.ts'
import { notFound, Refusal } from '../http/errors.ts'
import type { Runner } from '../store/database.ts'
import { type IntegrationRow, readIntegration } from './integration.ts'
import { textOf } from './targetText.ts'

export const tags = ['marketplace/integrations']
export const organization = { organization_id: organizationId }
export const params = z.object({ id: z.string().min(1).max(64) })
export const querystring = z.strictObject(organization)

interface IntegrationRequest {
  caller: { organizationId: string }
  params: { id: string }
}

/** The integration that the path names, if it is the caller's. */
export async function integrationOf(runner: Runner, request: IntegrationRequest): Promise<IntegrationRow> {
  const found = await readIntegration(runner, request.caller.organizationId, request.params.id)
  if (!found) throw notFound('integration')
  return found
}

/** The target is away or refuses us: the caller learns what it said. */
export function refuseTarget(error: unknown): never {
  if (!(error instanceof TargetError)) throw error
  throw new Refusal('unavailable', `${error.code}: ${textOf(error)}`, {}, { cause: error })
}
