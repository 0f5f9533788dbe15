/** A Salesforce org in memory, over HTTP: for the sample, the tests and the bench. */
import type { AddressInfo } from 'node:net'
import { BulkJobs, type BulkPace } from './bulk/jobs.ts'
import { type Control, createControl } from './control.ts'
import { createFaults, type Faults, seededRandom } from './faults.ts'
import { sobjectOf as prefixOf } from './ids.ts'
import { type Fields, Records } from './records.ts'
import type { Api } from './rest.ts'
import type { FieldInput } from './schema.ts'
import { createOrgServer, type ServerState } from './server.ts'

export type { Fault, FaultKind, Faults } from './faults.ts'
export type { FieldInput } from './schema.ts'

export interface SandboxOptions {
  /** Default 0: any free port. */
  port?: number
  host?: string
  clientId?: string
  clientSecret?: string
  /** Newest version offered, such as `67.0`. */
  apiVersion?: string
  dailyApiLimit?: number
  /** Added to every API answer. */
  latencyMs?: number
  /** Some orgs let integration users edit converted leads. */
  convertedLeadsEditable?: boolean
  personAccounts?: boolean
  /** Tokens live without end unless given. */
  tokenLifetimeMs?: number
  /** How long bulk jobs take; default no longer than the work itself. */
  bulk?: Partial<BulkPace>
  /** Of the faults that strike at a rate. */
  seed?: number
  now?: () => Date
}

export interface SandboxOrg {
  url: string
  clientId: string
  clientSecret: string
  /** As a salesperson would: the org's rules hold, no API call is counted. Returns the id. */
  insert(sobject: string, fields: Fields): string
  insertMany(sobject: string, rows: readonly Fields[]): string[]
  get(id: string): Record<string, unknown> | undefined
  /** Those that are not deleted. */
  records(sobject: string): Record<string, unknown>[]
  update(id: string, fields: Fields): void
  remove(id: string): void
  /** The loser is deleted and points at the master. */
  merge(masterId: string, loserId: string): void
  convertLead(
    leadId: string,
    into?: { contactId?: string; accountId?: string },
  ): { contactId: string; accountId: string }
  addField(sobject: string, field: FieldInput): void
  removeField(sobject: string, name: string): void
  setFieldAccess(
    sobject: string,
    name: string,
    access: { readable?: boolean; createable?: boolean; updateable?: boolean },
  ): void
  readonly usage: ServerState['usage']
  resetUsage(): void
  faults: Pick<Faults, 'inject' | 'clear'>
  setLatency(latencyMs: number): void
  /** Undefined: tokens are given again. */
  refuseTokens(refusal: ServerState['tokenRefusal']): void
  expireTokens(): void
  close(): Promise<void>
}

export async function startSandboxOrg(options: SandboxOptions = {}): Promise<SandboxOrg> {
  const now = options.now ?? (() => new Date())
  const state: ServerState = {
    clientId: options.clientId ?? 'sandbox-client',
    clientSecret: options.clientSecret ?? 'sandbox-secret',
    apiVersion: Number.parseInt(options.apiVersion ?? '67.0', 10),
    latencyMs: options.latencyMs ?? 0,
    dailyApiLimit: options.dailyApiLimit ?? 100_000,
    tokenLifetimeMs: options.tokenLifetimeMs,
    usage: { calls: 0, byKind: {}, rowsWritten: 0, tokens: 0 },
    tokens: new Map(),
    tokenRefusal: undefined,
    now,
  }
  const faults = createFaults(seededRandom(options.seed ?? 1))
  let control: Control | undefined
  const records = new Records({
    personAccounts: options.personAccounts ?? false,
    convertedLeadsEditable: options.convertedLeadsEditable ?? false,
    now,
    onChange: change => control?.changed(change),
  })
  control = createControl(state, () => records, faults)
  const api: Api = {
    jobs: () => jobs,
    records,
    faults,
    cursors: new Map(),
    usage: () => ({ used: state.usage.calls, limit: state.dailyApiLimit }),
    countRows: rows => {
      state.usage.rowsWritten += rows
    },
  }
  const jobs = new BulkJobs(api, { startDelayMs: 0, msPerRow: 0, ...options.bulk }, now)
  const server = createOrgServer(state, api, control)
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const { address, port } = server.address() as AddressInfo

  const sobjectOf = (id: string): string => {
    const found = prefixOf(id)
    if (!found || !records.get(id)) throw new Error(`no record has the id ${id}`)
    return found
  }
  const insert = (sobject: string, fields: Fields) =>
    records.create(sobject, records.parse(sobject, fields), true)
  return {
    url: `http://${address}:${port}`,
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    insert,
    insertMany: (sobject, rows) => rows.map(fields => insert(sobject, fields)),
    get: id => records.get(id),
    records: sobject => [...records.all(sobject)].filter(row => !row.IsDeleted),
    update: (id, fields) => records.update(sobjectOf(id), id, records.parse(sobjectOf(id), fields), true),
    remove: id => records.remove(sobjectOf(id), id, null, true),
    merge: (masterId, loserId) => records.remove(sobjectOf(loserId), loserId, masterId, true),
    convertLead: (leadId, into) => records.convertLead(leadId, into),
    addField: (sobject, field) => records.addField(sobject, field),
    removeField: (sobject, name) => void records.object(sobject).fields.delete(name),
    setFieldAccess(sobject, name, { readable = true, ...rights }) {
      const { fields } = records.object(sobject)
      const field = fields.get(name)
      if (!field) throw new Error(`${sobject} has no field ${name}`)
      Object.assign(field, rights)
      // describe shows what the user may see: a hidden field is as good as absent.
      if (!readable) fields.delete(name)
    },
    usage: state.usage,
    resetUsage: () => void Object.assign(state.usage, { calls: 0, byKind: {}, rowsWritten: 0, tokens: 0 }),
    faults,
    setLatency(latencyMs) {
      state.latencyMs = latencyMs
    },
    refuseTokens(refusal) {
      state.tokenRefusal = refusal
    },
    expireTokens: () => state.tokens.clear(),
    async close() {
      control?.close()
      jobs.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
