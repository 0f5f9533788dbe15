/** The org's clock beside ours, and what is left of its calls. */
import type { Check, Usage } from '../../contract.ts'

/** The header tells whole seconds, and the answer was on its way. */
const SKEW_TOLERATED_MS = 5_000
const SCARCE_SHARE = 0.75
const EXHAUSTED_SHARE = 0.95

export function clockChecks(aheadMs: number | undefined): Check[] {
  if (aheadMs === undefined) return []
  const name = 'Clock'
  if (Math.abs(aheadMs) <= SKEW_TOLERATED_MS) return [{ name, ok: true, message: 'agrees with the org’s' }]
  const direction = aheadMs > 0 ? 'ahead of' : 'behind'
  return [
    {
      name,
      ok: true,
      message: `this machine is ${Math.round(Math.abs(aheadMs) / 1000)} s ${direction} the org`,
      cure: 'Set the clock of the machine that Heed runs on (NTP): times of choices are written to the org as it tells them.',
    },
  ]
}

export function usageChecks(usage: Usage | undefined): Check[] {
  if (!usage) return []
  const { used, limit } = usage
  const check = {
    name: 'API calls',
    message: `${used} of ${limit} were made in the last 24 hours by everybody, ${Math.max(0, limit - used)} are left`,
  }
  const cure = 'Buy more calls, or see under Setup, System Overview, who spends them.'
  if (used >= limit * EXHAUSTED_SHARE) return [{ ...check, ok: false, cure }]
  return [{ ...check, ok: true, ...(used >= limit * SCARCE_SHARE ? { cure } : {}) }]
}
