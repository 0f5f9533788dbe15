/** When audits run by themselves: a cron expression per integration, in its time zone. */
import { Cron } from 'croner'
import { sql } from 'kysely'
import type { Runner } from '../../store/database.ts'
import { startAudit } from './audits.ts'

export interface AuditSchedule {
  /** Cron, five fields; null: only by hand. */
  schedule: string | null
  time_zone: string
}

/** Undefined: never again, or not a schedule. */
export function nextRun({ schedule, time_zone }: AuditSchedule, after = new Date()): Date | undefined {
  if (schedule === null) return undefined
  return new Cron(schedule, { timezone: time_zone, paused: true }).nextRun(after) ?? undefined
}

/** What is wrong with it, by field. */
export function scheduleErrors({ schedule, time_zone }: AuditSchedule): Record<string, string> {
  try {
    Intl.DateTimeFormat('en', { timeZone: time_zone })
  } catch {
    return { 'audit.time_zone': 'is no time zone: take a name such as Europe/Paris' }
  }
  try {
    if (schedule === null || (schedule.trim().split(/\s+/).length === 5 && nextRun({ schedule, time_zone })))
      return {}
  } catch {
    // Told below.
  }
  return {
    'audit.schedule': 'is no cron expression of five fields: take one such as 0 2 * * * (each night at two)',
  }
}

interface DueRow {
  organization_id: string
  id: string
  audit_schedule: string | null
  audit_time_zone: string
  audit_repairs: boolean
  audit_due_at: Date | null
}

/** Starts those whose time has come. Always false: there is no more to do before the next look. */
export async function startDueAudits(runner: Runner): Promise<boolean> {
  const { rows } = await sql<DueRow>`
    select organization_id, id, audit_schedule, audit_time_zone, audit_repairs, audit_due_at from integrations
    where enabled and audit_schedule is not null and (audit_due_at is null or audit_due_at <= now())`.execute(
    runner,
  )
  for (const row of rows) {
    const next = nextRun({ schedule: row.audit_schedule, time_zone: row.audit_time_zone })
    // Whoever moves the time starts the audit: one node of several. A Date holds milliseconds.
    const { numAffectedRows } = await sql`
      update integrations set audit_due_at = ${next ?? null}
      where organization_id = ${row.organization_id} and id = ${row.id}
        and date_trunc('milliseconds', audit_due_at) is not distinct from ${row.audit_due_at}`.execute(runner)
    if (numAffectedRows && row.audit_due_at) await startAudit(runner, row, row.audit_repairs)
  }
  return false
}
