/**
 * What calls may still be doing in the org although we stopped waiting for them. Until Salesforce itself would have given
 * such a call up, a creation in it is not begun again (there would be two records), and an update in it that says other
 * than what was written since is not believed to be over (it could come last).
 */
import { CALL_LIFE_MS } from './limits.ts'

export interface Unsettled {
  leave(key: string, content: unknown): void
  has(key: string): boolean
  /** Whether something else than this content may still come. */
  contradicts(key: string, content: unknown): boolean
}

export function createUnsettled(now: () => Date): Unsettled {
  const left = new Map<string, { untilMs: number; contents: Set<string> }>()

  function find(key: string): Set<string> | undefined {
    const one = left.get(key)
    return one && one.untilMs > now().getTime() ? one.contents : undefined
  }

  return {
    leave(key, content) {
      const nowMs = now().getTime()
      for (const [other, { untilMs }] of left) if (untilMs <= nowMs) left.delete(other)
      const contents = (left.get(key)?.contents ?? new Set()).add(JSON.stringify(content))
      left.set(key, { untilMs: nowMs + CALL_LIFE_MS, contents })
    },
    has: key => find(key) !== undefined,
    contradicts(key, content) {
      const text = JSON.stringify(content)
      return [...(find(key) ?? [])].some(other => other !== text)
    },
  }
}
