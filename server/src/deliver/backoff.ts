/** How long to wait before trying again: exponential with jitter, for days rather than minutes. */

const FIRST_MS = 5_000
const LONGEST_MS = 6 * 3600_000
/**
 * Whoever waits longer than the first comes back at the next of the second: apart, a thousand records that an approval locks for
 * days would cost a call or two for each try of each.
 */
const GATHERED_FROM_MS = 30 * 60_000
const GATHERED_MS = 5 * 60_000

/** @param attempts how many have failed, 1 or more */
export function backoffMs(
  attempts: number,
  firstMs = FIRST_MS,
  longestMs = LONGEST_MS,
  random = Math.random,
  nowMs = Date.now(),
): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempts - 1, 30))
  // Half of it is random, so that what failed together does not come back together.
  const ms = Math.round(full * (0.5 + random() * 0.5))
  return ms < GATHERED_FROM_MS ? ms : Math.ceil((nowMs + ms) / GATHERED_MS) * GATHERED_MS - nowMs
}

/**
 * Who waits for somebody else's call comes back together, within a minute of its end: after a node's death two thousand can
 * wait for ten minutes, and apart each would cost a call each time.
 */
export const waitMs = (attempts: number): number => backoffMs(attempts, FIRST_MS, 60_000, () => 1)
