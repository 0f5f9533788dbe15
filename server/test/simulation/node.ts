/** A Heed process, as far as the target sees it: a session, its rounds one after the other, and ways to end. */
import assert from 'node:assert/strict'
import type { SandboxOrg } from '@heed/sandbox'
import { pino } from 'pino'
import type { Agent } from 'undici'
import {
  type Comparison,
  type Outcome,
  type Owed,
  type Session,
  TargetError,
} from '../../src/connectors/contract.ts'
import { PATIENCE } from '../../src/connectors/salesforce/limits.ts'
import { mapping, properties } from '../../src/connectors/salesforce/manifest.ts'
import { openSession } from '../../src/connectors/salesforce/session.ts'
import type { Trap, World } from './history.ts'
import { keyOf, onObjects, propertiesOf, short } from './people.ts'
import type { Claim, Room } from './room.ts'
import { createWire, type Gateway, type Wire } from './wire.ts'

export const MAPPINGS = [
  { id: 'Newsletter__c', value: 'newsletter' },
  { id: 'HasOptedOutOfEmail', value: 'newsletter', invert: true },
  { id: 'Consent_Date__c', value: 'newsletter', type: 'changed_at' },
  { id: 'Consent_Event__c', value: 'newsletter', type: 'event_id' },
  { id: 'Topics__c', value: 'topics' },
  { id: 'Channel__c', value: 'channel' },
]
const PATIENCE_HERE = {
  ...{ lockPausesMs: [1, 1], bulkFewestRows: 1, bulkFirstPollMs: 1, bulkAgainMs: 1 },
}
/** More people than a quiet time has; they own no record, and none is created for them. */
const CROWD: readonly Owed[] = Array.from({ length: 201 }, (_, i) => ({
  key: `crowd ${i}`,
  organizationUserId: `${'x'.repeat(130)}-${i}@x.io`,
  regulation: 'gdpr',
  stated: new Map([['newsletter', { value: true, atMs: 1 }]]),
  withdrawal: false,
  links: [],
}))
const CROWD_EVERY_MS = 30_000

export interface Setting {
  name: string
  world: World
  org: SandboxOrg
  agent: Agent
  gateway: Gateway
  expire(): void
  room: Room
  now(): number
  isBusy(): boolean
  /** Another program holds some account. */
  isHeld(): boolean
  count(what: string): void
  /** The round that began then sent these rows. */
  onWrite(body: string, roundBeganAtMs: number): void
  onLate(land: () => Promise<void>): void
  /** Its bulk job stands half-way, until `resumeJobs`. */
  onJob(): void
  resumeJobs(): Promise<void>
}

export interface Node {
  isParked(): boolean
  /** One round; resolves when it is over or parked. */
  deliver(trap?: Trap): Promise<void>
  resume(): Promise<void>
  restart(): void
  /** For records that appeared, if it is time. Resolves with how many people are owed by it. */
  look(): Promise<number>
  compare(): Promise<readonly Comparison[]>
}

interface Round {
  work: Promise<void>
  lease: string
  beganAtMs: number
}

interface Process {
  wire: Wire
  session: Pick<Session, 'obstacle' | 'deliver' | 'abandon' | 'appeared' | 'compare' | 'fit'>
  stopping: AbortController
  isDead: boolean
  crowdedAtMs: number
}

/** Where there are no jobs, what befalls a job befalls a call. */
const trapIn = ({ bulkFrom }: World, trap: Trap): Trap =>
  bulkFrom !== undefined || !trap.how.startsWith('job')
    ? trap
    : { ...trap, how: trap.how === 'job-park' ? 'park' : 'kill-after' }

