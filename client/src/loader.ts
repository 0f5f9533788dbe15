/** Types of what `/v2/loader.js` and `/sdk/heed.js` bring into a page: `import type {} from '@heed/client/loader'`. */
import type { SavedEvent } from './person.ts'
import type { WidgetPurpose } from './widget.ts'

/** Set before the loader runs. */
export interface LoaderConfig {
  /** The organization's public API key. */
  apiKey?: string
  app?: { apiKey?: string }
  components?: { version?: number }
  widgets?: readonly unknown[]
  user?: { shouldReadTokenFromURL?: boolean; shouldReadTokenFromLocalStorage?: boolean }
}

export interface EntityContent {
  entityType: string
  entityId: string
  entityProperty: string
  /** Taken and ignored: a published widget has its components' texts in the place of the library's. */
  withComponentContent?: boolean
}

/** A widget and one person's choices in it. */
export interface WidgetContainer {
  readonly id: string
  getEntities(): { purposes: readonly WidgetPurpose[] }
  /** What is pending counts. */
  isConsentPurposeEnabled(purposeId: string): boolean
  /** Undefined: the person has never said. */
  getPurposeEnabledById(purposeId: string): boolean | undefined
  /** Ids of the chosen values, joined by commas. */
  getPreferenceValueById(preference: { purposeId: string; preferenceId: string }): string
  /** Empty: there is no such text. */
  getEntityContentById(wanted: EntityContent): string
  /** The texts in another language, where the widget has it. */
  setWidgetLocale(locale: string): Promise<void>
}

export interface Widgets {
  /** Made where the page has none of this id yet. */
  getContainerById(id: string): WidgetContainer
  /** Another person, in all of the page, at once. Gives the page's first container; rejects where the token opens nothing here. */
  updateToken(token: string): Promise<WidgetContainer | undefined>
}
export type Ready = (widgets: Widgets) => unknown

export type Setting =
  | { purposeId: string; value: boolean }
  /** All chosen ids, joined by commas. */
  | { purposeId: string; preferenceId: string; value: string }

/** What a page dispatches inside a receiver, bubbling and composed. */
interface Asked {
  'didomi:send-authentication': CustomEvent<{ value: string }>
  'didomi:verify-otp-code': CustomEvent<{ value: string }>
  'didomi:set-consents': CustomEvent<Setting>
  'didomi:set-pending-consents': CustomEvent<Setting>
  'didomi:save-pending-consents': CustomEvent<object>
}
type Told = Exclude<keyof Asked, 'didomi:set-pending-consents'>
type Steps = { [Name in `${Told}-loading` | `${Told}-success`]: CustomEvent<object> } & {
  [Name in `${keyof Asked}-error`]: CustomEvent<{ message: string }>
}
type AnalyticsEvents = {
  [Name in AnalyticsEvent]: CustomEvent<{ containerId: string }>
}
export type AnalyticsEvent = 'authentication.asked' | 'authentication.sent' | 'consent.asked'
export interface AnalyticsListener {
  event: string
  listener(detail: { containerId: string }): unknown
}

interface HeedEvents {
  'heed:saved': CustomEvent<{ events: readonly SavedEvent[] }>
  /** By a code: the element’s `token` is the person’s by then. */
  'heed:signed-in': CustomEvent<null>
  /** By the element’s own button. */
  'heed:signed-out': CustomEvent<null>
  'heed:error': CustomEvent<{ message: string; status: number | undefined }>
}

interface InContainer {
  'container-id'?: string
}

/** Attributes of the elements, by their names. */
export interface ElementAttributes {
  'heed-preferences': { widget: string; token?: string; src?: string }
  'didomi-container': { id: string }
  'didomi-container-headless': { id: string }
  'didomi-if-authenticated': InContainer
  'didomi-if-not-authenticated': InContainer
  'didomi-auth-headless': InContainer
  'didomi-consent-asked': InContainer
  'didomi-consent-receiver': InContainer
  'didomi-pending-consent-receiver': InContainer
  'didomi-entity-content': InContainer & {
    'entity-type': 'purpose' | 'preference' | 'preference-value'
    'entity-id': string
    'entity-property'?: string
    'with-component-content'?: string | boolean
  }
  'didomi-component-content': InContainer & { 'component-id': string; 'component-property': string }
}

type Elements = { [Name in keyof ElementAttributes]: HTMLElement }

declare global {
  interface Window {
    didomiConfig?: LoaderConfig
    DidomiWidgets?: Widgets
    didomiWidgetsOnReady?: { push(...callbacks: Ready[]): unknown }
    didomiEventListeners?: AnalyticsListener[]
  }
  interface HTMLElementTagNameMap extends Elements {}
  interface DocumentEventMap extends Asked, Steps, AnalyticsEvents, HeedEvents {}
  interface HTMLElementEventMap extends HeedEvents {}
}
