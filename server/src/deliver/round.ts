/** A round: claim, hand to the connector, settle. */
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { type Outcome, type Session, TargetError } from '../connectors/contract.ts'
import type { Libraries } from '../library/libraries.ts'
import type { Metrics } from '../observe/metrics.ts'
import { emptyStatus } from '../resolve/status.ts'
import type { Database } from '../store/database.ts'
import { backoffMs } from './backoff.ts'
import {
  abandonLease,
  type Claim,
  claim,
  type Lease,
  RENEW_EVERY_MS,
  release,
  renew,
  type Whom,
} from './claim.ts'
import { type DueIntegration, holdIntegration, type IntegrationRow, liftHold } from './integration.ts'
import { renewJobs } from './jobs.ts'
import { owedOf } from './owed.ts'
import { passageOf } from './passage.ts'
import { settle } from './settle.ts'

const SETTLED_AT_A_TIME = 2_000

const REST = {
  transient: { firstMs: 2_000, longestMs: 5 * 60_000 },
  hold: { firstMs: 30_000, longestMs: 30 * 60_000 },
}

export interface RoundGround {
  db: Database
  libraries: Libraries
  metrics: Metrics
  log: Logger
}

export interface ClaimedRound {
  size: number
  holdsWithdrawal: boolean
  lease: Lease
  /** Resolves when it is settled or handed back. False: the integration rests now. */
  run(session: Session, signal: AbortSignal): Promise<boolean>
}

/** Undefined: nothing is due. */
export async function claimRound(
  ground: RoundGround,
  integration: DueIntegration,
  { limit, whom, isBulk }: { limit: number; whom: Whom; isBulk: boolean },
): Promise<ClaimedRound | undefined> {
  const lease = randomUUID()
  const claims = await claim(ground.db, integration, lease, limit, whom)
  if (claims.length === 0) return undefined
  const held = { integration, id: lease, personIds: claims.map(({ person_id }) => person_id) }
  return {
    size: claims.length,
    holdsWithdrawal: claims.some(({ withdrawal }) => withdrawal),
    lease: held,
    run: (session, signal) => run(ground, { integration, held, claims, isBulk }, session, signal),
  }
}

interface Claimed {
  integration: DueIntegration
  held: Lease
  claims: readonly Claim[]
  isBulk: boolean
}

async function run(
  ground: RoundGround,
  { integration, held, claims, isBulk }: Claimed,
  session: Session,
  cut: AbortSignal,
): Promise<boolean> {
  const { db, log, libraries } = ground
  const lease = held.id
  // A process that stood still wakes up in the middle of its round: what others have taken since it must not write.
  const lost = new AbortController()
  const signal = AbortSignal.any([cut, lost.signal])
  const renewal = setInterval(() => {
    renewLease(db, held).then(
      isHeld => isHeld || lost.abort(),
      error => log.warn({ err: error }, 'a lease was not renewed'),
    )
  }, RENEW_EVERY_MS)
  const onBulkProgress = isBulk
    ? (done: number) =>
        log.info({ integration: integration.id, done, of: claims.length }, 'bulk round goes on')
    : undefined
  try {
    const isBehind = (await session.obstacle()) !== undefined
    const taken = isBehind ? claims.filter(({ withdrawal }) => withdrawal) : claims
    const owed = await owedOf(libraries, integration, taken)
    // Read once; in bulk they would lie there for minutes.
    for (const claim of claims) claim.status = emptyStatus
    if (taken.length > 0) {
      const passage = passageOf({ db, integration, lease, signal, onBulkProgress })
      await settleAll(ground, integration, lease, taken, await session.deliver(owed, passage))
    }
    if (isBehind) await release(db, held)
    // Also one that only the target's answers told of.
    const obstacle = await session.obstacle()
    if (!obstacle) {
      if (integration.hold) await liftHold(db, integration)
      return true
    }
    await restBehind(ground, integration, obstacle)
    return false
  } catch (error) {
    if (signal.aborted) {
      await abandonLease(db, held)
      return false
    }
    const fault = asTargetError(error)
    // Released only where nothing can be under way. A bulk job that could not be ended keeps its people until somebody has.
    const isOver = fault === error && !fault.mayStillRun && !isBulk
    await (isOver ? release : abandonLease)(db, held)
    if (fault !== error) log.error({ err: error, integration: integration.id }, 'a round failed unexpectedly')
    // What was refused may show only now that a part of the mapping does not fit any more. Once: what is refused behind the
    // obstacle, too, waits.
    const isNew = fault.kind === 'hold' && !integration.rests
    const obstacle = isNew ? await session.obstacle().catch(() => undefined) : undefined
    await (obstacle ? restBehind(ground, integration, obstacle) : rest(ground, integration, fault))
    return false
  } finally {
    clearInterval(renewal)
  }
}

