/** Runs one history: act by act, then everything that is under way comes to its end, then the truth is asked. */
import assert from 'node:assert/strict'
import { startSandboxOrg } from '@heed/sandbox'
import type { Agent } from 'undici'
import type { Act, History, World } from './history.ts'
import { createNode } from './node.ts'
import { furnish, optionsOf } from './people.ts'
import { CALL_LIFE_MS, createRoom, LOOK_EVERY_MS } from './room.ts'
import { createSales } from './salespeople.ts'
import { createTruth, type Said } from './truth.ts'
import type { Gateway } from './wire.ts'

const START_MS = Date.parse('2026-01-01T00:00:00Z')
/** Each act takes so long. */
const ACT_MS = 1_000
const ROUNDS_TO_SETTLE = 200
const LOOKS_TO_SETTLE = 20

export interface Stage {
  agent: Agent
  gateway: Gateway
  /** Reaches the time limit of the call that was begun last. */
  expire(): void
  /** How often what happened. */
  counts: Map<string, number>
}

export async function run(
  { world: planned, acts }: History,
  { agent, gateway, counts, expire }: Stage,
): Promise<void> {
  let nowMs = START_MS
  const now = (): number => nowMs
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  const org = await startSandboxOrg({
    ...optionsOf(planned),
    now: () => new Date(nowMs),
  })
  const world = furnish(org, planned)
  try {
    await play()
  } finally {
    await org.close()
  }

  async function play(): Promise<void> {
    const room = createRoom(now)
    const truth = createTruth(org, room, world, now)
    const sales = createSales(org, world, count)
    const late: { land: () => Promise<void>; atMs: number; lastedMs: number }[] = []
    let { isBusy } = world
    let roundBeganAtMs = nowMs
    /** When the rounds began whose bulk jobs stand half-way. */
    let pausedSinceMs = Number.POSITIVE_INFINITY
    const nodes = Array.from({ length: world.nodes }, (_, i) =>
      createNode({
        ...{ name: `node ${i}`, world, org, agent, gateway, room, now, count, expire },
        isBusy: () => isBusy,
        isHeld: sales.isHolding,
        onWrite(body, beganAtMs) {
          roundBeganAtMs = beganAtMs
          truth.sawWrite(body, beganAtMs)
        },
        onLate: land => late.push({ land, atMs: nowMs, lastedMs: roundBeganAtMs }),
        onJob() {
          org.jobs.pauseAfter = 0.5
          pausedSinceMs = Math.min(pausedSinceMs, roundBeganAtMs)
        },
        resumeJobs,
      }),
    )
    const nodeOf = (n: number) => nodes[n % nodes.length] as (typeof nodes)[number]

    /** They go on, unless they have been ended. */
    async function resumeJobs(): Promise<void> {
      org.jobs.pauseAfter = undefined
      if (pausedSinceMs === Number.POSITIVE_INFINITY) return
      truth.sawWrite('', pausedSinceMs)
      pausedSinceMs = Number.POSITIVE_INFINITY
      await org.jobs.resume()
    }

    async function landAll(): Promise<boolean> {
      const landing = late.splice(0).filter(({ atMs }) => nowMs - atMs < CALL_LIFE_MS)
      for (const { land, lastedMs } of landing) {
        truth.sawWrite('', lastedMs)
        await land()
        count('late call done')
        truth.look(false)
      }
      return landing.length > 0
    }

    /** False: there was nothing to do it to. */
    async function perform(one: Act, n: number): Promise<boolean> {
      switch (one.act) {
        case 'say':
          return say(one, n)
        case 'deliver':
          await nodeOf(one.node).deliver(one.trap)
          org.jobs.pauseAfter = undefined
          return true
        case 'deliver at once':
          await Promise.all(nodes.map(node => node.deliver()))
          return nodes.length > 1
        case 'resume': {
          const { isParked, resume } = nodeOf(one.node)
          const wasParked = isParked()
          await resume()
          return wasParked
        }
        case 'land':
          await resumeJobs()
          return landAll()
        case 'wait':
          nowMs += one.seconds * 1000
          return true
        case 'restart':
          nodeOf(one.node).restart()
          return true
        case 'replay':
          room.replay()
          return true
        case 'fault':
          org.faults.inject(faultOf(one.fault))
          return true
        case 'expire tokens':
          org.expireTokens()
          return true
        case 'abort jobs':
          return org.jobs.abortAll() > 0
        case 'mend':
          return sales.mend()
        default:
          return sales.act(one)
      }
    }

    function say(one: Extract<Act, { act: 'say' }>, n: number): boolean {
      const { person, said } = sayingOf(one, world, `event-${n}`, nowMs + n)
      truth.say(person, said)
      const consents = consentsOf(said)
      room.say(person, { id: said.id, at: said.at, regulation: 'gdpr', consents }, said.newsletter === false)
      return true
    }

    for (const { object, person } of world.records)
      sales.act({ act: 'insert', object, person, upperCase: false, isStranger: false })
    truth.look(true)
    for (const [n, one] of acts.entries()) {
      nowMs += ACT_MS
      // Whoever is parked may be so while it gets its token.
      await nodes.find(({ isParked }) => !isParked())?.look()
      const isDone = await perform(one, n)
      await org.jobs.idle()
      count(`${one.act}${isDone ? '' : ' (nothing)'}`)
      truth.look(BY_SALES.has(one.act))
    }

    org.faults.clear()
    sales.mend()
    truth.look(true)
    for (const node of nodes) await node.resume()
    truth.look(false)
    await landAll()
    await settle()
    for (let times = 0; await lookAgain(); times++)
      assert.ok(times < LOOKS_TO_SETTLE, `is owed at each look: ${JSON.stringify([...room.debts.values()])}`)
    truth.checkAppeared()
    truth.checkCompared(await compare())
    // A job of a dead process would go on for hours: it must have been ended.
    await resumeJobs()
    truth.look(false)
    truth.checkFresh()
    // In busy times remembered records are trusted; then it is the audit's business to find others.
    isBusy = false
    room.replay()
    nowMs += 2 * CALL_LIFE_MS
    await settle()
    truth.checkAll()
    truth.checkCompared(await compare())
    for (const act of lastActs(world.seed >>> 1)) {
      sales.act(act)
      truth.look(true)
      truth.checkCompared(await compare())
    }

    function compare(): ReturnType<(typeof nodes)[number]['compare']> {
      return nodeOf(world.seed >>> 1).compare()
    }

    /** False: nobody was owed by it, and it was made. */
    async function lookAgain(): Promise<boolean> {
      nowMs += LOOK_EVERY_MS
      const isResting = room.isResting()
      const owed = await (nodes[0] as (typeof nodes)[number]).look()
      await settle()
      return isResting || owed > 0
    }

    async function settle(): Promise<void> {
      for (let rounds = 0; ; rounds++) {
        const nextAtMs = room.nextAtMs()
        if (nextAtMs === undefined) return
        assert.ok(rounds < ROUNDS_TO_SETTLE, `does not settle: ${JSON.stringify([...room.debts.values()])}`)
        nowMs = Math.max(nowMs + ACT_MS, nextAtMs)
        await nodeOf(rounds).deliver()
        await org.jobs.idle()
        truth.look(false)
      }
    }
  }
}

