/** An organization's purposes, preferences and elements, as the other rooms read them. */

export interface Element {
  /** 7 letters or digits. */
  id: string
  kind: 'purpose' | 'preference' | 'value'
  purposeId: string
  preferenceId?: string
  valueId?: string
}

export interface LibraryPreference {
  type: 'single' | 'multi'
  /** Every id that ever existed: live ones in order, then deleted ones. */
  valueIds: readonly string[]
  liveValueIds: readonly string[]
}

export interface Library {
  organizationId: string
  /** Every id that ever existed, so that an event can always name it. */
  purposes: ReadonlySet<string>
  preferences: ReadonlyMap<string, LibraryPreference>
  /** Those that left the tree included. */
  elements: ReadonlyMap<string, Element>
  /** By purpose with one-click consent in the tree: its multi preferences, with the values selected there. */
  oneClick: ReadonlyMap<string, readonly { preferenceId: string; valueIds: readonly string[] }[]>
}
