/** A widget and one person's choices in it, without anything to see: what scripts and headless elements talk to. */
import {
  createClient,
  type PurposeChange,
  Refused,
  type Widget,
  type WidgetPreference,
  type WidgetPurpose,
  type WidgetValue,
} from '@heed/client'
import type { EntityContent, WidgetContainer } from '@heed/client/loader'
import {
  type Choices,
  changesBetween,
  choiceOf,
  choicesOf,
  everyPreference,
  withChanges,
} from '../choices.ts'
import { HeedPreferences } from '../element.ts'
import { personIn } from '../personIn.ts'
import { currentToken, pageLanguage, widgetAddress } from './config.ts'

export type Setting =
  | { purposeId: string; preferenceId?: undefined; value: boolean }
  /** All chosen ids, joined by commas. */
  | { purposeId: string; preferenceId: string; value: string }

type Entity = WidgetPurpose | WidgetPreference | WidgetValue

export class Container implements WidgetContainer {
  readonly id: string
  readonly #client = createClient(HeedPreferences.origin, currentToken())
  readonly #listeners = new Set<() => void>()
  /** Why the token opens nothing here. */
  #refused: Refused | undefined
  #widget: Widget | undefined
  #stored: Choices = {}
  #pending: Choices = {}
  /** Who has chosen what is pending; undefined: nobody has said who they are yet. */
  #chooser = personIn(currentToken())
  #email = ''
  #ready: Promise<void> | undefined

  constructor(id: string) {
    this.id = id
  }

  get isAuthenticated(): boolean {
    return this.#client.token !== undefined
  }

  get widget(): Widget | undefined {
    return this.#widget
  }

  ready(): Promise<void> {
    this.#ready ??= this.#load()
    return this.#ready
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Rejects where the token opens nothing here. */
  async updateToken(token: string | undefined): Promise<void> {
    await this.ready().catch(() => undefined)
    const person = personIn(token)
    // What somebody else has chosen and not saved is neither shown nor saved any more.
    if (person === undefined || (this.#chooser !== undefined && this.#chooser !== person))
      this.#pending = structuredClone(this.#stored)
    this.#chooser = person
    this.#client.token = token || undefined
    this.#ready = this.#load()
    await this.#ready
    if (this.#refused) throw this.#refused
  }

  async #load(): Promise<void> {
    this.#widget ??= await this.#client.widget(widgetAddress(this.id), pageLanguage())
    this.#refused = undefined
    let purposes: readonly PurposeChange[] = []
    try {
      if (this.#client.token) purposes = await this.#client.choices(this.#widget.organization_id)
    } catch (error) {
      if (!(error instanceof Refused && [401, 403].includes(error.status))) throw error
      this.#client.token = undefined
      this.#refused = error
      const { message, status } = error
      document.dispatchEvent(new CustomEvent('heed:error', { detail: { message, status } }))
    }
    const waiting = changesBetween(this.#stored, this.#pending)
    this.#stored = choicesOf(purposes)
    this.#pending = withChanges(this.#stored, waiting)
    this.#changed()
  }

  getEntities(): { purposes: readonly WidgetPurpose[] } {
    return { purposes: this.#widget?.purposes ?? [] }
  }

  isConsentPurposeEnabled = (purposeId: string): boolean | undefined => this.#pending[purposeId]?.enabled
  getPurposeEnabledById = this.isConsentPurposeEnabled

  getPreferenceValueById({ purposeId, preferenceId }: { purposeId: string; preferenceId: string }): string {
    return this.#pending[purposeId]?.values[preferenceId] ?? ''
  }

  getEntityContentById({ entityType, entityId, entityProperty }: EntityContent): string {
    const purposes = this.getEntities().purposes
    const preferences = purposes.flatMap(purpose => everyPreference(purpose.preferences))
    const entities: readonly Entity[] =
      entityType === 'purpose'
        ? purposes
        : entityType === 'preference'
          ? preferences
          : preferences.flatMap(({ values }) => values)
    const found = entities.find(({ id, element_id }) => id === entityId || element_id === entityId)
    const [, content] = Object.entries(found ?? {}).find(([name]) => name === entityProperty) ?? []
    return typeof content === 'string' ? content : ''
  }

  setPending(setting: Setting): void {
    const choice = choiceOf(this.#pending, setting.purposeId)
    if (setting.preferenceId === undefined) choice.enabled = setting.value
    else choice.values[setting.preferenceId] = setting.value
    this.#changed()
  }

  /** What else is pending stays so. */
  async set(setting: Setting): Promise<void> {
    const id = setting.purposeId
    await this.#save([
      setting.preferenceId === undefined
        ? { id, enabled: setting.value }
        : { id, values: { [setting.preferenceId]: { value: setting.value } } },
    ])
  }

  async savePending(): Promise<void> {
    await this.ready()
    await this.#save(changesBetween(this.#stored, this.#pending))
  }

  async #save(changes: readonly PurposeChange[]): Promise<void> {
    await this.ready()
    if (!this.#widget || !this.#client.token) throw this.#refused ?? new Refused(401, 'nobody is signed in')
    if (changes.length === 0) return
    const saved = await this.#client.save(this.#widget, changes)
    const recorded = saved.flatMap(({ status, consents }) =>
      status === 'confirmed' ? (consents.purposes ?? []) : [],
    )
    this.#stored = withChanges(this.#stored, recorded)
    this.#pending = withChanges(this.#pending, recorded)
    this.#changed()
  }

  async ask(email: string): Promise<void> {
    await this.ready()
    if (!this.#widget) return
    this.#email = email
    await this.#client.ask(this.#widget, email)
  }

  /** Gives a token for the code that was mailed. */
  async verify(code: string): Promise<string> {
    await this.ready()
    return this.#client.redeem(this.#widget as Widget, this.#email, code)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
