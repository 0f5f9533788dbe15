/** Whom the next round takes, and by which way: the budget, the backlog, and withdrawals first. */
import type { Manifest } from '../connectors/contract.ts'
import { readBudget } from './budget.ts'
import { type Due, readDue, type Whom } from './claim.ts'
import type { DueIntegration, IntegrationRow } from './integration.ts'
import type { Paced } from './pace.ts'
import type { RoundGround } from './round.ts'

export interface Intent {
  whom: Whom
  limit: number
  isBulk: boolean
}

export interface Situation {
  countDue: DueCount
  isBulkRunning: boolean
  mayTake(whom: Paced, pauseMs: number): boolean
}

export type DueCount = (most: number) => Promise<Due>

/** No backlog comes about so fast that it mattered. */
const COUNT_LIFETIME_MS = 1_000

/** For one run of rounds. Where nobody stands in a backlog, they are counted once a second, not for each round. */
export function createDueCount({ db }: Pick<RoundGround, 'db'>, integration: IntegrationRow): DueCount {
  let last: { due: Due; countedAtMs: number } | undefined
  return async most => {
    const isFresh = last && Date.now() - last.countedAtMs < COUNT_LIFETIME_MS
    if (last && isFresh && last.due.withdrawals + last.due.others < most) return last.due
    last = { due: await readDue(db, integration, most), countedAtMs: Date.now() }
    return last.due
  }
}

/** Undefined: nobody may be taken now. */
export async function intend(
  { db }: Pick<RoundGround, 'db'>,
  integration: DueIntegration,
  { roundSize, bulk }: Pick<Manifest, 'roundSize' | 'bulk'>,
  { countDue, isBulkRunning, mayTake }: Situation,
): Promise<Intent | undefined> {
  const { state, pauseMs } = await readBudget(db, integration)
  const withdrawals: Intent = { whom: 'withdrawals', limit: roundSize, isBulk: false }
  if (state === 'spent') return undefined
  if (state === 'withdrawals_only') return mayTake('withdrawals', pauseMs) ? withdrawals : undefined
  if (integration.rests || (state === 'slowed' && !mayTake('others', pauseMs))) return withdrawals
  const everyone: Intent = { whom: 'all', limit: roundSize, isBulk: false }
  if (!bulk) return everyone
  const due = await countDue(bulk.from)
  if (due.withdrawals + due.others < bulk.from) return everyone
  // A few withdrawals are there sooner by an ordinary round than behind a backlog.
  if (isBulkRunning || (due.withdrawals > 0 && due.withdrawals < bulk.from)) return withdrawals
  return { whom: due.withdrawals > 0 ? 'all' : 'others', limit: bulk.roundSize, isBulk: true }
}
