/**
 * A connector whose target is a ledger in memory: what the deliver room does is tested against it, apart from what
 * Salesforce does. It is a second connector, made of the contract alone.
 */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import {
  type Appearance,
  type Connector,
  type Issue,
  type MappingItem,
  mappingItem,
  type Outcome,
  type Owed,
  type Passage,
  TargetError,
  type Usage,
} from '../src/connectors/contract.ts'
import type { Connectors } from '../src/connectors/registry.ts'

export interface Ledger {
  connectors: Connectors
  /** By organization_user_id: what the target holds. */
  held: Map<string, Record<string, unknown>>
  /** Every round, in order: whom it brought. */
  rounds: string[][]
  /** Called before anything is written; may wait, throw, or answer for a person. */
  onDeliver: (people: readonly Owed[], passage: Passage) => Promise<void> | void
  /** Called before something is read; may throw, or wait. */
  onLook: () => unknown
  /** Bulk jobs that were ended by whoever came after their holder. */
  abandoned: string[]
  /** Records that appeared, to be told at the next look. */
  appearing: Appearance[]
  usage: Usage | undefined
  /** What its fields can hold, and how often that was asked. */
  fit: string
  asksFit: number
  outcomeOf: (person: Owed) => Partial<Outcome> | undefined
  /** What a part of the mapping does not fit. */
  obstacle: TargetError | undefined
  issues: Issue[]
}

export interface LedgerOptions {
  roundSize?: number
  roundIntervalMs?: number
  bulk?: { from: number; roundSize: number }
}

export function createLedger(options: LedgerOptions = {}): Ledger {
  const ledger: Ledger = {
    connectors: new Map(),
    held: new Map(),
    rounds: [],
    onDeliver: () => undefined,
    onLook: () => undefined,
    outcomeOf: () => undefined,
    obstacle: undefined,
    abandoned: [],
    appearing: [],
    usage: undefined,
    fit: '',
    asksFit: 0,
    issues: [],
  }
  const connector: Connector = {
    manifest: {
      id: 'ledger',
      name: 'Ledger',
      authentication: z.strictObject({ token: z.string() }),
      properties: z.looseObject({}),
      mapping: mappingItem,
      roundSize: options.roundSize ?? 100,
      roundIntervalMs: options.roundIntervalMs ?? 0,
      ...(options.bulk ? { bulk: options.bulk } : {}),
    },
    open: ({ mappings }, ground) => ({
      async validate() {
        await ledger.onLook()
        return ledger.issues
      },
      check: async () => [{ name: 'ledger', ok: true, message: 'is there' }],
      fields: async () => [{ object: 'Line', id: 'a', label: 'A', type: 'boolean' }],
      preview: async people =>
        people.map(({ key }) => ({ key, records: [{ object: 'Line', action: 'create', fields: [] }] })),
      async effects({ stated }) {
        await ledger.onLook()
        return mappings.flatMap(({ value }, mapping) => {
          const held = stated.get(value)
          return held ? [{ mapping, object: 'Line', value: held.value }] : []
        })
      },
      obstacle: async () => ledger.obstacle,
      async deliver(people, passage) {
        ledger.rounds.push(people.map(person => person.organizationUserId))
        await ledger.onDeliver(people, passage)
        const call = `call-${ledger.rounds.length}`
        ground.recordCall({
          id: call,
          kind: 'line',
          method: 'POST',
          path: '/lines',
          status: 200,
          rows: people.length,
          beganAt: new Date(),
          durationMs: 1,
        })
        // Of two who have one id, one erased and one who came back, what was stated last stays; rows come in any order.
        return people
          .toSorted((one, other) => lastStatedMs(one) - lastStatedMs(other))
          .map((person): Outcome => {
            const special =
              ledger.outcomeOf(person) ??
              (person.isErased && !ledger.held.has(person.organizationUserId)
                ? { state: 'unmatched' }
                : undefined)
            if (special) return { key: person.key, state: 'retry', links: [], written: [], ...special }
            const line = lineOf(mappings, person)
            ledger.held.set(
              person.organizationUserId,
              person.isErased ? { ...ledger.held.get(person.organizationUserId), ...statedIn(line) } : line,
            )
            const links = [{ object: 'Line', id: `line of ${person.organizationUserId}` }]
            const written = links.map(link => ({ ...link, call }))
            return { key: person.key, state: 'delivered', links, written, digest: 'held' }
          })
      },
      async abandon(job) {
        ledger.abandoned.push(job)
      },
      async compare(people) {
        await ledger.onLook()
        return people.map(person => {
          const now = ledger.held.get(person.organizationUserId)
          const would = lineOf(mappings, person)
          const id = `line of ${person.organizationUserId}`
          if (!now)
            return { key: person.key, differences: [{ kind: 'missing', object: 'Line', message: 'gone' }] }
          const changed = Object.keys(would).filter(field => !isDeepStrictEqual(now[field], would[field]))
          return {
            key: person.key,
            differences: changed.map(field => ({
              kind: 'changed',
              object: 'Line',
              id,
              field,
              now: now[field],
              would: would[field],
              changedBy: 'Sam Sales',
              changedAt: new Date(),
              message: `${field} was changed`,
            })),
          }
        })
      },
      async appeared() {
        await ledger.onLook()
        return { records: ledger.appearing.splice(0), until: new Date() }
      },
      async fit() {
        ledger.asksFit++
        return ledger.fit
      },
      usage: () => ledger.usage,
      close: async () => undefined,
    }),
  }
  ledger.connectors = new Map([['ledger', connector]])
  return ledger
}

const lastStatedMs = ({ stated }: Owed): number =>
  Math.max(0, ...[...stated.values()].map(({ atMs }) => atMs ?? 0))

const lineOf = (mappings: readonly MappingItem[], { stated }: Owed): Record<string, unknown> =>
  Object.fromEntries(mappings.map(({ id, value }) => [id, stated.get(value)?.value]))

const statedIn = (line: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(line).filter(([, value]) => value !== undefined))

export const targetAway = (kind: 'transient' | 'hold', retryAfterMs?: number): TargetError =>
  new TargetError({
    code: 'AWAY',
    message: 'nobody answers',
    cure: 'Wait.',
    kind,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })

export const ledgerIntegration = {
  type_id: 'ledger',
  authentication: { token: 'very secret token' },
  mappings: [
    { id: 'newsletter', value: 'newsltr', type: 'pmp-widget-id' },
    { id: 'channel', value: 'consents_purposes_newsletter_preferences_channel_value' },
    { id: 'who', value: 'organization_user_id' },
    { id: 'since', value: 'newsltr', type: 'changed_at' },
    { id: 'why', value: 'newsltr', type: 'event_id' },
    { id: 'law', value: '', type: 'regulation' },
  ],
}