async function renewLease(db: Database, lease: Lease): Promise<boolean> {
  const isHeld = await renew(db, lease)
  await renewJobs(db, lease.integration, lease.id)
  return isHeld
}

async function settleAll(
  { db, metrics, log }: RoundGround,
  integration: IntegrationRow,
  lease: string,
  claims: readonly Claim[],
  outcomes: readonly Outcome[],
): Promise<void> {
  const byKey = new Map(outcomes.map(outcome => [outcome.key, outcome]))
  const settlements = claims.map(claim => ({
    claim,
    outcome: byKey.get(claim.person_id) ?? unanswered(claim),
  }))
  // A statement's text is held several times over on its way.
  for (let i = 0; i < settlements.length; i += SETTLED_AT_A_TIME)
    await settle(db, integration, lease, settlements.slice(i, i + SETTLED_AT_A_TIME))
  const now = Date.now()
  const counts: Record<string, number> = {}
  const lag = metrics.deliveryLagSeconds.labels({ integration: integration.id })
  for (const { claim, outcome } of settlements) {
    counts[outcome.state] = (counts[outcome.state] ?? 0) + 1
    if (outcome.state === 'delivered' && claim.owed_since_ms !== null)
      lag.observe((now - claim.owed_since_ms) / 1000)
  }
  log.debug({ integration: integration.id, round: lease, ...counts }, 'round settled')
}

const unanswered = (claim: Claim): Outcome => ({
  key: claim.person_id,
  state: 'retry',
  error: {
    code: 'NO_OUTCOME',
    message: 'the connector gave no outcome',
    cure: 'It is tried again by itself.',
  },
  links: claim.links,
  written: [],
})

const asTargetError = (error: unknown): TargetError =>
  error instanceof TargetError
    ? error
    : new TargetError({
        code: 'UNEXPECTED',
        message: 'the round failed unexpectedly',
        cure: 'It is tried again by itself; the server’s log has the cause.',
        kind: 'transient',
        cause: error,
      })

/** Withdrawals go on; those that come meanwhile put nobody else off. */
async function restBehind(
  ground: RoundGround,
  integration: DueIntegration,
  obstacle: TargetError,
): Promise<void> {
  if (!integration.rests) await rest(ground, integration, obstacle, { withdrawalsGoOn: true })
}

/** It stops itself: everyone stays due, and it tries again after a while. */
export async function rest(
  { db, log }: RoundGround,
  integration: IntegrationRow,
  fault: TargetError,
  { withdrawalsGoOn = false } = {},
): Promise<void> {
  const tries = (integration.hold?.tries ?? 0) + 1
  const { firstMs, longestMs } = REST[fault.kind]
  const restMs = fault.retryAfterMs ?? backoffMs(tries, firstMs, longestMs)
  const { code, cure, kind } = fault
  const message = withdrawalsGoOn
    ? `${fault.message}; meanwhile withdrawals alone are delivered`
    : fault.message
  const since = integration.hold?.since ?? new Date().toISOString()
  const hold = { code, message, cure, kind, since, tries }
  const goOn = withdrawalsGoOn ? { withdrawals_go_on: true as const } : {}
  await holdIntegration(db, integration, { ...hold, ...goOn }, restMs)
  log.warn({ integration: integration.id, code, kind, restMs, tries }, 'integration rests')
}
