/** What an event said before it was changed or deleted: for whoever must prove what was recorded, when and by whom. */
import { z } from 'zod'
import { organizationId } from '../access/shapes.ts'
import { notFound } from '../http/errors.ts'
import { pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import { type Revision, readRevisions, recordedEventOf } from '../record/log.ts'
import type { Database } from '../store/database.ts'
import { eventOutputOf } from './intake.ts'
import { eventOutput } from './schema.ts'

const revision = z.object({
  revision: z.number(),
  action: z.enum(['created', 'changed', 'deleted']),
  recorded_at: z.string(),
  recorded_by: z
    .string()
    .nullable()
    .describe('Id of the API key; person: by their token or on the page; link; confirmation: by the mail'),
  event: eventOutput
    .nullable()
    .describe('As it stood from then on; null: deleted, or erased with its person'),
})

export function revisionsRoute(app: App, { db }: { db: Database }): void {
  app.get(
    '/consents/events/:id/revisions',
    {
      schema: {
        tags: ['consents/events'],
        summary: 'All that was recorded of an event, the oldest first',
        params: z.object({ id: z.string().max(255) }),
        querystring: z.strictObject({
          organization_id: organizationId,
          $limit: z.coerce.number().int().min(0).max(100).default(50),
          $skip: z.coerce.number().int().min(0).default(0),
        }),
        response: { 200: pageOf(revision) },
      },
    },
    async ({ caller: { organizationId }, params: { id }, query: { $limit: limit, $skip: skip } }) => {
      const { total, rows } = await readRevisions(db, { organizationId, id }, { limit, skip })
      if (total === 0) throw notFound('event')
      return { total, limit, skip, data: rows.map(revisionOf) }
    },
  )
}

const revisionOf = (row: Revision): z.infer<typeof revision> => ({
  revision: row.revision,
  action: row.action,
  recorded_at: row.recorded_at.toISOString(),
  recorded_by: row.recorded_by,
  event: row.body === null || row.action === 'deleted' ? null : eventOutputOf(recordedEventOf(row)),
})
