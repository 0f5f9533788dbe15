/**
 * The public API's rate limit: so many requests in a window per organization, all keys together.
 * Counted by each node for itself: a shared counter would cost every request a write to protect nothing but fairness.
 */
import type { RateLimit } from '../settings.ts'

const MAX_WINDOWS = 10_000

export interface Rate {
  /** Counts one request of an organization, or of who has no token yet. */
  take(subject: string): { allowed: boolean; headers: Record<string, string> }
}

export function createRate(limit: RateLimit, nowMs: () => number = Date.now): Rate {
  const windowMs = limit.windowSeconds * 1000
  const windows = new Map<string, { startedAtMs: number; taken: number }>()
  return {
    take(subject) {
      const now = nowMs()
      let window = windows.get(subject)
      if (!window || now >= window.startedAtMs + windowMs) {
        windows.delete(subject)
        window = { startedAtMs: now, taken: 0 }
        windows.set(subject, window)
        // Those of made-up keys push out the oldest alone.
        const [oldest] = windows.keys()
        if (windows.size > MAX_WINDOWS) windows.delete(oldest as string)
      }
      window.taken++
      const allowed = window.taken <= limit.requests
      const resetSeconds = Math.ceil((window.startedAtMs + windowMs - now) / 1000)
      const remaining = Math.max(0, limit.requests - window.taken)
      return {
        allowed,
        headers: {
          ratelimit: `limit=${limit.requests}, remaining=${remaining}, reset=${resetSeconds}`,
          'ratelimit-policy': `${limit.requests};w=${limit.windowSeconds}`,
          ...(allowed ? {} : { 'retry-after': String(resetSeconds) }),
        },
      }
    },
  }
}
