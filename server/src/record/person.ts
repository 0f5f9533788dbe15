/** A person while the record room works on them: loaded and locked, or about to be created. */
import type { Change } from '../deliver/owe.ts'
import type { MergeEvent } from '../resolve/event.ts'
import { emptyStatus, type Status } from '../resolve/status.ts'
import { withdrawnIn } from '../resolve/withdrawal.ts'

export interface Person {
  organizationId: string
  id: string
  organizationUserId: string | undefined
  version: number
  status: Status
  /** As it was when loaded, to tell what changed. */
  before: Status
  isNew: boolean
  /** Got an organization_user_id in this transaction. */
  isLinked: boolean
  /** Confirmed events of this transaction, not merged into the status yet. */
  news: MergeEvent[]
  /** Other ids that became names of this person in this transaction: devices, and people merged into this one. */
  newNames: { id: string; isNew: boolean }[]
  /** Whether integrations owe the change. */
  delivers: boolean
}

/** A person in the table; one with `merged_into` is another name of that person. */
export interface PersonRow {
  organization_id: string
  id: string
  organization_user_id: string | null
  merged_into: string | null
  version: number
  status: Status
}

/** How a request names the person: by either id, both, or none. */
export interface Naming {
  organizationId: string
  id?: string | undefined
  organizationUserId?: string | undefined
}

export const hasChanged = (person: Person): boolean =>
  person.isNew || person.isLinked || person.news.length > 0 || person.newNames.length > 0

/** Targets know people by their organization_user_id: who has none is owed nothing yet. */
export const isOwed = (person: Person): boolean => person.delivers && person.organizationUserId !== undefined

export const changeOf = (person: Person): Change => ({
  organization_id: person.organizationId,
  person_id: person.id,
  version: person.version,
  // Of who was not known by a name, nothing was ever owed: all that they refused is news.
  withdrawn: withdrawnIn(person.isLinked ? emptyStatus : person.before, person.status),
})
