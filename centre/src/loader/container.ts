/** A widget and one person's choices in it, without anything to see: what scripts and headless elements talk to. */
import {
  createClient,
  everyPreference,
  type PurposeChange,
  Refused,
  type SavedEvent,
  type Widget,
  type WidgetPreference,
  type WidgetPurpose,
  type WidgetValue,
} from '@heed/client'
import type { EntityContent, WidgetContainer } from '@heed/client/loader'
import { type Choices, changesBetween, choiceOf, choicesOf, withChanges } from '../choices.ts'
import { HeedPreferences } from '../element.ts'
import { personIn } from '../personIn.ts'
import { tellOf } from '../tellOf.ts'
import { currentToken, pageLanguage, widgetAddress } from './config.ts'
import { parts, refreshOthers } from './page.ts'

export type Setting =
  | { purposeId: string; preferenceId?: undefined; value: boolean }
  /** All chosen ids, joined by commas. */
  | { purposeId: string; preferenceId: string; value: string }

type Entity = WidgetPurpose | WidgetPreference | WidgetValue

/** Whom a code was mailed to, whichever container of the page asked for it. */
let email = ''

export class Container implements WidgetContainer {
  readonly id: string
  lang = pageLanguage()
  readonly #client = createClient(HeedPreferences.origin, currentToken())
  readonly #listeners = new Set<() => void>()
  /** Why the token opens nothing here. */
  #refused: Refused | undefined
  #widget: Widget | undefined
  /** The language that it was asked for in. */
  #widgetIn: string | undefined
  #stored: Choices = {}
  #pending: Choices = {}
  /** Who has chosen what is pending; undefined: nobody has said who they are yet. */
  #chooser = personIn(currentToken())
  #ready: Promise<void> | undefined
  #loads = 0
  #saves = 0

  constructor(id: string) {
    this.id = id
    parts.add(this)
  }

  get isAuthenticated(): boolean {
    return this.#client.token !== undefined
  }

  get widget(): Widget | undefined {
    return this.#widget
  }

  /** Where it could not be loaded it is tried again. */
  ready(): Promise<void> {
    return this.#ready ?? this.#reload()
  }

  refresh(): void {
    this.#reload().catch(() => undefined)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * At once, so that what is stated right behind it is of that person.
   * @throws where the token opens nothing here
   */
  async updateToken(token: string | undefined): Promise<void> {
    const person = personIn(token)
    // What somebody else has chosen and not saved is neither shown nor saved any more.
    if (person === undefined || (this.#chooser !== undefined && this.#chooser !== person))
      this.#pending = structuredClone(this.#stored)
    this.#chooser = person
    this.#client.token = token || undefined
    await this.#reload()
    if (this.#refused) throw this.#refused
  }

  async setWidgetLocale(locale: string): Promise<void> {
    for (const part of parts) if (part.id === this.id) part.lang = locale
    await this.#reload()
  }

  #reload(): Promise<void> {
    const ready = this.#load()
    this.#ready = ready
    ready.catch(error => {
      if (this.#ready !== ready) return
      this.#ready = undefined
      tellOf(error, document)
    })
    return ready
  }

  async #load(): Promise<void> {
    const [load, saves, { lang }] = [++this.#loads, this.#saves, this]
    const isKnown = this.#widget && this.#widgetIn === lang
    const widget = isKnown ? this.#widget : await this.#client.widget(widgetAddress(this.id), lang)
    let purposes: readonly PurposeChange[] = []
    let refused: Refused | undefined
    try {
      if (this.#client.token) purposes = await this.#client.choices((widget as Widget).organization_id)
    } catch (error) {
      if (!(error instanceof Refused && [401, 403].includes(error.status))) throw error
      refused = error
    }
    // Another has begun meanwhile, and knows more.
    if (load !== this.#loads) return this.ready()
    if (saves !== this.#saves) return this.#reload()
    this.#widget = widget
    this.#widgetIn = lang
    this.#refused = refused
    if (refused) this.#refuse(refused)
    const waiting = changesBetween(this.#stored, this.#pending)
    this.#stored = choicesOf(purposes)
    this.#pending = withChanges(this.#stored, waiting)
    this.#changed()
  }

  #refuse(refused: Refused): void {
    this.#refused = refused
    this.#client.token = undefined
    tellOf(refused, document)
  }

  getEntities(): { purposes: readonly WidgetPurpose[] } {
    return { purposes: this.#widget?.purposes ?? [] }
  }

  isConsentPurposeEnabled(purposeId: string): boolean {
    return this.getPurposeEnabledById(purposeId) ?? false
  }

  getPurposeEnabledById(purposeId: string): boolean | undefined {
    return this.#pending[purposeId]?.enabled
  }

  getPreferenceValueById({ purposeId, preferenceId }: { purposeId: string; preferenceId: string }): string {
    return this.#pending[purposeId]?.values[preferenceId] ?? ''
  }

  getEntityContentById({ entityType, entityId, entityProperty }: EntityContent): string {
    const { purposes } = this.getEntities()
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
    await this.#save(() => [
      setting.preferenceId === undefined
        ? { id, enabled: setting.value }
        : { id, values: { [setting.preferenceId]: { value: setting.value } } },
    ])
  }

  async savePending(): Promise<void> {
    await this.#save(() => changesBetween(this.#stored, this.#pending))
  }

  async #save(changesNow: () => readonly PurposeChange[]): Promise<void> {
    await this.ready()
    if (!this.#widget || !this.#client.token) throw this.#refused ?? new Refused(401, 'nobody is signed in')
    const changes = changesNow()
    if (changes.length === 0) return
    try {
      this.#record(await this.#client.save(this.#widget, changes))
    } catch (error) {
      if (error instanceof Refused) {
        // What can never be saved would keep everything after it from being.
        this.#pending = withoutChanges(this.#pending, error.faults)
        if (error.status === 401) this.#refuse(error)
        this.#record(error.saved)
      }
      throw error
    }
  }

  #record(saved: readonly SavedEvent[]): void {
    const recorded = saved.flatMap(({ status, consents }) =>
      status === 'confirmed' ? (consents.purposes ?? []) : [],
    )
    this.#stored = withChanges(this.#stored, recorded)
    this.#pending = withChanges(this.#pending, recorded)
    this.#saves++
    this.#changed()
    if (saved.length > 0) refreshOthers(this)
  }

  async ask(address: string): Promise<void> {
    await this.ready()
    email = address
    await this.#client.ask(this.#widget as Widget, email)
  }

  /** Gives a token for the code that was mailed. */
  async verify(code: string): Promise<string> {
    await this.ready()
    return this.#client.redeem(this.#widget as Widget, email, code)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

function withoutChanges(pending: Choices, faults: readonly PurposeChange[]): Choices {
  const left = structuredClone(pending)
  for (const { id, values = {} } of faults) {
    for (const key of Object.keys(values)) delete left[id]?.values[key]
    if (Object.keys(values).length === 0) delete left[id]
  }
  return left
}
