/** A round: claim, hand to the connector, settle. */
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { type Outcome, type Owed, type Session, TargetError } from '../connectors/contract.ts'
import type { Libraries } from '../library/libraries.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../store/database.ts'
import { backoffMs } from './backoff.ts'
import { type Claim, claim, RENEW_EVERY_MS, release, renew } from './claim.ts'
import { holdIntegration, type IntegrationRow, liftHold } from './integration.ts'
import { readingsOf, regulationOf } from './readings.ts'
import { settle } from './settle.ts'

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
  /** Resolves when it is settled or handed back. False: the integration rests now. */
  run(session: Session, signal: AbortSignal): Promise<boolean>
}

/** Undefined: nothing is due. */
export async function claimRound(
  ground: RoundGround,
  integration: IntegrationRow,
  limit: number,
): Promise<ClaimedRound | undefined> {
  const lease = randomUUID()
  const claims = await claim(ground.db, integration, lease, limit)
  if (claims.length === 0) return undefined
  return {
    size: claims.length,
    run: (session, signal) => run(ground, integration, lease, claims, session, signal),
  }
}

async function run(
  ground: RoundGround,
  integration: IntegrationRow,
  lease: string,
  claims: readonly Claim[],
  session: Session,
  signal: AbortSignal,
): Promise<boolean> {
  const { db, log } = ground
  const renewal = setInterval(() => {
    renew(db, integration, lease).catch(error => log.warn({ err: error }, 'a lease was not renewed'))
  }, RENEW_EVERY_MS)
  try {
    const owed = await owedOf(ground, integration, claims)
    const outcomes = await session.deliver(owed, signal)
    await settleAll(ground, integration, lease, claims, outcomes)
    if (integration.hold) await liftHold(db, integration.organization_id, integration.id)
    return true
  } catch (error) {
    await release(db, integration, lease)
    if (signal.aborted) return false
    const fault = asTargetError(error)
    if (fault !== error) log.error({ err: error, integration: integration.id }, 'a round failed unexpectedly')
    await rest(ground, integration, fault)
    return false
  } finally {
    clearInterval(renewal)
  }
}

export async function owedOf(
  { libraries }: Pick<RoundGround, 'libraries'>,
  integration: IntegrationRow,
  claims: readonly Pick<
    Claim,
    'person_id' | 'organization_user_id' | 'status' | 'links' | 'digest' | 'withdrawal'
  >[],
): Promise<Owed[]> {
  const readings = readingsOf(await libraries.of(integration.organization_id), integration.mappings)
  const regulation = regulationOf(integration.properties)
  return claims.map(({ person_id, organization_user_id, status, links, digest, withdrawal }) => {
    const organizationUserId = organization_user_id ?? ''
    return {
      key: person_id,
      organizationUserId,
      regulation,
      stated: readings.read({ organizationUserId, status }, regulation),
      withdrawal,
      links,
      ...(digest === null ? {} : { digest }),
    }
  })
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
  await settle(db, integration, lease, settlements)
  const now = Date.now()
  const counts: Record<string, number> = {}
  for (const { claim, outcome } of settlements) {
    counts[outcome.state] = (counts[outcome.state] ?? 0) + 1
    if (outcome.state === 'delivered' && claim.owed_since)
      metrics.deliveryLagSeconds.observe(
        { integration: integration.id },
        (now - claim.owed_since.getTime()) / 1000,
      )
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

/** It stops itself: everyone stays due, and it tries again after a while. */
export async function rest(
  { db, log }: RoundGround,
  integration: IntegrationRow,
  fault: TargetError,
): Promise<void> {
  const tries = (integration.hold?.tries ?? 0) + 1
  const { firstMs, longestMs } = REST[fault.kind]
  const restMs = fault.retryAfterMs ?? backoffMs(tries, firstMs, longestMs)
  const { code, message, cure, kind } = fault
  const since = integration.hold?.since ?? new Date().toISOString()
  await holdIntegration(db, integration, { code, message, cure, kind, since, tries }, restMs)
  log.warn({ integration: integration.id, code, kind, restMs, tries }, 'integration rests')
}
