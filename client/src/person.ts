/** What is stated of a person, and told to them. */

export interface PurposeChange {
  id: string
  /** Absent: not said. */
  enabled?: boolean
  /** By preference: ids of all chosen values, joined by commas. */
  values?: Record<string, { value: string }>
}

export interface SavedEvent {
  id: string
  created_at: string
  /** Pending: it counts from when the person has confirmed it by mail. */
  status: 'confirmed' | 'pending_approval'
  consents: { purposes?: PurposeChange[] }
}

/** How a person's choices stand. */
export interface Standings {
  /** Whose they are, by the organization's id of them. */
  organization_user_id: string
  data: readonly Standing[]
  /** What waits for the person's confirmation by mail. */
  waiting: readonly Pick<Standing, 'purpose_id' | 'preference_id'>[]
}

/** Since when a choice is recorded, and where it is in force. */
export interface Standing {
  purpose_id: string
  /** Absent: the purpose itself. */
  preference_id?: string
  event_id: string
  recorded_at: string
  places: readonly Place[]
}

export interface Place {
  name: string
  /** `unknown`: no record of the person there yet; `stuck`: somebody must mend something first. */
  state: 'there' | 'on_its_way' | 'unknown' | 'stuck'
  since?: string
}

/** What a person chose at one time, in the words that were shown. */
export interface Statement {
  id: string
  created_at: string
  status: 'confirmed' | 'pending_approval'
  /** Who said it for the person. */
  by?: string
  language: string
  /** Absent: the text that was shown is not known, and today's is used. */
  wording?: { version: number }
  sentences: readonly string[]
}
