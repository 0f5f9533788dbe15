import type { Database } from '../store/database.ts'

/** Known to everyone who reads this: the sample holds made-up people only. */
export const sampleKey = { organizationId: 'acme', id: 'acme-sample-key', secret: 'acme-sample-secret' }

/**
 * Whoever goes on with the sample's database for their own people would leave a door open that everybody knows; the sample's next
 * start opens it again. True: the database holds the sample.
 */
export async function lockSampleKey(db: Database): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ enabled: false })
    .where('organization_id', '=', sampleKey.organizationId)
    .where('id', '=', sampleKey.id)
    .executeTakeFirst()
  return numUpdatedRows > 0
}
