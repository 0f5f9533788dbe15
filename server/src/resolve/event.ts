/** An event as the merge sees it: a partial statement of choices, at a time, under an id. */

export interface Choice {
  id: string
  /** null: no choice made on this itself. */
  enabled?: boolean | null | undefined
  metadata?: Record<string, unknown> | undefined
}

interface PreferenceChoice extends Choice {
  channels?: readonly Choice[] | undefined
}

export interface PurposeChoice extends Choice {
  /** Legitimate interest: false is an objection. */
  enabled_li?: boolean | null | undefined
  /** By preference id: the chosen value ids, joined by commas. */
  values?: Record<string, { value: string; from_propagation?: boolean | undefined }> | undefined
  /** True where accepting the purpose also chose the values of its multi preferences. */
  propagation?: boolean | undefined
  channels?: readonly Choice[] | undefined
  preferences?: readonly PreferenceChoice[] | undefined
}

export interface Consents {
  purposes?: readonly PurposeChoice[] | undefined
  channels?: readonly Choice[] | undefined
  vendors?:
    | {
        enabled?: readonly string[] | undefined
        enabled_li?: readonly string[] | undefined
        disabled?: readonly string[] | undefined
        disabled_li?: readonly string[] | undefined
      }
    | undefined
  tcfcs?: string | null | undefined
}

export interface Profile {
  metadata?: Record<string, unknown> | undefined
  country?: string | undefined
  last_seen_country?: string | undefined
}

export interface MergeEvent {
  id: string
  /** Effective time: the smaller of what the caller gave and the time of receipt; where none was given, after all that was stated before. */
  at: Date
  regulation: string
  consents?: Consents | undefined
  user?: Profile | undefined
}
