/**
 * A connector whose target is a ledger in memory: what the deliver room does is tested against it, apart from what
 * Salesforce does. It is a second connector, made of the contract alone.
 */
import { z } from 'zod'
import {
  type Connector,
  type Issue,
  mappingItem,
  type Outcome,
  type Owed,
  TargetError,
} from '../src/connectors/contract.ts'
import type { Connectors } from '../src/connectors/registry.ts'

export interface Ledger {
  connectors: Connectors
  /** By organization_user_id: what the target holds. */
  held: Map<string, Record<string, unknown>>
  /** Every round, in order: whom it brought. */
  rounds: string[][]
  /** Called before anything is written; may wait, throw, or answer for a person. */
  onDeliver: (people: readonly Owed[], signal: AbortSignal) => Promise<void> | void
  outcomeOf: (person: Owed) => Partial<Outcome> | undefined
  issues: Issue[]
}

export function createLedger(options: { roundSize?: number; roundIntervalMs?: number } = {}): Ledger {
  const ledger: Ledger = {
    connectors: new Map(),
    held: new Map(),
    rounds: [],
    onDeliver: () => undefined,
    outcomeOf: () => undefined,
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
    },
    open: ({ mappings }) => ({
      validate: async () => ledger.issues,
      check: async () => [{ name: 'ledger', ok: true, message: 'is there' }],
      fields: async () => [{ object: 'Line', id: 'a', label: 'A', type: 'boolean' }],
      preview: async people =>
        people.map(({ key }) => ({ key, records: [{ object: 'Line', action: 'create', fields: [] }] })),
      async deliver(people, signal) {
        ledger.rounds.push(people.map(person => person.organizationUserId))
        await ledger.onDeliver(people, signal)
        return people.map((person): Outcome => {
          const special = ledger.outcomeOf(person)
          if (special) return { key: person.key, state: 'retry', links: [], written: [], ...special }
          const line = Object.fromEntries(
            mappings.map(({ id, value }) => [id, person.stated.get(value)?.value]),
          )
          ledger.held.set(person.organizationUserId, line)
          const links = [{ object: 'Line', id: `line of ${person.organizationUserId}` }]
          return { key: person.key, state: 'delivered', links, written: links }
        })
      },
      close: async () => undefined,
    }),
  }
  ledger.connectors = new Map([['ledger', connector]])
  return ledger
}

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
