/**
 * The loop that delivers. It wakes when something was recorded here, and looks by itself for what other nodes recorded,
 * what waited for a retry, and what a node that died had claimed.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Session, TargetError } from '../connectors/contract.ts'
import { abandonLease, type Lease } from './claim.ts'
import { type DueIntegration, type IntegrationRow, readDueIntegrations } from './integration.ts'
import { createDueCount, intend } from './intent.ts'
import { endJob, takeOrphanedJobs } from './jobs.ts'
import { createPace } from './pace.ts'
import { type ClaimedRound, claimRound, type RoundGround, rest } from './round.ts'
import type { Sessions } from './sessions.ts'

const POLL_MS = 1_000
/** Wakes within this time share one look. */
const GATHER_MS = 20
/** Of one integration: while one round waits for the target, the next is claimed, looked up, settled. */
const ROUNDS_AT_A_TIME = 2
const STOP_TIMEOUT_MS = 6_000

export interface Deliverer {
  wake(): void
  /** Finishes what is on its way, for some seconds at most; hands back the rest. */
  stop(): Promise<void>
}

export function startDeliverer(ground: RoundGround & { sessions: Sessions }): Deliverer {
  const { db, sessions, log } = ground
  const stopping = new AbortController()
  const cutting = new AbortController()
  const running = new Map<string, Promise<void>>()
  /** Apart from the others: a bulk round takes minutes, and whoever withdraws meanwhile must not wait for it. */
  const bulkRounds = new Map<string, Promise<void>>()
  /** Of rounds that could not hand back whom they held, since the database was away. */
  const stranded = new Set<Lease>()
  const pace = createPace()
  let woken: (() => void) | undefined
  let wakeWaits = false

  async function look(): Promise<void> {
    // They would wait for the end of their lease.
    for (const lease of stranded) {
      await abandonLease(db, lease)
      stranded.delete(lease)
    }
    for (const integration of await readDueIntegrations(db)) {
      if (running.has(integration.id) || stopping.signal.aborted) continue
      const work = deliver(integration)
        .then(didSomething => {
          // Something may have come after the last claim and before the end: one more look.
          if (didSomething) wake()
        })
        .catch(error => log.error({ err: error, integration: integration.id }, 'delivery failed'))
        .finally(() => running.delete(integration.id))
      running.set(integration.id, work)
    }
  }

  /** Rounds of one integration until nothing may be taken or it rests. Resolves with whether there was one. */
  async function deliver(integration: DueIntegration): Promise<boolean> {
    const opened = await open(integration)
    if (!opened || !(await endOrphanedJobs(integration, opened.session))) return false
    const { connector, session } = opened
    const { roundSize } = connector.manifest
    const rounds = new Set<Promise<boolean>>()
    const countDue = createDueCount(ground, integration)
    let goesOn = true
    let any = false
    try {
      while (goesOn && !stopping.signal.aborted) {
        await pace.turn(integration.id, connector.manifest.roundIntervalMs, stopping.signal)
        const begunAt = Date.now()
        const intent = await intend(ground, integration, connector.manifest, {
          countDue,
          isBulkRunning: bulkRounds.has(integration.id),
          mayTake: (whom, pauseMs) => pace.mayTake(whom, integration.id, pauseMs),
        })
        const round = intent && (await claimRound(ground, integration, intent))
        if (!intent || !round) break
        any = true
        if (!round.holdsWithdrawal) pace.took('others', integration.id)
        // A full round costs next to nothing for each.
        else if (round.size < roundSize) pace.took('withdrawals', integration.id)
        if (intent.isBulk) {
          beginBulk(integration, round, session)
          continue
        }
        const run = runOf(integration, round, session).finally(() => rounds.delete(run))
        rounds.add(run)
        // A full round left some behind: the next begins at once. One that is not full took all there was, and what comes
        // meanwhile gathers for the next.
        if (round.size === roundSize) {
          if (rounds.size >= ROUNDS_AT_A_TIME) goesOn = await Promise.race(rounds)
        } else {
          pace.begun(integration.id, begunAt)
          goesOn = (await Promise.all(rounds)).every(Boolean)
        }
      }
    } finally {
      await Promise.all(rounds)
    }
    return any
  }

  /** Never rejects: while it runs nobody may be waiting for it, and a rejection that nobody hears ends the process. */
  const runOf = (integration: IntegrationRow, round: ClaimedRound, session: Session): Promise<boolean> =>
    round.run(session, cutting.signal).catch(error => {
      log.error({ err: error, integration: integration.id }, 'a round could not be ended')
      stranded.add(round.lease)
      return false
    })

  function beginBulk(integration: IntegrationRow, round: ClaimedRound, session: Session): void {
    const run = runOf(integration, round, session)
      .finally(() => bulkRounds.delete(integration.id))
      .then(wake)
    bulkRounds.set(integration.id, run)
  }

  /** False: one could not be ended, and the integration rests. */
  async function endOrphanedJobs(integration: IntegrationRow, session: Session): Promise<boolean> {
    for (const job of await takeOrphanedJobs(db, integration)) {
      log.info({ integration: integration.id, job }, 'a bulk job whose holder died is ended')
      try {
        await session.abandon(job, cutting.signal)
      } catch (error) {
        if (!(error instanceof TargetError)) throw error
        await rest(ground, integration, error)
        return false
      }
      await endJob(db, integration, job)
    }
    return true
  }

  /** Undefined: it cannot be opened, and rests. */
  async function open(integration: IntegrationRow): Promise<ReturnType<Sessions['of']> | undefined> {
    try {
      return sessions.of(integration)
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
      await rest(ground, integration, error)
      return undefined
    }
  }

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      wakeWaits = false
      await look().catch(error => log.error({ err: error }, 'could not look for what is due'))
      if (!wakeWaits)
        await Promise.race([
          pause(POLL_MS, undefined, { ref: false }),
          new Promise<void>(resolve => {
            woken = resolve
          }),
        ])
      await pause(GATHER_MS)
    }
  })()

  function wake(): void {
    wakeWaits = true
    woken?.()
  }

  return {
    wake,
    async stop() {
      stopping.abort()
      wake()
      const cut = setTimeout(() => cutting.abort(), STOP_TIMEOUT_MS)
      await loop
      await Promise.all([...running.values(), ...bulkRounds.values()])
      clearTimeout(cut)
    },
  }
}
