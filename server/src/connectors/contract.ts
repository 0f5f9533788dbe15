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
  /** The person's own id: no event states it. */
  isIdentity?: true
}

/** What a person's status holds at a source, and which event said so. */
export interface Stated {
  /** boolean for kind boolean, a value id for single, value ids for multi, a string for text. */
  value: boolean | string | readonly string[]
  /** Effective time of the statement, in epoch milliseconds; absent for what no event stated (`organization_user_id`). */
  atMs?: number
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
  /** The target has a way for backlogs: taken from so many people on, for so many at a time. */
  bulk?: { from: number; roundSize: number }
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
  /** Every request that was sent, when it ended, however it ended. */
  recordCall(call: Call): void
  countRows(outcome: string, rows: number): void
  /** By the mapping's `value`: what it points at in the library as it is now. */
  sources(): Promise<ReadonlyMap<string, Source>>
  /**
   * Other people whose organization_user_id in lower case is one of these values, by that value: whoever shares a record with
   * somebody. Asked for a round at a time. `records`, by their ids: whoever remembers one comes too.
   */
  rivals(
    people: readonly Owed[],
    values: readonly string[],
    records?: readonly string[],
  ): Promise<ReadonlyMap<string, readonly Owed[]>>
}

/** A request to the target. */
export interface Call {
  /** Unique; written rows and faults name it. */
  id: string
  kind: string
  method: string
  /** Without host, and without what is personal (a query string). */
  path: string
  /** Absent: no answer came. */
  status?: number
  /** Records that were sent or asked for; 0 where it is not about records. */
  rows: number
  beganAt: Date
  durationMs: number
  /** The target's own code, where the whole call failed. */
  error?: string
}

/** The target's allowance of calls for a day, as it last told us: spent by everybody, not by Heed alone. */
export interface Usage {
  used: number
  limit: number
}

/** A remembered record of a person in the target. `object` is the target's own word for its kind. */
export interface Link {
  object: string
  id: string
}

/** Mostly they are the very ones that were remembered. */
export const sameLinks = (links: readonly Link[], others: readonly Link[]): boolean =>
  links === others ||
  (links.length === others.length &&
    links.every(({ object, id }, i) => object === others[i]?.object && id === others[i]?.id))

/** One person whose state is owed to the target. */
export interface Owed {
  /** Opaque; comes back in the outcome. */
  key: string
  organizationUserId: string
  regulation: string
  /** By the mapping's `value`; a source that no event ever stated is absent and its field is left alone. */
  stated: ReadonlyMap<string, Stated>
  withdrawal: boolean
  /** The person was erased: only what they withdrew is stated. A record that is there is written, and none is created. */
  isErased?: boolean | undefined
  /** Of a withdrawal: each `value` of the mapping that holds something of what was withdrawn. Absent: not known. */
  withdrawn?: ReadonlySet<string> | undefined
  links: readonly Link[]
  /** The code of the fault of the try before, where there was one and nobody has owed them anew since. */
  retryOf?: string | undefined
  /** Digest that the last delivered outcome gave; what equals it need not be written again. */
  digest?: string | undefined
}

export interface Fault {
  /** The target's own code where it has one. */
  code: string
  message: string
  /** Plain words: what a person does about it. */
  cure: string
  /** The id of the call that was answered so. */
  call?: string
}

/** A record that was written, and the id of the call that wrote it. */
export interface Written extends Link {
  call?: string
}

export interface Outcome {
  key: string
  /** retry: the same state is tried again after a back-off; failed: waits visibly for a person or a change. */
  state: 'delivered' | 'unmatched' | 'failed' | 'retry'
  /** On a delivered person: what somebody should look at nevertheless (a record shared with another person). */
  error?: Fault
  /** All records of the person known now; remembered for the next round. */
  links: readonly Link[]
  /** Records that this round wrote; empty when they already held the state. */
  written: readonly Written[]
  digest?: string
  /** A call of this round that was not answered may still write what it was sent. */
  mayStillRun?: boolean
  /** On a retry: nothing went wrong; somebody else's call is waited for. */
  waits?: boolean
  /**
   * On a person who failed for a value that the target cannot hold: the session's `fit` as it was for them, or '' where
   * the description did not tell of it. They are tried again by themselves when it is another.
   */
  misfit?: string
  /** On a person who failed: what they withdrew is written nevertheless, and something else was refused. */
  isWithdrawn?: boolean
}

