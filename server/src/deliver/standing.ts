/** How an integration goes, at one look: what is owed, the oldest withdrawal on its way, the budget, what is under way. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Runner } from '../store/database.ts'
import { type AuditRow, readLastAudit } from './audit/audits.ts'
import { type Budget, readBudget, shortageOf } from './budget.ts'
import type { IntegrationRow } from './integration.ts'
import { readJobs } from './jobs.ts'
import { fault } from './schema.ts'

const seconds = z.number().describe('0 when none is owed')

export const standing = z.object({
  health: z
    .enum(['good', 'degraded', 'stopped'])
    .describe(
      'degraded: it goes on, and somebody should look; stopped: nothing is delivered until somebody acts, but withdrawals where the reason says so',
    ),
  reasons: z.array(fault),
  oldest_withdrawal_owed_seconds: seconds,
  withdrawal_threshold_seconds: z.number(),
  oldest_owed_seconds: seconds,
  people: z.object({ owed: z.number(), delivered: z.number(), unmatched: z.number(), failed: z.number() }),
  budget: z.object({
    state: z
      .enum(['free', 'slowed', 'withdrawals_only', 'spent'])
      .describe('What may still be spent: everything, at a slower pace, on withdrawals alone, nothing'),
    target_limit: z.number().nullable().describe('API calls the target allows everybody in a day'),
    target_used: z.number().nullable(),
    allowance: z
      .number()
      .nullable()
      .describe('Of those, the part that is this integration’s (daily_call_share)'),
    spent: z.number().describe('By this integration, in the last 24 hours'),
  }),
  bulk_jobs: z.array(z.object({ job: z.string(), began_at: z.string() })),
  waiting_room: z.object({
    people: z.number().describe('Whose record the target does not know yet'),
    looked_until: z
      .string()
      .nullable()
      .describe(
        'What changed in the target before then was seen; minutes behind, since changes can show late',
      ),
    next_look_at: z.string(),
  }),
  audit: z.object({
    state: z.enum(['never', 'running', 'done', 'failed']),
    finished_at: z.string().nullable(),
    next_at: z.string().nullable(),
  }),
})
export type Standing = z.infer<typeof standing>

interface Owed {
  owed: number
  delivered: number
  unmatched: number
  failed: number
  failed_withdrawals: number
  oldest: number
  oldest_withdrawal: number
}

export async function readStanding(
  runner: Runner,
  integration: IntegrationRow,
  withdrawalThresholdSeconds: number,
): Promise<Standing> {
  const [owed, budget, jobs, audit] = await Promise.all([
    readOwedOf(runner, integration),
    readBudget(runner, integration),
    readJobs(runner, integration),
    readLastAudit(runner, integration),
  ])
  const reasons = [
    ...reasonsOf(integration, owed, budget, withdrawalThresholdSeconds),
    ...(audit?.state === 'failed' ? [auditFailed(audit)] : []),
  ]
  return {
    health: reasons.some(({ stops }) => stops) ? 'stopped' : reasons.length > 0 ? 'degraded' : 'good',
    reasons: reasons.map(({ code, message, cure }) => ({ code, message, cure })),
    oldest_withdrawal_owed_seconds: owed.oldest_withdrawal,
    withdrawal_threshold_seconds: withdrawalThresholdSeconds,
    oldest_owed_seconds: owed.oldest,
    people: { owed: owed.owed, delivered: owed.delivered, unmatched: owed.unmatched, failed: owed.failed },
    budget: {
      state: budget.state,
      target_limit: budget.limit,
      target_used: budget.used,
      allowance: budget.allowance,
      spent: budget.spent,
    },
    bulk_jobs: jobs.map(({ job, began_at }) => ({ job, began_at: began_at.toISOString() })),
    waiting_room: {
      people: owed.unmatched,
      looked_until: integration.looked_until?.toISOString() ?? null,
      next_look_at: integration.look_due_at.toISOString(),
    },
    audit: {
      state: audit?.state ?? 'never',
      finished_at: audit?.finished_at?.toISOString() ?? null,
      next_at: integration.audit_due_at?.toISOString() ?? null,
    },
  }
}

/** By indexes alone: of millions, the table itself would be read at each look. */
async function readOwedOf(runner: Runner, { organization_id, id }: IntegrationRow): Promise<Owed> {
  const ofIntegration = sql`from deliveries where organization_id = ${organization_id} and integration_id = ${id}`
  const { rows } = await sql<Owed>`
    select count(*) filter (where state = 'owed')::int as owed,
      ((select count(*) ${ofIntegration}) - count(*))::int as delivered,
      count(*) filter (where state = 'unmatched')::int as unmatched,
      count(*) filter (where state = 'failed')::int as failed,
      count(*) filter (where state = 'failed' and withdrawal)::int as failed_withdrawals,
      coalesce(greatest(0, extract(epoch from now() - min(owed_since))), 0)::float8 as oldest,
      coalesce(greatest(0, extract(epoch from now() - min(owed_since) filter (where withdrawal))), 0)::float8
        as oldest_withdrawal
    ${ofIntegration} and state <> 'delivered'`.execute(runner)
  return rows[0] as Owed
}

interface Reason {
  code: string
  message: string
  cure: string
  stops: boolean
}

const auditFailed = ({ error }: AuditRow): Reason => ({
  code: 'AUDIT_FAILED',
  message: `the last audit was given up${error ? `: ${error.message}` : ''}`,
  cure: `${error ? `${error.cure} ` : ''}Then start another one, or leave it to the schedule.`,
  stops: false,
})

function reasonsOf(
  { enabled, paused, hold }: IntegrationRow,
  { oldest_withdrawal, failed_withdrawals }: Owed,
  budget: Budget,
  thresholdSeconds: number,
): Reason[] {
  const reasons: Reason[] = []
  if (!enabled || paused)
    reasons.push({
      code: enabled ? 'PAUSED' : 'OFF',
      message: enabled ? 'the integration is paused' : 'the integration is off',
      cure: enabled
        ? 'Set paused to false: what is owed is delivered.'
        : 'Set enabled to true, then replay {"all": true}.',
      stops: true,
    })
  if (hold)
    reasons.push({ code: hold.code, message: hold.message, cure: hold.cure, stops: hold.kind === 'hold' })
  const shortage = shortageOf(budget)
  if (shortage) reasons.push({ ...shortage, stops: budget.state === 'spent' })
  if (failed_withdrawals > 0)
    reasons.push({
      code: 'WITHDRAWAL_FAILED',
      message: `withdrawals that are not known to be on each record of their person: ${failed_withdrawals}`,
      cure: 'GET .../failures says why, and what to do; deliveries?state=failed&withdrawal=true lists the people. Then replay {"state": "failed"}, or leave it to the next day’s try.',
      stops: false,
    })
  if (oldest_withdrawal > thresholdSeconds)
    reasons.push({
      code: 'WITHDRAWAL_LATE',
      message: `a withdrawal has been on its way for ${Math.round(oldest_withdrawal)} s`,
      cure: 'See the other reasons; without one, the target is slower than what comes in.',
      stops: false,
    })
  return reasons
}
