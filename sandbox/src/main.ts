/** A Salesforce org in memory, over HTTP: for the sample, the tests and the bench. */
import type { AddressInfo } from 'node:net'
import { BATCH_ROWS, BulkJobs, type BulkPace } from './bulk/jobs.ts'
import { type Control, createControl } from './control.ts'
import { convertLead, merge } from './conversion.ts'
import type { DuplicateRule } from './duplicates.ts'
import { Effort, noStrain } from './effort.ts'
import { createFaults, type Faults, seededRandom } from './faults.ts'
import { asPerson } from './persons.ts'
import { type Fields, Records, type ValidationRule } from './records.ts'
import type { Api } from './rest.ts'
import type { FieldInput } from './schema.ts'
import { createOrgServer, type ServerState } from './server.ts'
import { removeDuplicateRule, seedUsers, setDuplicateRule } from './setup.ts'
import type { JwtOptions } from './token.ts'
import { integration, salesperson } from './writers.ts'

export type { DuplicateRule } from './duplicates.ts'
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
  /** When bulk jobs begin, and how many rows go beside each other; default at once, and 10,000. */
  bulk?: Partial<BulkPace>
  /** Takes JWT bearer assertions of this key. */
  jwt?: JwtOptions
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
  /** `by`: the id of the user who does it; default Sara Sales. */
  update(id: string, fields: Fields, options?: { by?: string }): void
  remove(id: string): void
  /** The loser is deleted and points at the master. */
  merge(masterId: string, loserId: string): void
  convertLead(
    leadId: string,
    into?: { contactId?: string; accountId?: string },
  ): { contactId: string; accountId: string }
  /** Returns its name; one of the same name is replaced. It holds for the door too, where an alert is saved. */
  setDuplicateRule(rule: DuplicateRule): string
  removeDuplicateRule(name: string): boolean
  /** From now on the active rule gives each record of the object to this user. */
  setAssignmentRule(sobject: string, userId: string): void
  addValidationRule(sobject: string, rule: ValidationRule): void
  removeValidationRule(sobject: string, name: string): void
  /** Written rows of the object take so long, in every request; 0: none. */
  setTriggerCost(sobject: string, msPerRow: number): void
  /** What is left out stands as in Salesforce: 25 requests of 20 s and more; the CPU limit is off. */
  setGovernor(governor: { cpuLimitMs?: number; longRunningMs?: number; longRunningLimit?: number }): void
  /** Requests and batches that run at once and touch one record, or contacts of one account, wait for each other. */
  setParentLocks(on: boolean, locks?: { waitMs?: number; holdMs?: number }): void
  /** As another program whose transaction goes on: with parent locks, nobody else writes these records or their children. */
  hold(ids: readonly string[]): () => void
  /** Rows refused by `setParentLocks` so far. */
  readonly rowsLocked: number
  addField(sobject: string, field: FieldInput): void
  removeField(sobject: string, name: string): void
  setFieldAccess(
    sobject: string,
    name: string,
    access: { readable?: boolean; createable?: boolean; updateable?: boolean },
  ): void
  /** Whether the integration user may edit the object's records. */
  setObjectAccess(sobject: string, access: { updateable: boolean }): void
  readonly usage: ServerState['usage']
  resetUsage(): void
  faults: Pick<Faults, 'inject' | 'clear'>
  /** Bulk jobs, which may stop half-way until they are resumed or aborted. */
  jobs: Pick<BulkJobs, 'pauseAfter' | 'idle' | 'resume' | 'abortAll'>
  setLatency(latencyMs: number): void
  /** Undefined: tokens are given again. */
  refuseTokens(refusal: ServerState['tokenRefusal']): void
  expireTokens(): void
  close(): Promise<void>
}

/** A production org's; a Developer Edition has 5. */
const LONG_RUNNING = { afterMs: 20_000, limit: 25 }

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
    jwt: options.jwt,
    longRunning: LONG_RUNNING,
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
  seedUsers(records)
  const effort = new Effort()
  const api: Api = {
    jobs: () => jobs,
    records,
    faults,
    effort,
    writer: integration,
    strain: noStrain,
    cursors: new Map(),
    usage: () => ({ used: state.usage.calls, limit: state.dailyApiLimit }),
    countRows: rows => {
      state.usage.rowsWritten += rows
    },
  }
  const jobs = new BulkJobs(api, { startDelayMs: 0, batchRows: BATCH_ROWS, ...options.bulk }, now)
  const server = createOrgServer(state, api, control)
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const { address, port } = server.address() as AddressInfo

  const insert = (sobject: string, given: Fields) => {
    const fields = options.personAccounts && sobject === 'Account' ? asPerson(given) : given
    return records.create(sobject, records.parse(sobject, fields), salesperson())
  }
  return {
    url: `http://${address}:${port}`,
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    insert,
    insertMany: (sobject, rows) => rows.map(fields => insert(sobject, fields)),
    get: id => records.store.get(id),
    records: sobject => [...records.store.all(sobject)].filter(row => !row.IsDeleted),
    update(id, fields, { by } = {}) {
      const sobject = records.objectOf(id)
      records.update(sobject, id, records.parse(sobject, fields), salesperson(by))
    },
    remove: id => records.remove(records.objectOf(id), id, salesperson()),
    merge: (masterId, loserId) => merge(records, masterId, loserId),
    convertLead: (leadId, into) => convertLead(records, leadId, into),
    setDuplicateRule: rule => setDuplicateRule(records, rule),
    removeDuplicateRule: name => removeDuplicateRule(records, name),
    setAssignmentRule: (sobject, userId) => void records.assignmentRules.set(sobject, userId),
    addValidationRule(sobject, rule) {
      const { name } = records.object(sobject)
      records.validationRules.set(name, [...(records.validationRules.get(name) ?? []), rule])
    },
    removeValidationRule(sobject, name) {
      const rules = records.validationRules.get(sobject) ?? []
      records.validationRules.set(
        sobject,
        rules.filter(rule => rule.name !== name),
      )
    },
    setTriggerCost(sobject, msPerRow) {
      if (msPerRow > 0) effort.msPerRow.set(sobject, msPerRow)
      else effort.msPerRow.delete(sobject)
    },
    setGovernor({ cpuLimitMs, longRunningMs, longRunningLimit }) {
      effort.cpuLimitMs = cpuLimitMs
      state.longRunning = {
        afterMs: longRunningMs ?? LONG_RUNNING.afterMs,
        limit: longRunningLimit ?? LONG_RUNNING.limit,
      }
    },
    setParentLocks(on, { waitMs = 10_000, holdMs = 20 } = {}) {
      effort.parentLocks = on ? { waitMs, holdMs } : undefined
    },
    hold: ids => effort.hold(ids),
    get rowsLocked() {
      return effort.rowsLocked
    },
    addField: (sobject, field) => records.addField(sobject, field),
    removeField: (sobject, name) => records.removeField(sobject, name),
    setFieldAccess(sobject, name, { readable = true, ...rights }) {
      const { fields } = records.object(sobject)
      const field = fields.get(name)
      if (!field) throw new Error(`${sobject} has no field ${name}`)
      Object.assign(field, rights)
      // describe shows what the user may see: a hidden field is as good as absent.
      if (!readable) records.removeField(sobject, name)
    },
    setObjectAccess(sobject, { updateable }) {
      records.object(sobject).isReadOnly = !updateable
    },
    usage: state.usage,
    resetUsage: () => void Object.assign(state.usage, { calls: 0, byKind: {}, rowsWritten: 0, tokens: 0 }),
    faults,
    jobs,
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
