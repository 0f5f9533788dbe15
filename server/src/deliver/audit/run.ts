/** Compares the target with the statuses, some thousands of people at a time; repairs by owing them again. */
import { sql } from 'kysely'
import { type Difference, type Fault, TargetError } from '../../connectors/contract.ts'
import { inTransaction, type Runner } from '../../store/database.ts'
import { backoffMs } from '../backoff.ts'
import { readBudget, shortageOf } from '../budget.ts'
import { type IntegrationRow, readIntegration } from '../integration.ts'
import { type OwedRow, owedOf } from '../owed.ts'
import type { RoundGround } from '../round.ts'
import type { Sessions } from '../sessions.ts'
import { type AuditRow, advance, finishAudit, oweFound, postpone, repair, takeAudit } from './audits.ts'

/** As many as the target gives in one call. */
const BATCH = 2_000
/** With the longest pauses between them about two days. */
const MOST_ATTEMPTS = 50
const PAUSE_MS = { first: 5_000, longest: 3600_000, budget: 10 * 60_000 }

export interface AuditGround extends RoundGround {
  sessions: Sessions
  onOwed(): void
}

/** One batch of one audit. False: none is due. */
export async function auditOnce(ground: AuditGround, signal: AbortSignal): Promise<boolean> {
  const { db, log } = ground
  const audit = await takeAudit(db)
  if (!audit) return false
  const integration = await readIntegration(db, audit.organization_id, audit.integration_id)
  if (!integration) return true
  const shortage = shortageOf(await readBudget(db, integration))
  if (shortage) {
    await postpone(db, audit, shortage, PAUSE_MS.budget)
    return true
  }
  try {
    await compareBatch(ground, audit, integration, signal)
  } catch (error) {
    if (signal.aborted) return false
    const isOfTarget = error instanceof TargetError
    const fault: Fault & { retryAfterMs?: number | undefined } = isOfTarget ? error : UNEXPECTED
    const { code, message, cure } = fault
    const of = { integration: integration.id, audit: audit.id }
    if (isOfTarget) log.warn({ ...of, code }, 'an audit waits for the target')
    else log.error({ ...of, err: error }, 'an audit failed unexpectedly')
    if (audit.attempts + 1 >= MOST_ATTEMPTS) await finishAudit(db, audit, 'failed', { code, message, cure })
    else
      await postpone(
        db,
        audit,
        { code, message, cure },
        fault.retryAfterMs ?? backoffMs(audit.attempts + 1, PAUSE_MS.first, PAUSE_MS.longest),
      )
  }
  return true
}

/** Whatever it is: one that is tried for ever and says nothing would look like one that is on its way. */
const UNEXPECTED = {
  code: 'UNEXPECTED',
  message: 'the audit failed unexpectedly',
  cure: 'See the cause in the server’s log.',
}

interface Row extends OwedRow {
  state: string
  isOnTheWay: boolean
}

async function compareBatch(
  ground: AuditGround,
  audit: AuditRow,
  integration: IntegrationRow,
  signal: AbortSignal,
): Promise<void> {
  const { db, libraries, sessions, log } = ground
  const rows = await readBatch(db, audit)
  const settled = rows.filter(({ isOnTheWay }) => !isOnTheWay)
  const found =
    settled.length === 0
      ? []
      : await sessions.of(integration).session.compare(await owedOf(libraries, integration, settled), signal)
  const unmatched = new Set(
    settled.filter(({ state }) => state === 'unmatched').map(({ person_id }) => person_id),
  )
  const counted = found.map(({ key, differences }) => ({
    personId: key,
    differences: differences.filter(one => !isExpected(one, unmatched.has(key))),
  }))
  const last = rows.at(-1)
  if (last)
    await advance(db, audit, {
      reached: last.person_id,
      compared: settled.length,
      onTheWay: rows.length - settled.length,
      found: counted,
    })
  const isLast = rows.length < BATCH
  const appeared = counted
    .filter(one => unmatched.has(one.personId) && hasRecord(one))
    .map(one => one.personId)
  // Of this batch; at the end, of what was found before the repair was asked for, too.
  let owed = audit.repairs
    ? await repair(db, audit, isLast ? '' : audit.reached)
    : await oweFound(db, audit, appeared)
  // It may have been asked for since the audit was taken; once it has ended, that begins another one.
  if (isLast)
    owed += await inTransaction(db, async trx =>
      (await finishAudit(trx, audit, 'done')) ? repair(trx, audit) : 0,
    )
  if (owed > 0) ground.onOwed()
  if (isLast) log.info({ integration: integration.id, audit: audit.id }, 'audit done')
}

/**
 * Of somebody unmatched: it was hidden when they were looked up, or nothing told that it appeared. Nobody changed in it what Heed
 * had written, so that it is written whether or not the audit repairs.
 */
const hasRecord = ({ differences }: { differences: readonly Difference[] }): boolean =>
  differences.some(({ kind, id }) => kind !== 'missing' && id !== undefined)

/** Who never had a record lacks none. */
const isExpected = ({ kind, id }: Difference, isUnmatched: boolean): boolean =>
  isUnmatched && kind === 'missing' && id === undefined

/** Without a digest: what Heed believes is what is examined. */
async function readBatch(runner: Runner, audit: AuditRow): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select d.person_id, p.organization_user_id, p.status, d.links, null as digest, d.withdrawal, d.state,
      d.due_at is not null and d.state <> 'failed' or d.lease is not null as "isOnTheWay"
    from deliveries d
    join people p on p.organization_id = d.organization_id and p.id = d.person_id
    where d.organization_id = ${audit.organization_id} and d.integration_id = ${audit.integration_id}
      and d.person_id > ${audit.reached}
    order by d.person_id limit ${BATCH}`.execute(runner)
  return rows
}
