/** The org's clock, as the `Date` header of its answers tells it: what the org has stamped is measured by that, not by ours. */
import type { Send } from './transport.ts'

export interface OrgClock {
  /** Wraps what sends, to see every answer. */
  watch(send: Send): Send
  now(): Date
  /** How much ours is ahead of the org's; undefined before its first answer. To the second: the header has no more. */
  aheadMs(): number | undefined
}

export function createOrgClock(now: () => Date): OrgClock {
  let aheadMs: number | undefined
  return {
    watch: send => async asked => {
      const answer = await send(asked)
      const orgMs = Date.parse(String(answer.headers.date ?? ''))
      if (!Number.isNaN(orgMs)) aheadMs = now().getTime() - orgMs
      return answer
    },
    now: () => new Date(now().getTime() - (aheadMs ?? 0)),
    aheadMs: () => aheadMs,
  }
}
