/**
 * The deliver room in memory, on virtual time: what its tables keep (who is owed what, links, digests, leases, creation
 * claims), and nothing that dies with a process.
 */
import type {
  Appearances,
  Outcome,
  Owed,
  Passage,
  Stated,
  TargetError,
} from '../../src/connectors/contract.ts'
import type { MergeEvent } from '../../src/resolve/event.ts'
import { emptyStatus, merge, type Register, type Status } from '../../src/resolve/status.ts'

const LEASE_MS = 60_000
const JOB_ORPHANED_AFTER_MS = 50_000
/** As long as Salesforce goes on with a call whose caller has left. */
export const CALL_LIFE_MS = 10 * 60_000
const BACKOFF_MS = { first: 5_000, longest: 10 * 60_000 }
export const LOOK_EVERY_MS = 60_000
const REST_MS = { transient: 2_000, hold: 30_000 }

export interface Debt {
  key: string
  organizationUserId: string
  status: Status
  version: number
  withdrawal: boolean
  links: Outcome['links']
  digest: string | undefined
  state: 'owed' | 'delivered' | 'unmatched' | 'failed'
  error: Outcome['error']
  attempts: number
  /** Undefined: nothing is to be done. While somebody holds the lease: when it ends. */
  dueAtMs: number | undefined
  lease: string | undefined
  /** Somebody wanted it once more while it was held. */
  again: boolean
  /** What the fields were for whom a value did not fit. */
  misfit: string | undefined
  /** Until then a call that nobody waits for any more may still write an older state. */
  unsettledUntilMs: number | undefined
}

export interface Claim {
  debt: Debt
  version: number
  owed: Owed
}

export type Room = ReturnType<typeof createRoom>