/** What a round may do besides writing; durable, and the same for every node. */
export interface Passage {
  signal: AbortSignal
  /**
   * Claims the right to create for these keys and gives those it got: nobody else creates for them until they are
   * released, or until no call can still be under way (10 minutes).
   */
  claimCreations(keys: readonly string[]): Promise<ReadonlySet<string>>
  /** What became of these creations is known: the record is there to be found, or will not be. */
  releaseCreations(keys: readonly string[]): Promise<void>
  /** Set: these people are a backlog, and the target's way for backlogs is to be used. */
  bulk?: {
    /**
     * Called before the target begins to work on a job, with what `abandon` needs to end it: a process that dies must not
     * leave a job behind that writes old values over newer ones.
     */
    began(job: string): Promise<void>
    /** Called after the job has ended. */
    ended(job: string): Promise<void>
    /** So many of the people are decided by now. */
    progress(done: number): void
  }
}

/** A record that is new or changed, by the value that its match field holds; '': none. */
export interface Appearance extends Link {
  value: string
  /** Whose id is equal but for case is not meant. Absent: `value` is in lower case, and they are. */
  isExact?: true
  /** The id of a record that it stands for by now: whoever remembers that one is meant, too. */
  insteadOf?: string
}

export interface Appearances {
  records: readonly Appearance[]
  /** All changes before this moment are in the answer: where the next look begins. */
  until: Date
}

/** What the target holds that the person's status does not say. */
export interface Difference {
  /**
   * missing: no record, or a remembered one is gone; changed: a field holds something else; duplicate: a record of the
   * person that Heed had not known; not_writable: it differs, and a write would be refused.
   */
  kind: 'missing' | 'changed' | 'duplicate' | 'not_writable'
  object?: string
  id?: string
  field?: string
  now?: unknown
  would?: unknown
  /** Who changed the record last, in the target's own words, and when. */
  changedBy?: string
  changedAt?: Date
  message: string
}

export interface Comparison {
  key: string
  differences: readonly Difference[]
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
  /** The target may still be at work on the call although we stopped waiting for its answer. */
  readonly mayStillRun: boolean
  constructor(
    fault: Fault & {
      kind: 'transient' | 'hold'
      retryAfterMs?: number
      mayStillRun?: boolean
      cause?: unknown
    },
  ) {
    super(fault.message, { cause: fault.cause })
    this.code = fault.code
    this.cure = fault.cure
    this.kind = fault.kind
    this.retryAfterMs = fault.retryAfterMs
    this.mayStillRun = fault.mayStillRun ?? false
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

/** What a mapping item writes for a person on one object. */
export interface Effect {
  /** Its index. */
  mapping: number
  object: string
  /** Absent: the field is left alone, since it cannot hold what was chosen. */
  value?: unknown
  fault?: Fault
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
  /** What deliver and preview write of each mapping, without looking at what stands there; nothing for who stated nothing. */
  effects(person: Owed): Promise<readonly Effect[]>
  /**
   * Why nobody but those who withdraw is delivered for now: a part of the mapping does not fit the target, and the rest can be
   * written. Undefined: nothing stands in the way. Throws TargetError where the target cannot be asked, or nothing can be written.
   */
  obstacle(): Promise<TargetError | undefined>
  /**
   * One outcome per person, in any order. A repeated call with the same people is harmless. Beside an obstacle it takes those
   * who withdraw alone, and whom it wrote in part has failed, with a `misfit`.
   */
  deliver(people: readonly Owed[], passage: Passage): Promise<readonly Outcome[]>
  /** Ends a bulk job that another process began and left; resolves when it writes nothing any more. */
  abandon(job: string, signal: AbortSignal): Promise<void>
  /** What the target holds, against the status of these people. Writes nothing. One answer per person. */
  compare(people: readonly Owed[], signal: AbortSignal): Promise<readonly Comparison[]>
  /** Records that appeared or changed since then, at the price of a call or a few; the rest comes with the next look. */
  appeared(since: Date, signal: AbortSignal): Promise<Appearances>
  /** A digest of the mapping and of what the mapped fields can hold by now, asked for anew. */
  fit(): Promise<string>
  /** Undefined: no answer told yet. */
  usage(): Usage | undefined
  close(): Promise<void>
}

export interface Connector {
  manifest: Manifest
  open(configuration: Configuration, ground: Ground): Session
}
