/** For tests: a sandbox org, sessions on it, and people who are owed to it. */
import type { TestContext } from 'node:test'
import { startSandboxOrg } from '@heed/sandbox'
import { pino } from 'pino'
import { Agent } from 'undici'
import type { Call, Ground, Link, Outcome, Owed, Passage, Session, Source, Stated } from '../contract.ts'
import { CALL_LIFE_MS, PATIENCE, type Patience } from './limits.ts'
import { mapping, properties } from './manifest.ts'
import { openSession } from './session.ts'

type Org = Awaited<ReturnType<typeof startSandboxOrg>>

export interface Trial {
  org: Org
  /** What was counted, by kind. */
  calls: Record<string, number>
  open(given?: Given): Session
}

interface Given {
  properties?: object
  mappings?: readonly object[]
  upsert?: boolean
  authentication?: object
  patience?: Partial<Patience>
  now?: () => Date
  /** By match value in lower case. */
  rivals?: ReadonlyMap<string, readonly Owed[]> | Ground['rivals']
  sources?: ReadonlyMap<string, Source>
}

export const NEWSLETTER = { id: 'Newsletter__c', value: 'newsletter' }

export async function startTrial(
  t: TestContext,
  options: Parameters<typeof startSandboxOrg>[0] = {},
): Promise<Trial> {
  const org = await startSandboxOrg(options)
  const dispatcher = new Agent()
  t.after(async () => {
    await dispatcher.destroy()
    await org.close()
  })
  const calls: Record<string, number> = {}
  const creations: Creations = new Map()
  return {
    org,
    calls,
    open({
      properties: own,
      mappings = [NEWSLETTER],
      upsert = false,
      authentication,
      patience,
      now,
      rivals = new Map(),
      sources = new Map(),
    } = {}) {
      const configuration = {
        authentication: {
          url: org.url,
          client_id: org.clientId,
          client_secret: org.clientSecret,
          ...authentication,
        },
        properties: properties.parse({ sobject: ['Lead'], ...own }),
        mappings: mappings.map(item => mapping.parse(item)),
        upsertMode: upsert,
      }
      const ground = {
        log: pino({ level: 'silent' }),
        dispatcher,
        now: now ?? (() => new Date()),
        recordCall: ({ kind }: Call) => {
          calls[kind] = (calls[kind] ?? 0) + 1
        },
        countRows: () => undefined,
        rivals: typeof rivals === 'function' ? rivals : async () => rivals,
        sources: async () => sources,
      }
      const session = openSession(configuration, ground, { ...PATIENCE, ...patience })
      const fresh = () => passageOf({ creations, now: ground.now })
      return {
        ...session,
        deliver: (people, given) => session.deliver(people, given === passage ? fresh() : given),
      }
    },
  }
}

let clock = Date.parse('2026-01-01T00:00:00Z')

/** Each later than the one before. */
export function owed(
  organizationUserId: string,
  stated: Record<string, Stated['value']> = { newsletter: true },
  before?: Outcome,
): Owed {
  clock += 1000
  const at = new Date(clock)
  return {
    key: `key of ${organizationUserId}`,
    organizationUserId,
    regulation: 'gdpr',
    stated: new Map(
      Object.entries(stated).map(([source, value]) => [
        source,
        { value, atMs: at.getTime(), eventId: `event-${clock}` },
      ]),
    ),
    withdrawal: Object.values(stated).includes(false),
    links: before?.links ?? [],
    ...(before?.digest === undefined ? {} : { digest: before.digest }),
  }
}

/** Keys and until when they are whose: what nodes on one database share. */
type Creations = Map<string, { lease: object; untilMs: number }>

/** A passage of its own lease. */
export function passageOf({
  creations = new Map() as Creations,
  signal = new AbortController().signal,
  now = () => new Date(),
  jobs = undefined as Set<string> | undefined,
} = {}): Passage {
  const lease = {}
  const isMine = (key: string) => creations.get(key)?.lease === lease
  return {
    signal,
    async claimCreations(keys) {
      const nowMs = now().getTime()
      for (const key of keys)
        if ((creations.get(key)?.untilMs ?? 0) <= nowMs)
          creations.set(key, { lease, untilMs: nowMs + CALL_LIFE_MS })
      return new Set(keys.filter(isMine))
    },
    async releaseCreations(keys) {
      for (const key of keys.filter(isMine)) creations.delete(key)
    },
    ...(jobs ? { bulk: bulkOf(jobs) } : {}),
  }
}

const bulkOf = (jobs: Set<string>): NonNullable<Passage['bulk']> => ({
  began: async job => void jobs.add(job),
  ended: async job => void jobs.delete(job),
  progress: () => undefined,
})

export const running = new AbortController().signal

/** Stands for a passage of its own for each round, on the creations of the trial. */
export const passage = passageOf()

export async function deliverOne(session: Session, person: Owed): Promise<Outcome> {
  const [outcome] = await session.deliver([person], passage)
  return outcome as Outcome
}

export const sourcesOf = (sources: Record<string, Source>): ReadonlyMap<string, Source> =>
  new Map(Object.entries(sources))

export const idsOf = (links: readonly Link[]): string[] => links.map(({ id }) => id.slice(0, 15)).sort()

/** More people than a quiet time has, so that remembered records are trusted; they own no record. */
export const crowd = (): Owed[] => Array.from({ length: 201 }, (_, i) => owed(`crowd-${i}@example.com`))

export const lead = (email: string, fields: object = {}) => ({
  LastName: 'Doe',
  Company: 'Acme',
  Email: email,
  ...fields,
})
export const contact = (email: string, fields: object = {}) => ({ LastName: 'Doe', Email: email, ...fields })
