/**
 * The types in which the rooms to the left speak to a connector.
 * A connector knows a target system; it knows nothing of Heed's routes, tables or people beyond what stands here.
 */
import type { Logger } from 'pino'
import type { Dispatcher } from 'undici'
import { z } from 'zod'

/** What a mapping's `value` can point at: an element of the tree or a path into the status. */
export interface Source {
  /** boolean: a purpose or a single value; single/multi: a preference; text: anything else a path can name. */
  kind: 'boolean' | 'single' | 'multi' | 'text'
  /** For preferences: the ids that can ever stand in a status, in library order. */
  valueIds: readonly string[]
}

/** What a person's status holds at a source, and which event said so. */
export interface Stated {
  /** boolean for kind boolean, a value id for single, value ids for multi, a string for text. */
  value: boolean | string | readonly string[]
  /** Effective time of the statement; absent for what no event stated (`organization_user_id`). */
  at?: Date
  eventId?: string
}

/** The part of a mapping item that every connector shares; a connector may extend it. */
export const mappingItem = z.strictObject({
  id: z.string().min(1).max(255).describe('Field of the target, by its API name'),
  value: z
    .string()
    .max(1024)
    .default('')
    .describe('Element id, path into the status, or the text itself when type is static'),
  type: z
    .enum(['pmp-widget-id', 'static', 'changed_at', 'event_id', 'regulation'])
    .optional()
    .describe('How value is read; absent: value is a path'),
  invert: z.boolean().optional().describe('Negates a boolean, for opt-out fields'),
  values: z
    .record(z.string(), z.union([z.string(), z.boolean(), z.number(), z.null()]))
    .optional()
    .describe('From value id (or true/false) to what the target holds'),
  format: z.string().max(64).optional().describe('How dates and lists are written'),
})
export type MappingItem = z.infer<typeof mappingItem>

export interface Manifest {
  /** The public `type_id`. */
  id: string
  name: string
  authentication: z.ZodType
  properties: z.ZodType
  /** One item of `mappings`: extends `mappingItem`. */
  mapping: z.ZodType<MappingItem>
  /** People claimed for one round. */
  roundSize: number
  /** Rounds of one integration start at least this far apart, so that changes gather into fewer calls. */
  roundIntervalMs: number
}

/** A configuration whose parts have passed the manifest's schemas. */
export interface Configuration {
  authentication: unknown
  properties: unknown
  mappings: readonly MappingItem[]
  upsertMode: boolean
}

/** What a session stands on; made by the deliver room. */
export interface Ground {
  log: Logger
  /** Refuses private addresses unless allow-listed. Every request of a connector goes through it. */
  dispatcher: Dispatcher
  now(): Date
  countCall(kind: string): void
  countRows(outcome: string, rows: number): void
}

/** A remembered record of a person in the target. `object` is the target's own word for its kind. */
export interface Link {
  object: string
  id: string
}

/** One person whose state is owed to the target. */
export interface Owed {
  /** Opaque; comes back in the outcome. */
  key: string
  organizationUserId: string
  regulation: string
  /** By the mapping's `value`; a source that no event ever stated is absent and its field is left alone. */
  stated: ReadonlyMap<string, Stated>
  withdrawal: boolean
  links: readonly Link[]
  /** Digest that the last delivered outcome gave; what equals it need not be written again. */
  digest?: string
}

export interface Fault {
  /** The target's own code where it has one. */
  code: string
  message: string
  /** Plain words: what a person does about it. */
  cure: string
}

export interface Outcome {
  key: string
  /** retry: the same state is tried again after a back-off; failed: waits visibly for a person or a change. */
  state: 'delivered' | 'unmatched' | 'failed' | 'retry'
  error?: Fault
  /** All records of the person known now; remembered for the next round. */
  links: readonly Link[]
  /** Records that this round wrote; empty when they already held the state. */
  written: readonly Link[]
  digest?: string
}

/** Whatever stops a whole round. Nobody's attempts count; the integration rests and then tries again. */
export class TargetError extends Error implements Fault {
  override name = 'TargetError'
  readonly code: string
  readonly cure: string
  /** transient: the target is away or busy; hold: a person must act first (credentials, access, mapping). */
  readonly kind: 'transient' | 'hold'
  /** How long to rest, where the target lets us know better than the default. */
  readonly retryAfterMs: number | undefined
  constructor(fault: Fault & { kind: 'transient' | 'hold'; retryAfterMs?: number; cause?: unknown }) {
    super(fault.message, { cause: fault.cause })
    this.code = fault.code
    this.cure = fault.cure
    this.kind = fault.kind
    this.retryAfterMs = fault.retryAfterMs
  }
}

/** What is wrong with a configuration; `path` names the place in the request body (`mappings[0].id`). */
export interface Issue {
  path: string
  message: string
  cure: string
}

export interface Check {
  name: string
  ok: boolean
  message: string
  cure?: string
}

export interface Field {
  object: string
  id: string
  label: string
  type: string
  length?: number
  values?: readonly string[]
}

export interface Preview {
  key: string
  records: readonly {
    object: string
    /** Absent for a record that would be created. */
    id?: string
    action: 'update' | 'create' | 'none'
    fields: readonly { id: string; now: unknown; would: unknown }[]
  }[]
  note?: string
}

/** An open integration. Holds what may be cached about the target (token, description); no state that must survive. */
export interface Session {
  /**
   * Holds the configuration against the target: credentials first, then each mapping by the target's description.
   * Throws TargetError only where the target cannot be asked at all; its answer to wrong credentials is an Issue.
   */
  validate(sources: ReadonlyMap<string, Source>): Promise<readonly Issue[]>
  /** The connection test: every check that can be made, also after a failed one. Never throws TargetError. */
  check(sources: ReadonlyMap<string, Source>): Promise<readonly Check[]>
  fields(search?: string): Promise<readonly Field[]>
  /** What deliver would do, with what stands there now. Writes nothing. */
  preview(people: readonly Owed[]): Promise<readonly Preview[]>
  /** One outcome per person, in any order. A repeated call with the same people is harmless. */
  deliver(people: readonly Owed[], signal: AbortSignal): Promise<readonly Outcome[]>
  close(): Promise<void>
}

export interface Connector {
  manifest: Manifest
  open(configuration: Configuration, ground: Ground): Session
}