export function createNode(setting: Setting): Node {
  const { name, world, room, now, count } = setting
  let process: Process | undefined
  let round: Round | undefined
  let isParked = false
  let rounds = 0

  function start(): Process {
    const stopping = new AbortController()
    const wire = createWire(setting.agent, setting.gateway, {
      onWrite: body => setting.onWrite(body, round?.beganAtMs ?? now()),
      onSprung: how => count(`trap: ${how}`),
      onLate: setting.onLate,
      expire: setting.expire,
      onJob: setting.onJob,
      resumeJobs: setting.resumeJobs,
      onKill: kill,
      onStop: () => stopping.abort(),
    })
    const { org } = setting
    const configuration = {
      authentication: { url: org.url, client_id: org.clientId, client_secret: org.clientSecret },
      properties: properties.parse(propertiesOf(world)),
      mappings: onObjects(world, MAPPINGS).map(item => mapping.parse(item)),
      upsertMode: world.upsert,
    }
    const ground = {
      log: pino({ level: 'silent' }),
      dispatcher: wire.dispatcher,
      now: () => new Date(now()),
      recordCall: () => undefined,
      countRows: () => undefined,
      rivals: room.rivals,
      sources: async () => new Map(),
    }
    const session = openSession(configuration, ground, { ...PATIENCE, ...PATIENCE_HERE })
    return { wire, session, stopping, isDead: false, crowdedAtMs: Number.NEGATIVE_INFINITY }
  }

  function kill(): void {
    if (!process) return
    process.isDead = true
    process.wire.cut()
    process = undefined
    isParked = false
    // A Heed that has its database alone takes back at its start what was claimed.
    if (round) room.abandon(round.lease, world.nodes === 1 ? { leftMs: 0, isStart: true } : {})
    round = undefined
    count('killed')
  }

  async function deliver(trap?: Trap): Promise<void> {
    if (room.isResting() && !room.goesOn()) return
    if (round && isParked && process?.wire.isAside()) return deliverBeside(process, round)
    if (round) return
    process ??= start()
    const own = process
    await crowd(own)
    const lease = `${name} ${++rounds}`
    const parked = own.wire.set(trap && trapIn(world, trap)).then(() => {
      isParked = true
    })
    const begun: Round = { lease, beganAtMs: now(), work: Promise.resolve() }
    round = begun
    begun.work = run(own, lease).finally(() => {
      if (!own.isDead) void own.wire.set(undefined)
      if (round?.lease === lease) round = undefined
      if (own.stopping.signal.aborted && process === own) process = undefined
    })
    await Promise.race([begun.work, parked])
  }

  /** A second round of the session, while the first stands still. */
  async function deliverBeside(own: Process, first: Round): Promise<void> {
    const lease = `${name} ${++rounds}`
    round = { lease, beganAtMs: now(), work: Promise.resolve() }
    count('two rounds at once')
    await run(own, lease)
    round = first
  }

  async function run(own: Process, lease: string): Promise<void> {
    const { signal } = own.stopping
    let isBulk = false
    try {
      await endOrphanedJobs(own)
      const claims = room.claim(lease, world.roundSize)
      if (claims.length === 0) return
      isBulk = world.bulkFrom !== undefined && claims.length >= world.bulkFrom
      count(isBulk ? 'bulk round' : 'round')
      const { rowsLocked } = setting.org
      const passage = room.passage(lease, { signal, isDead: () => own.isDead, isBulk })
      const wasResting = room.goesOn()
      const isBehind = (await own.session.obstacle()) !== undefined
      const taken = isBehind ? claims.filter(({ owed }) => owed.withdrawal) : claims
      const outcomes = await own.session.deliver(
        taken.map(({ owed }) => owed),
        passage,
      )
      if (own.isDead) return
      countFollowed(taken, outcomes)
      if (setting.org.rowsLocked > rowsLocked)
        count(setting.isHeld() ? 'rows of a held account' : isBulk ? 'batches lock rows' : 'calls lock rows')
      checkWithdrawn(taken, outcomes)
      room.settle(lease, taken, outcomes)
      room.release(lease)
      const obstacle = await own.session.obstacle()
      if (own.isDead) return
      if (!obstacle) room.liftHold()
      else if (!wasResting) room.rest(obstacle, true)
      if (obstacle) {
        const isWritten = outcomes.some(({ written }) => written.length > 0)
        count(isWritten ? 'withdrawn behind an obstacle' : 'obstacle')
      }
      countPersonAccounts(outcomes)
      for (const { state, error } of outcomes) count(`outcome: ${state}${error ? ` ${error.code}` : ''}`)
    } catch (error) {
      if (own.isDead) return
      if (signal.aborted) return room.abandon(lease, { leftMs: 0 })
      if (!(error instanceof TargetError)) throw error
      if (error.mayStillRun || isBulk) room.abandon(lease, { leftMs: 0 })
      else room.release(lease)
      count(`rest: ${error.code}`)
      room.rest(error)
    }
  }

  /** Of whom it is said that what they withdrew is there, although something else was refused. */
  function checkWithdrawn(claims: readonly Claim[], outcomes: readonly Outcome[]): void {
    /** By whom it was remembered before, or is by now: what was merged into somebody else's record is theirs as well. */
    const isShared = (id: string, own: string): boolean =>
      [...room.debts.values(), ...outcomes].some(
        ({ key, links }) => key !== own && links.some(link => short(link.id) === short(id)),
      )
    /** Theirs is the later word there, whether or not they know the record yet. */
    const isOthers = (id: string, own: string): boolean => {
      const { PersonEmail, [world.matchField]: value = PersonEmail } = setting.org.get(id) ?? {}
      const holder = keyOf(world.matchField, value)
      return holder !== own && world.people.some(other => keyOf(world.matchField, other) === holder)
    }
    for (const { key, links } of outcomes.filter(({ isWithdrawn }) => isWithdrawn)) {
      const { owed } = claims.find(({ owed }) => owed.key === key) as Claim
      const { organizationUserId, stated } = owed
      const own = keyOf(world.matchField, organizationUserId)
      const isAlone = world.people.filter(id => keyOf(world.matchField, id) === own).length === 1
      if (!isAlone || stated.get('newsletter')?.value !== false) continue
      count('withdrawn beside a refusal')
      for (const { id } of links) {
        if (isShared(id, key) || isOthers(id, own)) continue
        const { HasOptedOutOfEmail, PersonHasOptedOutOfEmail } = setting.org.get(id) ?? {}
        assert.equal(HasOptedOutOfEmail ?? PersonHasOptedOutOfEmail, true, `${id} of ${own}, who withdrew`)
      }
    }
  }

  /** Contacts that leads became, by how the lead was found. */
  function countFollowed(claims: readonly Claim[], outcomes: readonly Outcome[]): void {
    const leads = setting.org.records('Lead').filter(({ IsConverted }) => IsConverted === true)
    for (const { owed } of claims)
      for (const { id } of outcomes.find(({ key }) => key === owed.key)?.links ?? []) {
        const lead = leads.find(({ ConvertedContactId }) => short(ConvertedContactId) === short(id))
        if (!lead || owed.links.some(link => short(link.id) === short(id))) continue
        const isRemembered = owed.links.some(link => short(link.id) === short(lead.Id))
        const holds = keyOf(world.matchField, lead[world.matchField])
        const isMatched = holds === keyOf(world.matchField, owed.organizationUserId)
        if (isRemembered && !isMatched) count(`followed: link, ${world.matchField}`)
        else if (isMatched) count(`followed: ${world.matchField}`)
      }
  }

  function countPersonAccounts(outcomes: readonly Outcome[]): void {
    for (const { id } of outcomes.flatMap(({ links }) => links)) {
      const { IsPersonAccount, AccountId, CreatedById, LastModifiedById } = setting.org.get(id) ?? {}
      if (IsPersonAccount !== true) continue
      count(`person account: ${AccountId ? 'by its contact' : 'by its account'}`)
      if (CreatedById === LastModifiedById) count('person account: created')
    }
  }

  async function endOrphanedJobs(own: Process): Promise<void> {
    for (const job of room.takeOrphanedJobs()) {
      await own.session.abandon(job, own.stopping.signal)
      if (own.isDead) return
      room.endJob(job)
      count('orphaned job ended')
    }
  }

  async function crowd(own: Process): Promise<void> {
    if (!setting.isBusy() || now() - own.crowdedAtMs < CROWD_EVERY_MS) return
    own.crowdedAtMs = now()
    void own.wire.set(undefined)
    const passage = room.passage('crowd', { signal: own.stopping.signal, isDead: () => false, isBulk: false })
    await own.session.deliver(CROWD, passage).catch(error => {
      if (!(error instanceof TargetError)) throw error
    })
  }

  async function look(): Promise<number> {
    const since = room.takeTurn()
    if (!since) return 0
    process ??= start()
    const { session, stopping } = process
    try {
      const mended = room.sawFit(await session.fit())
      const owed = mended + room.sawAppear(await session.appeared(since, stopping.signal))
      if (room.goesOn() && !(await session.obstacle())) room.liftHold()
      if (mended > 0) count('look: mended')
      count(owed > 0 ? 'look: owed' : 'look')
      return owed
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
      count(`look: ${error.code}`)
      room.rest(error)
      return 0
    }
  }

  return {
    isParked: () => isParked,
    deliver,
    look,
    async compare() {
      process ??= start()
      const comparisons = await process.session.compare(room.delivered(), process.stopping.signal)
      for (const { kind } of comparisons.flatMap(({ differences }) => differences))
        count(`difference: ${kind}`)
      return comparisons
    },
    async resume() {
      if (!isParked || !round) return
      isParked = false
      const { work } = round
      await process?.wire.resume()
      await work
    },
    restart: kill,
  }
}