/** What salespeople do when all has been delivered: an audit must name it. */
const lastActs = (n: number): Act[] => [
  { act: 'edit', record: n, newsletter: n % 2 === 0, topics: ['food'] },
  { act: 'insert', object: n % 2 === 0 ? 'Lead' : 'Contact', person: n, upperCase: true, isStranger: false },
  { act: 'convert', lead: n, into: n >>> 1 },
  { act: 'remove', record: n },
]

export function sayingOf(
  { person, agoS, newsletter, topics, channel }: Extract<Act, { act: 'say' }>,
  { people }: World,
  id: string,
  nowMs: number,
): { person: string; said: Said } {
  const said: Said = {
    id,
    at: new Date(nowMs - agoS * 1000),
    ...(newsletter === undefined ? {} : { newsletter }),
    ...(topics && { topics }),
    ...(channel && { channel }),
  }
  return { person: people[person % people.length] as string, said }
}

export const consentsOf = ({ newsletter, topics, channel }: Said) => ({
  purposes: [
    {
      id: 'newsletter',
      enabled: newsletter ?? null,
      values: {
        ...(topics && { topics: { value: topics.join(',') } }),
        ...(channel && { channel: { value: channel } }),
      },
    },
  ],
})

export const BY_SALES = new Set<Act['act']>([
  'insert',
  'convert',
  'merge',
  'remove',
  'edit',
  'move',
  'mend',
  'move and convert',
])

/** What administrators do, until it is mended. */
export const IN_SETUP = new Set<Act['act']>(['lock field', 'drop field', 'forbid', 'duplicate rule', 'hold'])

const CALLS = {
  any: /^(query|composite|collections|token|bulk)/,
  query: /"GET"|^bulk $/,
  write: /"(POST|PATCH)"|^bulk ./,
}

export function faultOf({ kind, code, times, on, after }: Extract<Act, { act: 'fault' }>['fault']) {
  if (kind === 'row') return { kind, code, times }
  if (kind === 'job') return { kind, times, after }
  return {
    kind,
    times,
    status: 503,
    match: CALLS[on],
    message: 'down for maintenance',
    code: 'SERVER_UNAVAILABLE',
  }
}
