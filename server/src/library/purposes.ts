/** Purposes in the database. A deleted one is hidden; its id stays valid in events. */
import { isDeepStrictEqual } from 'node:util'
import { newShortId } from '../access/ids.ts'
import { lockOrganization } from '../access/organizations.ts'
import { quotas } from '../access/plan.ts'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { refuseInTree } from './plant.ts'
import type { PurposeInput, PurposeOutput, PurposePatch } from './schema.ts'

export async function listPurposes(db: Runner, organizationId: string): Promise<PurposeOutput[]> {
  return (await select(db, organizationId).orderBy('created_at').orderBy('id').execute()).map(outputOf)
}

export async function findPurpose(db: Runner, organizationId: string, id: string): Promise<PurposeOutput> {
  const row = await select(db, organizationId).where('id', '=', id).executeTakeFirst()
  if (!row) throw notFound('purpose')
  return outputOf(row)
}

export function createPurpose(
  db: Database,
  organizationId: string,
  input: PurposeInput,
): Promise<PurposeOutput> {
  const id = input.id ?? idFromName(input.description)
  const content = JSON.stringify(contentOf(input))
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    const standing = await select(trx, organizationId).where('id', '=', id).executeTakeFirst()
    // Who repeats a request, since its answer was lost, gets that answer.
    if (standing && isDeepStrictEqual(standing.content, JSON.parse(content))) return outputOf(standing)
    const { held } = await trx
      .selectFrom('purposes')
      .select(({ fn }) => fn.countAll<number>().as('held'))
      .where('organization_id', '=', organizationId)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (held >= quotas.metadata_purposes)
      throw invalid({ body: `an organization has at most ${quotas.metadata_purposes} purposes` })
    const row = await trx
      .insertInto('purposes')
      .values({ organization_id: organizationId, id, content })
      .onConflict(conflict => conflict.doNothing())
      .returningAll()
      .executeTakeFirst()
    if (!row)
      throw new Refusal('conflict', 'the purpose exists already', {
        id: 'is, or was, the id of another purpose',
      })
    return outputOf(row)
  })
}

export const changePurpose = (db: Database, organizationId: string, id: string, patch: PurposePatch) =>
  rewrite(db, organizationId, id, current => ({ ...contentOf(current), ...contentOf(patch) }))

export const replacePurpose = (db: Database, organizationId: string, id: string, input: PurposeInput) =>
  rewrite(db, organizationId, id, () => contentOf(input))

export function deletePurpose(db: Database, organizationId: string, id: string): Promise<PurposeOutput> {
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    const found = await findPurpose(trx, organizationId, id)
    await refuseInTree(trx, organizationId, 'purpose', id)
    await trx
      .updateTable('purposes')
      .set({ deleted_at: new Date() })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute()
    return found
  })
}

function rewrite(
  db: Database,
  organizationId: string,
  id: string,
  contentFrom: (current: PurposeOutput) => object,
): Promise<PurposeOutput> {
  return inTransaction(db, async trx => {
    await lockOrganization(trx, organizationId)
    const current = await findPurpose(trx, organizationId, id)
    const row = await trx
      .updateTable('purposes')
      .set({
        content: JSON.stringify(contentFrom(current)),
        version: current.version + 1,
        updated_at: new Date(),
      })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    return outputOf(row)
  })
}

const select = (db: Runner, organizationId: string) =>
  db
    .selectFrom('purposes')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)

function contentOf(purpose: PurposePatch | PurposeOutput): Record<string, unknown> {
  const { id, organization_id, created_at, updated_at, version, ...content } = purpose
  return content
}

function outputOf(row: {
  organization_id: string
  id: string
  content: Record<string, unknown>
  version: number
  created_at: Date
  updated_at: Date
}): PurposeOutput {
  return {
    type: 'purpose',
    ...row.content,
    id: row.id,
    organization_id: row.organization_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    version: row.version,
  }
}

/** As the public product does it: `marketing-9HmMn6Vt`. */
function idFromName(name: Record<string, string> | undefined): string {
  const text = (name?.en ?? Object.values(name ?? {})[0] ?? '').normalize('NFKD').replaceAll(/\p{M}/gu, '')
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return `${words.join('-').slice(0, 40).replace(/-$/, '') || 'purpose'}-${newShortId(8)}`
}