export function createRoom(now: () => number) {
  const debts = new Map<string, Debt>()
  const creations = new Map<string, { by: string; untilMs: number }>()
  /** Bulk jobs under way: under which lease, and from when on their holder is known to be gone. */
  const jobs = new Map<string, { lease: string; orphanedAtMs: number }>()
  let restUntilMs = 0
  let goesOn = false
  let lookedUntil = new Date(now())
  let lookDueAtMs = now()

  /** Whoever is held just now is owed once more when that has ended. */
  function oweAgain(debt: Debt): void {
    const again = debt.lease !== undefined
    Object.assign(debt, { state: 'owed', digest: undefined, attempts: 0, again })
    if (!again) debt.dueAtMs = now()
  }

  return {
    debts,

    say(organizationUserId: string, event: MergeEvent, withdrawal: boolean): void {
      const key = `key of ${organizationUserId}`
      const debt = debts.get(key) ?? unknown(key, organizationUserId)
      debts.set(key, debt)
      Object.assign(debt, {
        status: merge(debt.status, [event]),
        version: debt.version + 1,
        withdrawal: debt.withdrawal || withdrawal,
        state: 'owed',
        ...(debt.lease === undefined ? { dueAtMs: now(), attempts: 0 } : {}),
      })
    },

    delivered: (): Owed[] => [...debts.values()].filter(({ state }) => state === 'delivered').map(owedOf),

    isResting: () => restUntilMs > now(),
    /** Resting, but for withdrawals. */
    goesOn: () => goesOn && restUntilMs > now(),

    rest({ kind, retryAfterMs }: TargetError, withdrawalsGoOn = false): void {
      goesOn = withdrawalsGoOn
      restUntilMs = now() + (retryAfterMs ?? REST_MS[kind])
    },

    liftHold(): void {
      restUntilMs = 0
    },

    claim(lease: string, limit: number): Claim[] {
      return [...debts.values()]
        .filter(({ dueAtMs, lease }) => dueAtMs !== undefined && dueAtMs <= now() && !jobOf(lease))
        .filter(({ withdrawal }) => withdrawal || restUntilMs <= now())
        .sort((a, b) => Number(b.withdrawal) - Number(a.withdrawal) || Number(a.dueAtMs) - Number(b.dueAtMs))
        .slice(0, limit)
        .map(debt => {
          if (debt.lease !== undefined) debt.unsettledUntilMs = now() + CALL_LIFE_MS
          else if (debt.unsettledUntilMs !== undefined && debt.unsettledUntilMs <= now())
            debt.unsettledUntilMs = undefined
          // It is renewed for as long as its holder lives.
          Object.assign(debt, { lease, dueAtMs: Number.POSITIVE_INFINITY })
          return { debt, version: debt.version, owed: owedOf(debt) }
        })
    },

    /** Nobody renews it any more: whoever takes these people next learns that a call may still be under way. */
    abandon(lease: string, { leftMs = LEASE_MS, isStart = false } = {}): void {
      for (const debt of heldBy(lease)) debt.dueAtMs = now() + leftMs
      // A Heed that has its database alone finds at its start whatever was left.
      const orphanedAtMs = now() + (leftMs === 0 && isStart ? 0 : JOB_ORPHANED_AFTER_MS)
      for (const job of jobs.values()) if (job.lease === lease) job.orphanedAtMs = orphanedAtMs
    },

    release(lease: string): void {
      for (const debt of heldBy(lease)) Object.assign(debt, { lease: undefined, dueAtMs: now() })
    },

    settle(lease: string, claims: readonly Claim[], outcomes: readonly Outcome[]): void {
      const byKey = new Map(outcomes.map(outcome => [outcome.key, outcome]))
      for (const { debt, version } of claims) {
        const outcome = byKey.get(debt.key)
        if (!outcome) throw new Error(`no outcome for ${debt.organizationUserId}`)
        if (debt.lease !== lease) continue
        const { state, error, links, misfit } = outcome
        const wantsMore = debt.version > version
        const isDone = state === 'delivered' || state === 'unmatched'
        const unsettledUntilMs = outcome.mayStillRun ? now() + CALL_LIFE_MS : debt.unsettledUntilMs
        const attempts = isDone ? 0 : debt.attempts + 1
        const laterMs = state === 'retry' ? now() + backoffMs(attempts) : unsettledUntilMs
        const isDue = wantsMore || debt.again
        Object.assign(debt, {
          ...{
            attempts: debt.again ? 0 : attempts,
            error,
            links,
            misfit,
            unsettledUntilMs,
            lease: undefined,
            again: false,
          },
          state: isDue || state === 'retry' ? 'owed' : state,
          dueAtMs: isDue ? now() : laterMs,
          withdrawal: debt.withdrawal && (wantsMore || (state !== 'delivered' && !outcome.isWithdrawn)),
          digest: unsettledUntilMs !== undefined || debt.again ? undefined : outcome.digest,
        })
      }
    },

    replay(): void {
      for (const debt of debts.values()) oweAgain(debt)
    },

    /** Since when whoever asks is to look for records that appeared; undefined: it is not time. */
    takeTurn(): Date | undefined {
      if (debts.size === 0 || lookDueAtMs > now() || (restUntilMs > now() && !goesOn)) return undefined
      lookDueAtMs = now() + LOOK_EVERY_MS
      return lookedUntil
    },

    /** Owes those to whom they are new; resolves with how many. */
    sawAppear({ records, until }: Appearances): number {
      const news = [...debts.values()].filter(({ organizationUserId, links }) =>
        records.some(
          ({ value, isExact, id, insteadOf }) =>
            (value === organizationUserId ||
              (!isExact && value === organizationUserId.toLowerCase()) ||
              links.some(link => link.id === insteadOf)) &&
            !links.some(link => link.id === id),
        ),
      )
      for (const debt of news) oweAgain(debt)
      if (until > lookedUntil) lookedUntil = until
      return news.length
    },

    /** Owes those whom another mapping, or other fields, may fit by now; resolves with how many. */
    sawFit(fit: string): number {
      const mended = [...debts.values()].filter(
        ({ state, misfit, lease }) =>
          state === 'failed' && misfit !== undefined && misfit !== fit && lease === undefined,
      )
      for (const debt of mended)
        Object.assign(debt, { state: 'owed', misfit: fit, attempts: 0, dueAtMs: now() })
      return mended.length
    },

    takeOrphanedJobs(): string[] {
      const orphaned = [...jobs].filter(([, { orphanedAtMs }]) => orphanedAtMs <= now())
      for (const [, job] of orphaned) job.orphanedAtMs = now() + JOB_ORPHANED_AFTER_MS
      return orphaned.map(([id]) => id)
    },

    endJob: (job: string) => void jobs.delete(job),

    /** When something is to be done next; undefined: never, unless something happens. */
    nextAtMs(): number | undefined {
      const times = [...debts.values()].flatMap(({ dueAtMs, lease }) =>
        dueAtMs === undefined ? [] : [Math.max(dueAtMs, restUntilMs, jobOf(lease)?.orphanedAtMs ?? 0)],
      )
      return times.length === 0 ? undefined : Math.min(...times)
    },

    async rivals(
      people: readonly Owed[],
      values: readonly string[],
      records: readonly string[] = [],
    ): Promise<Map<string, Owed[]>> {
      const own = new Set(people.map(({ key }) => key))
      const others = [...debts.values()].filter(
        ({ key, organizationUserId, links }) =>
          !own.has(key) &&
          (values.includes(organizationUserId.toLowerCase()) || links.some(({ id }) => records.includes(id))),
      )
      return Map.groupBy(others.map(owedOf), ({ organizationUserId }) => organizationUserId.toLowerCase())
    },

    passage(
      lease: string,
      { signal, isDead, isBulk }: { signal: AbortSignal; isDead(): boolean; isBulk: boolean },
    ): Passage {
      const alive = (): void => {
        if (isDead()) throw new Error('the process is gone')
      }
      return {
        signal,
        async claimCreations(keys) {
          alive()
          const free = keys.filter(key => {
            const claim = creations.get(key)
            return !claim || claim.untilMs <= now() || claim.by === lease
          })
          for (const key of free) creations.set(key, { by: lease, untilMs: now() + CALL_LIFE_MS })
          return new Set(free)
        },
        async releaseCreations(keys) {
          alive()
          for (const key of keys) if (creations.get(key)?.by === lease) creations.delete(key)
        },
        ...(isBulk ? { bulk: bulkOf(lease, alive) } : {}),
      }
    },
  }

  function jobOf(lease: string | undefined) {
    return [...jobs.values()].find(job => lease !== undefined && job.lease === lease)
  }

  function bulkOf(lease: string, alive: () => void): NonNullable<Passage['bulk']> {
    return {
      async began(job) {
        alive()
        jobs.set(job, { lease, orphanedAtMs: Number.POSITIVE_INFINITY })
      },
      async ended(job) {
        alive()
        jobs.delete(job)
      },
      progress: () => undefined,
    }
  }

  function heldBy(lease: string): Debt[] {
    return [...debts.values()].filter(debt => debt.lease === lease)
  }
}

