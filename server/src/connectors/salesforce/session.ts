/** An open integration: puts the parts together. Holds the token, the org's description and what rounds share. */
import type { Configuration, Field, Ground, Issue, Outcome, Passage, Session, Source } from '../contract.ts'
import { appeared } from './appearances.ts'
import { abandon } from './bulk/job.ts'
import { createClient } from './client.ts'
import { createOrgClock } from './clock.ts'
import { compare } from './compare.ts'
import { createDescriptions, type Description, tellsOfChange } from './describe.ts'
import { check } from './doctor/check.ts'
import { effectsOf } from './effects.ts'
import { CallError } from './errors.ts'
import { shapeOf } from './fit.ts'
import { hostProblem } from './host.ts'
import { type Configured, know, objectsOf } from './knowledge.ts'
import { PATIENCE, type Patience } from './limits.ts'
import type { Authentication, Mapping, Properties } from './manifest.ts'
import { mappingIssues, silenceIssues } from './mappings.issues.ts'
import { preview } from './preview.ts'
import { propertyIssues } from './properties.issues.ts'
import { referenceIssues } from './references.issues.ts'
import { deliver } from './round/deliver.ts'
import { createStanding, type Standing } from './standing.ts'
import { createTokens } from './token.ts'
import { createTransport } from './transport.ts'
import { createNames } from './users.ts'

export function openSession(
  configuration: Configuration,
  ground: Ground,
  patience: Patience = PATIENCE,
): Session {
  const authentication = configuration.authentication as Authentication
  const configured: Configured = {
    properties: configuration.properties as Properties,
    mappings: configuration.mappings as readonly Mapping[],
    upsertMode: configuration.upsertMode,
  }
  const { properties, mappings } = configured
  const clock = createOrgClock(ground.now)
  const send = clock.watch(createTransport(authentication.url, ground))
  const tokens = createTokens(send, authentication, patience.requestTimeoutMs, clock.now)
  const client = createClient(send, tokens, patience)
  const descriptions = createDescriptions(client, ground.now, patience.describeLifetimeMs)
  const standing = createStanding(client, descriptions, ground.now)
  const names = createNames(client)
  const knowledge = async (maxAgeMs = patience.describeLifetimeMs) =>
    know(descriptions, configured, await ground.sources(), maxAgeMs, patience.describeRecheckMs)
  /** For what people read: a field that was mended just now is not said to be missing. */
  const wholeKnowledge = async () => {
    const known = await knowledge(patience.describeRecheckMs)
    if (known.obstacle) throw known.obstacle
    return known
  }

  /** What was changed since it was described refuses whole calls. Nothing was written where something is thrown. */
  async function informed<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CallError && tellsOfChange(error.code))) throw error
      descriptions.forget()
      return work()
    }
  }

  async function describeAll(): Promise<Map<string, Description | undefined>> {
    const described = new Map<string, Description | undefined>()
    for (const object of objectsOf(properties)) described.set(object, await descriptions.of(object, 0))
    return described
  }

  async function validate(sources: ReadonlyMap<string, Source>): Promise<Issue[]> {
    const problem = hostProblem(authentication.url)
    if (problem) return [{ path: 'authentication.url', message: `${problem.message}.`, cure: problem.cure }]
    try {
      await client.version()
      await client.authorize()
      const described = await describeAll()
      const mapped = mappings.flatMap((_, index) => mappingIssues(configured, index, described, sources))
      return [
        ...propertyIssues(configured, described),
        ...(await referenceIssues(client, configured, described)).filter(({ mayBeHidden }) => !mayBeHidden),
        ...mapped,
        ...silenceIssues(configured, sources),
      ]
    } catch (error) {
      if (isUnknownHost(error))
        return [
          {
            path: 'authentication.url',
            message: `no host is called ${new URL(authentication.url).hostname}.`,
            cure: 'Use the org’s own domain (Setup, My Domain), such as https://acme.my.salesforce.com.',
          },
        ]
      // What passes by itself says nothing about the configuration.
      if (!(error instanceof CallError) || error.kind === 'transient' || error.retryAfterMs !== undefined)
        throw error
      const { place = 'client_id', message, cure } = error
      return [{ path: `authentication.${place}`, message: `${message}.`, cure }]
    }
  }

  async function deliverAll(people: Parameters<Session['deliver']>[0], passage: Passage): Promise<Outcome[]> {
    const known = await knowledge()
    if (known.obstacle && !people.every(({ withdrawal }) => withdrawal)) throw known.obstacle
    const round = {
      // Whoever was seen by their remembered records alone has not been looked up.
      standing: known.isBlind ? { ...standing, seen: NOBODY_SEEN } : standing,
      knowledge: known,
      passage,
      rivals: ground.rivals,
      bulkPatience: {
        fewestRows: patience.bulkFewestRows,
        firstPollMs: patience.bulkFirstPollMs,
        againMs: patience.bulkAgainMs,
      },
      lockPausesMs: patience.lockPausesMs,
      deadlineMs: Date.now() + (passage.bulk ? patience.bulkMs : patience.roundMs),
    }
    const outcomes = await deliver(round, people)
    const states = Map.groupBy(outcomes, ({ state }) => state)
    for (const [state, some] of states) ground.countRows(state, some.length)
    if (outcomes.some(({ misfit }) => misfit !== undefined)) descriptions.doubt()
    return outcomes
  }

  return {
    validate,
    check: sources => check({ authentication, client, tokens, clock, descriptions, configured }, sources),
    async fields(search = '') {
      const described = [...(await describeAll())].filter(([object]) =>
        properties.sobject.some(one => one === object),
      )
      const wanted = search.toLowerCase()
      return described
        .flatMap(([, description]) => (description ? writableFields(description) : []))
        .filter(({ id, label }) => id.toLowerCase().includes(wanted) || label.toLowerCase().includes(wanted))
    },
    preview: people =>
      informed(async () =>
        preview({ standing, knowledge: await wholeKnowledge(), rivals: ground.rivals }, people),
      ),
    effects: async person => effectsOf(person, mappings, await wholeKnowledge()),
    obstacle: async () => (await knowledge()).obstacle,
    deliver: (people, passage) => informed(() => deliverAll(people, passage)),
    compare: (people, signal) =>
      informed(async () =>
        compare(
          { standing, knowledge: await wholeKnowledge(), names, rivals: ground.rivals, signal },
          people,
        ),
      ),
    appeared: (since, signal) =>
      informed(async () => {
        const known = await knowledge()
        // What appears where nobody can be searched is found by the look after that.
        return known.isBlind ? { records: [], until: since } : appeared(client, clock, known, since, signal)
      }),
    abandon: (job, signal) => abandon(client, job, patience.bulkAgainMs, signal),
    async fit() {
      descriptions.forget()
      return (await knowledge()).fit
    },
    usage: () => client.usage(),
    // Nothing is open between calls, and a round that still runs in a session that was replaced may end well.
    async close() {},
  }
}

const NOBODY_SEEN: Standing['seen'] = { has: () => false, add: () => undefined, delete: () => undefined }

const isUnknownHost = (error: unknown): boolean =>
  error instanceof CallError &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'ENOTFOUND'

function writableFields({ name: object, fields }: Description): Field[] {
  return fields
    .filter(field => field.updateable && shapeOf(field))
    .map(({ name: id, label, type, length, picklistValues }) => ({
      object,
      id,
      label,
      type,
      ...(length > 0 ? { length } : {}),
      ...(picklistValues?.length
        ? { values: picklistValues.filter(({ active }) => active).map(({ value }) => value) }
        : {}),
    }))
}
