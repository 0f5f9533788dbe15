/** What outlives a round within a session, and is no loss when the session ends. */
import type { Client } from './client.ts'
import { type Conversions, createConversions } from './conversions.ts'
import type { Descriptions } from './describe.ts'
import { CallError, judge } from './errors.ts'
import { SLOW_CALL_MS } from './limits.ts'
import { createPace, type Pace } from './pace.ts'

/** In quiet times every round looks its people up again: that finds new duplicates and conversions at once. */
const QUIET_PEOPLE = 200
const QUIET_WINDOW_MS = 60_000
/** Some megabytes at most. */
const SEEN_PEOPLE = 100_000
/** Share of the org's daily calls from which on none is spent for that. */
const PRESSED_SHARE = 0.5

export interface Standing {
  client: Client
  descriptions: Descriptions
  conversions: Conversions
  pace: Pace
  lane<T>(work: () => Promise<T>): Promise<T>
  /** Whether a round of so many people looks up those with remembered records too. */
  looksUpKnown(people: number): boolean
  /** People whose records this session has looked up itself and not delivered yet; some of them, where they are many. */
  seen: { has(key: string): boolean; add(key: string): void; delete(key: string): void }
  vanishing: Tally
}

/** Of the people with remembered records who were in the rounds of the last hour: those of whose records none was seen. */
interface Tally {
  add(vanished: number, remembered: number): void
  sum(): { vanished: number; remembered: number }
}

export function createStanding(client: Client, descriptions: Descriptions, now: () => Date): Standing {
  const pace = createPace()
  return {
    client,
    descriptions,
    conversions: createConversions(client, now),
    pace,
    lane: createLane(pace, now),
    looksUpKnown: createQuiet(client, now),
    seen: createSeen(),
    vanishing: createTally(now),
  }
}

const TALLIED_MS = 3600_000

function createTally(now: () => Date): Tally {
  let rounds: { atMs: number; vanished: number; remembered: number }[] = []
  return {
    add(vanished, remembered) {
      const atMs = now().getTime()
      rounds = rounds.filter(round => atMs - round.atMs < TALLIED_MS)
      if (remembered > 0) rounds.push({ atMs, vanished, remembered })
    },
    sum() {
      const sum = { vanished: 0, remembered: 0 }
      for (const { atMs, vanished, remembered } of rounds) {
        if (now().getTime() - atMs >= TALLIED_MS) continue
        sum.vanished += vanished
        sum.remembered += remembered
      }
      return sum
    },
  }
}

/**
 * One write after the other: rows of two rounds may share a record, or a parent that Salesforce locks. After a slow one calls are
 * smaller: one of 20 s holds one of the few slots for such that the whole org has, and proxies cut one of a minute. What was not
 * answered at all, or was too much for the org, the writer sees to.
 */
function createLane(pace: Pace, now: () => Date): Standing['lane'] {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const timed = async () => {
      const beganAtMs = now().getTime()
      const isSlow = () => now().getTime() - beganAtMs > SLOW_CALL_MS
      try {
        const answer = await work()
        if (isSlow()) pace.slower()
        return answer
      } catch (error) {
        if (error instanceof CallError && !isSeenToByWriter(error) && isSlow()) pace.slower()
        throw error
      }
    }
    const next = last.then(timed, timed)
    last = next.catch(() => undefined)
    return next
  }
}

const isSeenToByWriter = ({ code, message }: CallError): boolean =>
  code === 'TIMEOUT' || judge(code, message).isTooMuch === true

function createQuiet(client: Client, now: () => Date): Standing['looksUpKnown'] {
  let recent: { atMs: number; people: number }[] = []
  return people => {
    const atMs = now().getTime()
    recent = recent.filter(one => atMs - one.atMs < QUIET_WINDOW_MS)
    recent.push({ atMs, people })
    const { used, limit } = client.usage() ?? { used: 0, limit: 1 }
    return used / limit < PRESSED_SHARE && recent.reduce((sum, one) => sum + one.people, 0) <= QUIET_PEOPLE
  }
}

function createSeen(): Standing['seen'] {
  const keys = new Set<string>()
  return {
    has: key => keys.has(key),
    add(key) {
      if (keys.size < SEEN_PEOPLE) keys.add(key)
    },
    delete: key => void keys.delete(key),
  }
}