const unknown = (key: string, organizationUserId: string): Debt => ({
  key,
  organizationUserId,
  status: emptyStatus,
  version: 0,
  withdrawal: false,
  links: [],
  digest: undefined,
  state: 'owed',
  error: undefined,
  attempts: 0,
  dueAtMs: undefined,
  lease: undefined,
  again: false,
  misfit: undefined,
  unsettledUntilMs: undefined,
})

const backoffMs = (attempts: number): number =>
  Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** Math.min(attempts - 1, 10))

function owedOf({ key, organizationUserId, status, withdrawal, links, attempts, error, digest }: Debt): Owed {
  const registers = status.regulations.gdpr ?? {}
  const stated = new Map<string, Stated>()
  const read = (name: string, path: string, value: (raw: unknown) => Stated['value']): void => {
    const register: Register | undefined = registers[path]
    if (register) stated.set(name, { value: value(register[0]), atMs: register[1], eventId: register[2] })
  }
  read('newsletter', 'purposes/newsletter/enabled', raw => raw === true)
  read('topics', 'purposes/newsletter/values/topics', raw => String(raw).split(',').filter(Boolean))
  read('channel', 'purposes/newsletter/values/channel', String)
  return {
    key,
    organizationUserId,
    regulation: 'gdpr',
    stated,
    withdrawal,
    ...(withdrawal ? { withdrawn: new Set(['newsletter']) } : {}),
    links,
    retryOf: attempts > 0 ? (error?.code ?? 'UNKNOWN') : undefined,
    ...(digest === undefined ? {} : { digest }),
  }
}
