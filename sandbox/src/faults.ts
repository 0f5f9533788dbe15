/** Faults on purpose: what real orgs and networks do, injected by tests, by the bench, and by hand over HTTP. */

/**
 * - row: a written row is refused with `code` and `message`; its neighbours go on.
 * - status: the call is refused with `status`, `code` and `message`; nothing is done.
 * - html: the call is answered by a page, with `status` (default 200).
 * - hang: the call is never answered.
 * - job: a bulk job fails after the share `after` of its rows (default half), the rest unprocessed.
 * - cut: the connection breaks before anything is done; cut-after: after it is done, before the answer.
 */
export const faultKinds = ['row', 'job', 'status', 'html', 'hang', 'cut', 'cut-after'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface Fault {
  kind: FaultKind
  /** How often it strikes; default once, or without end where a rate is given. */
  times?: number | undefined
  /** Share of the calls (or rows) in question that it hits; default all. */
  rate?: number | undefined
  status?: number | undefined
  code?: string | undefined
  message?: string | undefined
  /** Of kind `job`: which share of the rows is written before; default half. */
  after?: number | undefined
  /**
   * Which calls: held against the call's kind (`token`, `versions`, `describe`, `query`, `composite`, `collections`,
   * `bulk`, `other`), a blank, and its body. Which rows: against the row as JSON. Which jobs: against `update Contact`.
   * A text must be contained. Default: all.
   */
  match?: string | { test(text: string): boolean } | undefined
}

export interface Faults {
  inject(fault: Fault): void
  clear(): void
  /** The fault that hits this call, if any. */
  onCall(kind: string, body: string): Fault | undefined
  onJob(text: string): Fault | undefined
  onRow(row: unknown): { code: string; message: string } | undefined
}

export function createFaults(random: () => number): Faults {
  let active: (Fault & { left: number })[] = []

  function strike(text: string, isInQuestion: (fault: Fault) => boolean): Fault | undefined {
    for (const fault of active) {
      if (!isInQuestion(fault) || !matches(fault, text)) continue
      if (fault.rate !== undefined && random() >= fault.rate) continue
      fault.left--
      if (fault.left <= 0) active = active.filter(other => other !== fault)
      return fault
    }
    return undefined
  }

  return {
    inject(fault) {
      const left = fault.times ?? (fault.rate === undefined ? 1 : Number.POSITIVE_INFINITY)
      active.push({ ...fault, left })
    },
    clear() {
      active = []
    },
    onCall: (kind, body) =>
      active.length === 0
        ? undefined
        : strike(`${kind} ${body}`, ({ kind }) => kind !== 'row' && kind !== 'job'),
    onJob: text => strike(text, ({ kind }) => kind === 'job'),
    onRow(row) {
      if (!active.some(({ kind }) => kind === 'row')) return undefined
      const fault = strike(JSON.stringify(row), ({ kind }) => kind === 'row')
      if (!fault) return undefined
      const { code = 'UNABLE_TO_LOCK_ROW', message } = fault
      const text = code === 'UNABLE_TO_LOCK_ROW' ? 'unable to obtain exclusive access to this record' : code
      return { code, message: message ?? text }
    },
  }
}

const matches = ({ match }: Fault, text: string): boolean =>
  match === undefined || (typeof match === 'string' ? text.includes(match) : match.test(text))

/** A small generator with a seed (mulberry32): a run that failed can be run again. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
