/** An event as the record room takes it and gives it back. */
import type { Consents, Profile } from '../resolve/event.ts'
import type { NewProof } from './proofs.ts'

export type EventStatus = 'confirmed' | 'pending_approval'

interface Delegate {
  id: string
  name?: string | undefined
  metadata?: Record<string, unknown> | undefined
}

/** What of an event is content: kept as it is, in the log's body. */
export interface EventBody {
  user?: (Profile & { organization_user_id?: string | undefined }) | undefined
  consents: Consents
  domain?: string | undefined
  metadata?: Record<string, unknown> | undefined
  proofs_id?: string[] | undefined
  delegate?: Delegate | undefined
  /** Which text the person saw: a published version of a widget, in a language. */
  shown?: { widget_id: string; version: number; language: string } | undefined
}

/** Whom to ask by mail whether a pending event is theirs. */
export interface Confirmation {
  organizationUserId: string
  recipient: string
  language: string | undefined
}

/** A validated event on its way into the log. */
export interface NewEvent {
  /** Absent: one is made. */
  id?: string | undefined
  organizationId: string
  userId?: string | undefined
  organizationUserId?: string | undefined
  /** Absent: the time of receipt. */
  createdAt?: Date | undefined
  status: EventStatus
  regulation: string
  body: EventBody
  /** Their ids stand in the body already. */
  proofs: readonly NewProof[]
  /** The person is asked to confirm it. */
  confirmation?: Confirmation | undefined
  /** Of the content as it was sent; without an id there is nothing to repeat, and so none. */
  digest: Buffer | undefined
}

/** An event as it stands: its newest revision. */
export interface RecordedEvent {
  id: string
  organizationId: string
  personId: string
  revision: number
  status: EventStatus
  regulation: string
  createdAt: Date
  /** When the newest revision was recorded. */
  updatedAt: Date
  body: EventBody
}
