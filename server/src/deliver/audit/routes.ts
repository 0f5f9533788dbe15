/** Audits over HTTP: start one, watch it, read what differs, repair. */
import { z } from 'zod'
import type { App } from '../../http/server.ts'
import type { Runner } from '../../store/database.ts'
import type { IntegrationRow } from '../integration.ts'
import { integrationOf, organization, params, querystring, tags } from '../routes.shapes.ts'
import type { DeliverRoutesGround } from '../routes.ts'
import { deliveryState, fault, recordRef } from '../schema.ts'
import {
  type AuditRow,
  type DifferenceRow,
  readCounts,
  readDifferences,
  readLastAudit,
  startAudit,
} from './audits.ts'

const kind = z.enum(['missing', 'changed', 'duplicate', 'not_writable'])

const difference = z.object({
  organization_user_id: z.string(),
  kind: kind.describe(
    'missing: no record, or a remembered one is gone; changed: a field holds something else; duplicate: a record that Heed had not known; not_writable: a write would be refused',
  ),
  record: recordRef.nullable(),
  field: z.string().nullable(),
  now: z.unknown().describe('What the target holds'),
  would: z.unknown().describe('What the person’s status says'),
  changed_by: z.string().nullable(),
  changed_at: z.string().nullable(),
  message: z.string(),
  repaired: z.boolean().describe('Owed again by this audit; what came of it, delivery says'),
  delivery: deliveryState
    .nullable()
    .describe('Where the person’s delivery stands now; null: they were erased'),
})

const auditOutput = z.object({
  id: z.string().nullable(),
  state: z.enum(['never', 'running', 'done', 'failed']),
  repair: z.boolean(),
  progress: z.object({
    people: z.number().describe('To be compared'),
    compared: z.number(),
    on_the_way: z.number().describe('Left out, since their newest state was still on its way'),
  }),
  counts: z.object({
    missing: z.number(),
    changed: z.number(),
    duplicate: z.number(),
    not_writable: z.number(),
  }),
  error: fault.nullable().describe('What it waits for, or why it failed'),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  next_at: z.string().nullable().describe('When the schedule starts the next one'),
})

const withDifferences = auditOutput.extend({
  total: z.number(),
  limit: z.number(),
  skip: z.number(),
  data: z.array(difference),
})

export function auditRoutes(app: App, { db }: Pick<DeliverRoutesGround, 'db'>): void {
  app.post(
    '/marketplace/integrations/:id/audit',
    {
      schema: {
        tags,
        summary: 'Compare the target with the statuses; with repair, write what differs',
        description:
          'One audit runs at a time: where one does, it is the answer, and repairs if that is asked for now.',
        params,
        querystring,
        body: z.strictObject({ repair: z.boolean().default(false) }).nullish(),
        response: { 200: auditOutput },
      },
    },
    async request => {
      const integration = await integrationOf(db, request)
      return outputOf(db, integration, await startAudit(db, integration, request.body?.repair ?? false))
    },
  )

  app.get(
    '/marketplace/integrations/:id/audit',
    {
      schema: {
        tags,
        summary: 'How far the last audit is, and what it found',
        params,
        querystring: z.strictObject({
          ...organization,
          kind: kind.optional(),
          $limit: z.coerce.number().int().min(0).max(100).default(50),
          $skip: z.coerce.number().int().min(0).default(0),
        }),
        response: { 200: withDifferences },
      },
    },
    async request => {
      const integration = await integrationOf(db, request)
      const { kind, $limit: limit, $skip: skip } = request.query
      const audit = await readLastAudit(db, integration)
      const { total, rows } = audit
        ? await readDifferences(db, audit, { kind, limit, skip })
        : { total: 0, rows: [] }
      return {
        ...(await outputOf(db, integration, audit)),
        total,
        limit,
        skip,
        data: rows.map(differenceOf),
      }
    },
  )
}

async function outputOf(
  runner: Runner,
  integration: IntegrationRow,
  audit: AuditRow | undefined,
): Promise<z.infer<typeof auditOutput>> {
  return {
    id: audit?.id ?? null,
    state: audit?.state ?? 'never',
    repair: audit?.repairs ?? false,
    progress: {
      people: audit?.people ?? 0,
      compared: audit?.compared ?? 0,
      on_the_way: audit?.on_the_way ?? 0,
    },
    counts: audit
      ? await readCounts(runner, audit)
      : { missing: 0, changed: 0, duplicate: 0, not_writable: 0 },
    error: audit?.error ?? null,
    started_at: audit?.started_at.toISOString() ?? null,
    finished_at: audit?.finished_at?.toISOString() ?? null,
    next_at: integration.audit_due_at?.toISOString() ?? null,
  }
}

const differenceOf = (row: DifferenceRow): z.infer<typeof difference> => ({
  organization_user_id: row.organization_user_id ?? '',
  kind: row.kind,
  record: row.object !== null && row.record_id !== null ? { sobject: row.object, id: row.record_id } : null,
  field: row.field,
  now: row.held,
  would: row.would,
  changed_by: row.changed_by,
  changed_at: row.changed_at?.toISOString() ?? null,
  message: row.message,
  repaired: row.repaired,
  delivery: row.delivery,
})
