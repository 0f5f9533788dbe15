/**
 * The target's calls of a day belong to a whole company. Heed takes a share: nearing its end it slows down, then keeps the
 * rest for withdrawals, which are the last to stop.
 */
import { sql } from 'kysely'
import type { Fault, Usage } from '../connectors/contract.ts'
import type { Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'

/** Of Heed's share. */
const SLOWED_FROM = 0.5
/** What lies beyond belongs to withdrawals. */
const WITHDRAWALS_ONLY_FROM = 0.8
/**
 * Of the target's whole allowance, whoever spent it. Never all: what withdrawals cost is little, and the target says itself when it
 * takes no more calls.
 */
const TARGET_SLOWED_FROM = 0.8
const TARGET_WITHDRAWALS_ONLY_FROM = 0.9
/** An older word of the target's says nothing about now: one round may ask again. */
const USAGE_LIFETIME_MS = 15 * 60_000
const DAY_MS = 24 * 3600_000
const LONGEST_PAUSE_MS = 10 * 60_000
/** Of withdrawals that come one by one: at a call or two each they would use up what is kept for them, and the next then wait for hours. */
const LONGEST_WITHDRAWAL_PAUSE_MS = 5 * 60_000

type BudgetState = 'free' | 'slowed' | 'withdrawals_only' | 'spent'

export interface Budget {
  state: BudgetState
  /** What the target allows everybody in a day, and what is used of it; null: it has not told (lately). */
  limit: number | null
  used: number | null
  /** Heed's part of the limit, and what Heed spent of it in the last 24 hours. */
  allowance: number | null
  spent: number
  /** Not by its share: everybody together has nearly used up the target's calls. */
  isByOthers: boolean
  /** Between rounds that hold no withdrawal; where only withdrawals are left, between those that hold some. */
  pauseMs: number
}

export interface Spending {
  usage: Usage | null
  usageAt: Date | null
  share: number
  spent: number
  now: Date
}

export function budgetOf({ usage, usageAt, share, spent, now }: Spending): Budget {
  if (!usage || usage.limit <= 0)
    return { state: 'free', limit: null, used: null, allowance: null, spent, isByOthers: false, pauseMs: 0 }
  const allowance = Math.floor(usage.limit * share)
  const isFresh = usageAt !== null && now.getTime() - usageAt.getTime() < USAGE_LIFETIME_MS
  const ofShare = spent / Math.max(1, allowance)
  const ofTarget = isFresh ? usage.used / usage.limit : 0
  const state =
    ofShare >= 1
      ? 'spent'
      : ofShare >= WITHDRAWALS_ONLY_FROM || ofTarget >= TARGET_WITHDRAWALS_ONLY_FROM
        ? 'withdrawals_only'
        : ofShare >= SLOWED_FROM || ofTarget >= TARGET_SLOWED_FROM
          ? 'slowed'
          : 'free'
  const leftUntil = (partOfShare: number, partOfTarget: number): number =>
    Math.min(
      allowance * partOfShare - spent,
      isFresh ? usage.limit * partOfTarget - usage.used : Number.POSITIVE_INFINITY,
    )
  return {
    state,
    limit: usage.limit,
    used: isFresh ? usage.used : null,
    allowance,
    spent,
    isByOthers: state === 'withdrawals_only' && ofShare < WITHDRAWALS_ONLY_FROM,
    pauseMs:
      state === 'slowed'
        ? pauseFor(leftUntil(WITHDRAWALS_ONLY_FROM, TARGET_WITHDRAWALS_ONLY_FROM), LONGEST_PAUSE_MS)
        : state === 'withdrawals_only'
          ? pauseFor(leftUntil(1, 1), LONGEST_WITHDRAWAL_PAUSE_MS)
          : 0,
  }
}

/** As if what is left had to last for a day. The window slides, so what is saved now comes back. */
const pauseFor = (left: number, longestMs: number): number =>
  Math.min(longestMs, Math.round(DAY_MS / Math.max(1, left)))

/** Why withdrawals alone go on, or nothing at all, if that is so. */
export function shortageOf({ state, limit, used, allowance, spent, isByOthers }: Budget): Fault | undefined {
  if (state !== 'withdrawals_only' && state !== 'spent') return undefined
  if (isByOthers)
    return {
      code: 'BUDGET',
      message: `everybody together has nearly used up the target’s calls of 24 hours (${used} of ${limit}): withdrawals alone go on`,
      cure: 'It goes on by itself as the hours pass; see in the target who else spends its calls.',
    }
  return {
    code: 'BUDGET',
    message:
      state === 'spent'
        ? `the calls of the last 24 hours are spent (${spent} of ${allowance})`
        : `the calls that are left are kept for withdrawals (${spent} of ${allowance} spent)`,
    cure: 'It goes on by itself as the hours pass; raise daily_call_share if the target has calls to spare.',
  }
}

export async function readBudget(
  runner: Runner,
  { organization_id, id }: Pick<IntegrationRow, 'organization_id' | 'id'>,
): Promise<Budget> {
  const { rows } = await sql<{ usage: Usage | null; usageAt: Date | null; share: number; spent: number }>`
    select i.target_usage as usage, i.target_usage_at as "usageAt", i.daily_call_share as share,
      (select coalesce(sum(c.calls), 0)::float8 from calls_by_hour c
        where c.organization_id = i.organization_id and c.integration_id = i.id
          and c.hour > now() - interval '24 hours') as spent
    from integrations i where i.organization_id = ${organization_id} and i.id = ${id}`.execute(runner)
  const [row] = rows
  return budgetOf({ usage: null, usageAt: null, share: 1, spent: 0, ...row, now: new Date() })
}
