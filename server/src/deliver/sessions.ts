/** One open session per integration, as long as its configuration stays the same. */
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { Dispatcher } from 'undici'
import type { Vault } from '../access/vault.ts'
import {
  type Configuration,
  type Connector,
  type Ground,
  type Session,
  TargetError,
} from '../connectors/contract.ts'
import type { Connectors } from '../connectors/registry.ts'
import type { Libraries } from '../library/libraries.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../store/database.ts'
import { openCallBook } from './calls.ts'
import { configurationOf, type IntegrationRow } from './integration.ts'
import { readingsOf } from './readings.ts'
import { readRivals } from './rivals.ts'

export interface Sessions {
  /** Throws TargetError where the stored credentials cannot be opened. */
  of(row: IntegrationRow): { connector: Connector; session: Session }
  /** One that knows nothing yet of its target, neither a token nor a description, also of a row as it would be. The caller closes it. */
  fresh(row: IntegrationRow): Session
  /** For a configuration that is not stored (yet); the caller closes it. */
  open(typeId: string, configuration: Configuration): Session
  close(): Promise<void>
}

/** Of an integration that was deleted, or is another node's all the time: it holds megabytes. */
const IDLE_MS = 24 * 3600_000

/** What a configuration that is not stored yet is called in the metrics. */
const UNSAVED = 'unsaved'

export interface SessionsGround {
  connectors: Connectors
  vault: Vault
  dispatcher: Dispatcher
  db: Database
  libraries: Libraries
  metrics: Metrics
  log: Logger
}

export function createSessions(ground: SessionsGround, nowMs = Date.now): Sessions {
  const { connectors, vault, dispatcher, metrics, log } = ground
  const book = openCallBook(ground.db, metrics, log)
  const opened = new Map<string, { fingerprint: string; session: Session; usedAtMs: number }>()
  const discard = (session: Session | undefined): void =>
    void session?.close().catch(error => log.warn({ err: error }, 'a session did not close'))

  const connectorOf = (typeId: string): Connector => {
    const connector = connectors.get(typeId)
    if (!connector) throw new Error(`no connector is called ${typeId}`)
    return connector
  }
  const groundFor = (integration: string): Omit<Ground, 'recordCall' | 'rivals' | 'sources'> => ({
    log: log.child({ integration }),
    dispatcher,
    now: () => new Date(),
    countRows: (outcome, rows) => metrics.targetRows.inc({ integration, outcome }, rows),
  })
  function readConfiguration(row: IntegrationRow): Configuration {
    try {
      return configurationOf(vault, row)
    } catch (cause) {
      throw unreadable(cause)
    }
  }
  function openStored(row: IntegrationRow, connector: Connector): Session {
    const session: Session = connector.open(readConfiguration(row), {
      ...groundFor(row.id),
      recordCall: call => book.record(row, call, session.usage()),
      rivals: (people, values, records) => readRivals(ground, row, people, values, records),
      sources: async () => readingsOf(await ground.libraries.of(row.organization_id), row.mappings).sources,
    })
    return session
  }
  return {
    of(row) {
      const connector = connectorOf(row.type_id)
      const fingerprint = fingerprintOf(row)
      const current = opened.get(row.id)
      if (current?.fingerprint === fingerprint) {
        current.usedAtMs = nowMs()
        return { connector, session: current.session }
      }
      discard(current?.session)
      for (const [id, { session, usedAtMs }] of opened)
        if (nowMs() - usedAtMs > IDLE_MS) {
          opened.delete(id)
          discard(session)
        }
      const session = openStored(row, connector)
      opened.set(row.id, { fingerprint, session, usedAtMs: nowMs() })
      return { connector, session }
    },
    fresh: row => openStored(row, connectorOf(row.type_id)),
    open: (typeId, configuration) =>
      connectorOf(typeId).open(configuration, {
        ...groundFor(UNSAVED),
        recordCall: ({ kind }) => metrics.targetCalls.inc({ integration: UNSAVED, kind }),
        rivals: async () => new Map(),
        sources: async () => new Map(),
      }),
    async close() {
      await Promise.all([...opened.values()].map(({ session }) => session.close()))
      opened.clear()
      await book.close()
    },
  }
}

const unreadable = (cause: unknown): TargetError =>
  new TargetError({
    code: 'CREDENTIALS_UNREADABLE',
    message: 'the stored credentials cannot be opened',
    cure: 'Start Heed with the HEED_SECRET_KEY that sealed them, or save the credentials again.',
    kind: 'hold',
    cause,
  })

/** What a session was opened with. Not the version: pausing and going on must not cost the target's description anew. */
const fingerprintOf = ({ credentials, properties, mappings, upsert_mode }: IntegrationRow): string =>
  createHash('sha256')
    .update(credentials)
    .update(JSON.stringify([properties, mappings, upsert_mode]))
    .digest('base64')
