/** What the contestants are measured with: an org, the choices of its people, and what goes wrong. */
import type { Fault, SandboxOrg } from '@heed/sandbox'
import type { Change } from '../peers/peer.ts'
import { choice, email } from './stage.ts'

export interface Workload {
  name: string
  /** Of those that write by hundreds, and of those that write one by one. */
  people: number
  /** 0: they take no part. */
  peopleOneByOne: number
  changesEach: number
  /** One person's changes stand next to each other; else everybody changes once, then everybody again. */
  inARow?: true
  /** 5% converted leads, 0.65% with two leads. */
  messy?: true
  /** Everybody was delivered before: who remembers records, remembers them. */
  known?: true
  faults?: readonly Fault[]
}

/** Signing in and describing happen once: a fault there says nothing about 1% of the answers. */
const call = /^(?!token|versions|describe)/
const writing = /^(?!token|versions|describe|query)/
/** 1% of the calls, and one for certain: somebody who makes ten calls would else hardly ever meet one. */
const sometimes = (fault: Omit<Fault, 'match' | 'rate' | 'times'>): Fault[] => [
  { ...fault, match: call, rate: 0.01 },
  { ...fault, match: writing, times: 1 },
]

/** One less than what Heed takes for a backlog and writes by bulk jobs. */
const usual = { people: 9_999, peopleOneByOne: 1_000, changesEach: 1 }
export const workloads: readonly Workload[] = [
  { ...usual, name: 'all known', known: true },
  { ...usual, name: 'nobody known' },
  { name: 'five changes each', people: 2_000, peopleOneByOne: 400, changesEach: 5 },
  { name: 'five changes in a row', people: 2_000, peopleOneByOne: 400, changesEach: 5, inARow: true },
  { ...usual, name: 'messy org', messy: true },
  { ...usual, name: '1% of answers 503', faults: sometimes({ kind: 'status', status: 503 }) },
  { ...usual, name: '1% of rows locked', faults: [{ kind: 'row', rate: 0.01 }] },
  { ...usual, name: '1% of answers lost', faults: sometimes({ kind: 'cut-after' }) },
  { name: 'a backlog, all known', people: 10_000, peopleOneByOne: 0, changesEach: 1, known: true },
]

/** The org's people: by e-mail address, in each the records' ids. */
export interface People {
  /** All leads, as somebody found them before any was converted. */
  leadIds: Record<string, string[]>
  /** What must hold the person's last choice: each lead that is not converted, the contact of one that is. */
  liveIds: Record<string, string[]>
}

export function fill(org: SandboxOrg, people: number, messy = false): People {
  const leadIds: Record<string, string[]> = {}
  const liveIds: Record<string, string[]> = {}
  const insertLead = (n: number) => org.insert('Lead', { LastName: `L${n}`, Company: 'C', Email: email(n) })
  for (let n = 0; n < people; n++) {
    const id = insertLead(n)
    leadIds[email(n)] = [id]
    liveIds[email(n)] = [id]
    if (!messy) continue
    if (n % 20 === 7) liveIds[email(n)] = [org.convertLead(id).contactId]
    else if (Math.floor((n * 13) / 2_000) > Math.floor(((n - 1) * 13) / 2_000)) {
      const second = insertLead(n)
      leadIds[email(n)]?.push(second)
      liveIds[email(n)]?.push(second)
    }
  }
  return { leadIds, liveIds }
}

/** A choice of person n as Heed takes it, with its seed; `changeOf` is the same as the org holds it. */
export interface Chosen {
  n: number
  seed: number
}

export function chosenIn({ changesEach, inARow }: Workload, people: number): Chosen[] {
  const chosen: Chosen[] = []
  for (let i = 0; i < people * changesEach; i++) {
    const [n, round] = inARow
      ? [Math.floor(i / changesEach), i % changesEach]
      : [i % people, Math.floor(i / people)]
    // Each differs from the one before it and from what a fresh record holds, the last from all before it.
    const isLast = round === changesEach - 1
    chosen.push({ n, seed: isLast ? n : n + 1 + (round % 3) })
  }
  return chosen
}

export function changeOf({ n, seed }: Chosen): Change {
  const { enabled, values } = choice(n, seed).consents.purposes[0] as {
    enabled: boolean
    values: { topics: { value: string } }
  }
  return { email: email(n), newsletter: enabled, topics: values.topics.value.replaceAll(',', ';') }
}
