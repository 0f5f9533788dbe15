/** One open session per integration, as long as its configuration stays the same. */
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { Dispatcher } from 'undici'
import type { Vault } from '../access/vault.ts'
import type { Configuration, Connector, Ground, Session } from '../connectors/contract.ts'
import type { Connectors } from '../connectors/registry.ts'
import type { Metrics } from '../observe/metrics.ts'
import { configurationOf, type IntegrationRow } from './integration.ts'

export interface Sessions {
  of(row: IntegrationRow): { connector: Connector; session: Session }
  /** For a configuration that is not stored (yet); the caller closes it. */
  open(typeId: string, configuration: Configuration): Session
  close(): Promise<void>
}

export interface SessionsGround {
  connectors: Connectors
  vault: Vault
  dispatcher: Dispatcher
  metrics: Metrics
  log: Logger
}

export function createSessions({ connectors, vault, dispatcher, metrics, log }: SessionsGround): Sessions {
  const opened = new Map<string, { fingerprint: string; session: Session }>()

  const connectorOf = (typeId: string): Connector => {
    const connector = connectors.get(typeId)
    if (!connector) throw new Error(`no connector is called ${typeId}`)
    return connector
  }
  const groundFor = (integration: string): Ground => ({
    log: log.child({ integration }),
    dispatcher,
    now: () => new Date(),
    countCall: kind => metrics.targetCalls.inc({ integration, kind }),
    countRows: (outcome, rows) => metrics.targetRows.inc({ integration, outcome }, rows),
  })
  return {
    of(row) {
      const connector = connectorOf(row.type_id)
      const fingerprint = fingerprintOf(row)
      const current = opened.get(row.id)
      if (current?.fingerprint === fingerprint) return { connector, session: current.session }
      void current?.session.close().catch(error => log.warn({ err: error }, 'a session did not close'))
      const session = connector.open(configurationOf(vault, row), groundFor(row.id))
      opened.set(row.id, { fingerprint, session })
      return { connector, session }
    },
    open: (typeId, configuration) => connectorOf(typeId).open(configuration, groundFor('unsaved')),
    async close() {
      await Promise.all([...opened.values()].map(({ session }) => session.close()))
      opened.clear()
    },
  }
}

/** What a session was opened with. Not the version: pausing and going on must not cost the target's description anew. */
const fingerprintOf = ({ credentials, properties, mappings, upsert_mode }: IntegrationRow): string =>
  createHash('sha256')
    .update(credentials)
    .update(JSON.stringify([properties, mappings, upsert_mode]))
    .digest('base64')
