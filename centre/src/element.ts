/** `<heed-preferences>`: a person's preferences in somebody else's page. */
import {
  type Client,
  createClient,
  type PurposeChange,
  Refused,
  type SavedEvent,
  type Widget,
} from '@heed/client'
import {
  type Choices,
  changesBetween,
  choiceOf,
  choicesOf,
  everythingOff,
  fill,
  numberOf,
  sentencesOf,
  withChanges,
} from './choices.ts'
import controls from './controls.css'
import { h, sheetOf } from './dom.ts'
import { frameOf, looksOf } from './frame.ts'
import styles from './heed.css'
import { historyOf } from './history.ts'
import { cardsOf } from './preferences.ts'
import { receiptOf } from './receipt.ts'
import { signIn } from './signIn.ts'
import { isUnderway, noStandings, showStandings } from './standing.ts'
import { tellOf } from './tellOf.ts'
import { around } from './time.ts'

const base = sheetOf(controls + styles)

/** Between two looks whether what was saved has arrived: twice as long each time, from here to there. */
const FIRST_LOOK_MS = 1000
const LONGEST_WAIT_MS = 60_000
const LOOKS = 12

/** What other elements of the page follow. */
const SHARED = ['heed:signed-in', 'heed:signed-out', 'heed:saved']

interface Shown {
  address: string
  token: string | undefined
}

export class HeedPreferences extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ['widget', 'token', 'lang', 'src']
  /** Where the script came from: there is Heed. */
  static origin = ''
  /** Of a link that led to this page: whoever opened it is signed in. */
  static linked: string | undefined

  readonly #shadow = this.attachShadow({ mode: 'open' })
  #client: Client = createClient('')
  #widget: Widget | undefined
  #token: string | undefined
  /** As Heed has them, and as they stand in the controls. */
  #stored: Choices = {}
  #now: Choices = {}
  /** What the controls are of. */
  #shown: Shown = { address: '', token: undefined }
  /** Chosen and not saved when a token ended or something about the element changed. */
  #kept: (Shown & { user: string; changes: readonly PurposeChange[] }) | undefined
  /** Read aloud whenever it changes, so it stays where it is while the rest is made anew. */
  readonly #status = h('p', { role: 'status', part: 'status' })
  readonly #content = h('div')
  /** Who is signed in. */
  readonly #user = h('p', { class: 'user', part: 'user' })
  #receipt: HTMLElement | undefined
  #history: HTMLDetailsElement | undefined
  #standings = noStandings
  #loads = 0
  #saves = 0
  #watches = 0
  #saving: Promise<void> = Promise.resolve()
  #isScheduled = false

  connectedCallback(): void {
    this.#token ??= HeedPreferences.linked
    for (const name of SHARED) document.addEventListener(name, this.#elsewhere)
    window.addEventListener('online', this.#backOnline)
    this.refresh()
  }

  disconnectedCallback(): void {
    this.#watches++
    for (const name of SHARED) document.removeEventListener(name, this.#elsewhere)
    window.removeEventListener('online', this.#backOnline)
  }

  /** Who signs in or out, or chooses, in one element of the page does so in all of them. */
  readonly #elsewhere = ({ type, target }: Event): void => {
    const [other, widget] = [target, this.#widget]
    if (other === this || !(other instanceof HeedPreferences) || !widget) return
    if (type === 'heed:signed-in') {
      if (!this.#token && other.#widget?.organization_id === widget.organization_id) this.token = other.token
    } else if (this.#token)
      if (type === 'heed:saved') this.refresh()
      else this.#leave(widget)
  }
  readonly #backOnline = (): void => {
    if (!this.#widget) this.refresh()
  }

  attributeChangedCallback(name: string): void {
    if (name === 'token') this.#token = this.getAttribute('token') ?? undefined
    if (this.isConnected) this.refresh()
  }

  get token(): string | undefined {
    return this.#token
  }

  set token(token: string | undefined) {
    this.#token = token || undefined
    if (this.isConnected) this.refresh()
  }

  /** Of the widget, as the client takes it. */
  protected get address(): string {
    return this.getAttribute('widget') ?? ''
  }

  /** As far as it is known before the widget is. */
  protected get organization(): string | undefined {
    return this.address.split('/')[0]
  }

  /** What is there anew, with what was changed and not saved. Several attributes that are set together make one load. */
  refresh(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      void this.#load()
    })
  }

  async #load(): Promise<void> {
    const [load, saves, { address }] = [++this.#loads, this.#saves, this]
    // What stands in the element is shown until it has loaded, and if it cannot.
    if (!this.#widget) this.#shadow.replaceChildren(h('slot'))
    try {
      const { origin } = new URL(this.getAttribute('src') || HeedPreferences.origin)
      const client = createClient(origin, this.#token)
      this.#client = client
      const language = this.getAttribute('lang') || this.closest<HTMLElement>('[lang]')?.lang || ''
      const asked = client.widget(address, language)
      const organization = this.organization ?? (await asked).organization_id
      const [widget, purposes, standings] = await Promise.all([
        asked,
        client.token ? choicesIn(client, organization) : [],
        // All at once, so that nothing moves; preferences are of use without it.
        client.token ? client.standings(organization).catch(() => noStandings) : noStandings,
      ])
      if (load !== this.#loads) return
      // What was read may be from before that.
      if (saves !== this.#saves) return this.#load()
      this.#keep()
      this.#widget = widget
      this.#shown = { address, token: client.token }
      this.#stored = choicesOf(purposes instanceof Refused ? [] : purposes)
      this.#standings = standings
      const user = widget.look.is_user_shown && standings.organization_user_id
      this.#user.replaceChildren(...(user ? around(widget.texts.signedInAs, 'name', h('bdi', {}, user)) : []))
      this.#inPlace(() => {
        this.#frame(widget)
        if (purposes instanceof Refused) this.#expired(widget, purposes)
        else this.#show(this.#keptFor(standings.organization_user_id))
      })
      if (isUnderway(standings)) void this.#watch(FIRST_LOOK_MS)
    } catch (error) {
      if (load === this.#loads) this.#fail(error)
    }
  }

  #frame(widget: Widget): void {
    this.#shadow.adoptedStyleSheets = [base, looksOf(widget)]
    this.#shadow.replaceChildren(
      frameOf(widget, { user: this.#user, status: this.#status, content: this.#content }),
    )
  }

  /** @param meanwhile changed by the person and not stored yet */
  #show(meanwhile: readonly PurposeChange[] = []): void {
    const widget = this.#widget
    if (!widget) return
    const { auth } = widget
    this.#now = withChanges(this.#stored, meanwhile)
    if (auth.hide_if_not_authenticated) this.hidden = !this.#token
    this.#content.replaceChildren(
      ...(this.#token
        ? this.#preferences(widget)
        : [
            signIn({
              client: this.#client,
              widget,
              say: text => this.#say(text),
              onFailed: error => tellOf(error, this),
              onToken: token => void this.#signIn(token),
            }),
          ]),
    )
    showStandings(this.#content, widget, this.#standings)
  }

  /** Looks again, more and more seldom, until what was saved has arrived everywhere. */
  async #watch(firstMs: number): Promise<void> {
    const watch = ++this.#watches
    for (let look = 0, waitMs = firstMs; look < LOOKS; look++) {
      await new Promise(resolve => setTimeout(resolve, waitMs))
      waitMs = Math.min(Math.max(2 * waitMs, FIRST_LOOK_MS), LONGEST_WAIT_MS)
      const isWanted = () => watch === this.#watches && this.#token !== undefined
      if (!isWanted()) return
      if (document.hidden) continue
      const widget = this.#widget
      const standings =
        widget && (await this.#client.standings(widget.organization_id).catch(() => undefined))
      if (!isWanted()) return
      if (!standings) continue
      this.#standings = standings
      showStandings(this.#content, widget, standings)
      if (!isUnderway(standings)) return
    }
  }

  #preferences(widget: Widget): HTMLElement[] {
    const { texts } = widget
    const waits = widget.purposes.some(purpose => !purpose.save_on_click)
    const pending = h('output', { part: 'pending', 'aria-live': 'polite' })
    const button = h(
      'button',
      {
        type: 'button',
        part: 'button save',
        click: () => this.#save(this.#changes, { none: texts.savedNothing }),
      },
      texts.saveAll,
    )
    const count = () => {
      const number = numberOf(this.#changes())
      pending.textContent =
        number === 0
          ? texts.pendingNone
          : fill(number === 1 ? texts.pendingOne : texts.pendingMany, { number })
      button.ariaDisabled = String(number === 0)
    }
    count()
    const cards = cardsOf({
      widget,
      now: this.#now,
      onChange: ({ id, save_on_click: isSaved }) =>
        isSaved ? this.#save(this.#changes, { only: id }) : count(),
    })
    const off = h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        part: 'button unsubscribe',
        click: () => this.#save(() => everythingOff(widget, this.#stored), { none: texts.nothingLeft }),
      },
      texts.unsubscribeAll,
    )
    const out = h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        part: 'button sign-out',
        click: () => {
          this.#leave(widget)
          this.dispatchEvent(new CustomEvent('heed:signed-out', { bubbles: true, composed: true }))
        },
      },
      texts.signOut,
    )
    this.#history = historyOf({
      ...{ client: this.#client, widget },
      isOpen: this.#history?.open ?? false,
      onFailed: error => this.#failed(error),
    })
    return [
      ...(this.#receipt ? [this.#receipt] : []),
      ...cards,
      ...(waits ? [h('p', { class: 'save bar', part: 'bar' }, button, pending)] : []),
      this.#history,
      h('p', { class: 'bar' }, off, out),
    ]
  }

  #keep(): void {
    const [user, changes] = [this.#standings.organization_user_id, this.#changes()]
    if (changes.length > 0) this.#kept = { ...this.#shown, user, changes }
  }

  /** Nobody finds what somebody else has chosen before them. */
  #keptFor(user: string): readonly PurposeChange[] {
    const kept = this.#kept
    if (this.#token) this.#kept = undefined
    const isTheirs = kept && (kept.token === this.#token || (user && kept.user === user))
    return isTheirs && kept.address === this.#shown.address ? kept.changes : []
  }

  readonly #changes = (): PurposeChange[] => changesBetween(this.#stored, this.#now)

  async #signIn(token: string): Promise<void> {
    this.#token = token
    this.dispatchEvent(new CustomEvent('heed:signed-in', { bubbles: true, composed: true }))
    this.#say('')
    await this.#load()
    this.#shadow.querySelector('input')?.focus()
  }

  #leave({ texts }: Widget): void {
    this.#signOut(texts.signedOut)
    this.#kept = undefined
  }

  #signOut(reason: string): void {
    this.#loads++
    this.#token = undefined
    HeedPreferences.linked = undefined
    this.#receipt = undefined
    this.#history = undefined
    this.#user.replaceChildren()
    this.#stored = {}
    this.#standings = noStandings
    this.#show()
    this.#say(reason)
  }

  /**
   * One after the other, each with what is to be saved by then.
   * @param which.none said where that is nothing
   * @param which.only a purpose: what else is changed waits
   */
  #save(changesNow: () => PurposeChange[], { none, only }: { none?: string; only?: string }): void {
    this.#saving = this.#saving.then(() =>
      this.#send(
        changesNow().filter(({ id }) => only === undefined || id === only),
        none,
        only,
      ),
    )
  }

  async #send(
    changes: readonly PurposeChange[],
    none: string | undefined,
    only: string | undefined,
  ): Promise<void> {
    const widget = this.#widget
    if (!widget || !this.#token) return
    const { texts } = widget
    if (changes.length === 0) return none === undefined ? undefined : this.#say(none)
    const sent = structuredClone(
      only === undefined ? this.#now : { ...this.#stored, [only]: choiceOf(this.#now, only) },
    )
    this.#say(texts.saving)
    try {
      const saved = await this.#client.save(widget, changes)
      this.#record(widget, saved, sent)
      const sentences = saved.flatMap(({ consents }) => sentencesOf(widget, consents.purposes ?? []))
      const waits = saved.some(({ status }) => status === 'pending_approval')
      this.#say([...sentences, ...(waits ? [texts.confirmByMail] : [])].join('. '))
    } catch (error) {
      const saved = error instanceof Refused ? error.saved : []
      // What was left out stays chosen, and to be saved.
      if (saved.length > 0)
        this.#record(
          widget,
          saved,
          withChanges(
            this.#stored,
            saved.flatMap(({ consents }) => consents.purposes ?? []),
          ),
        )
      const tooOften = saved.length > 0 ? texts.cutShort : texts.changedTooOften
      this.#failed(error, error instanceof Refused && error.status === 429 ? tooOften : texts.failed)
    }
  }

  /** @param sent how the controls stood as far as they have been saved */
  #record(widget: Widget, saved: readonly SavedEvent[], sent: Choices): void {
    const recorded = saved
      .filter(({ status }) => status === 'confirmed')
      .flatMap(({ consents }) => consents.purposes ?? [])
    this.#stored = withChanges(this.#stored, recorded)
    this.#receipt = receiptOf(widget, saved)
    const isSaved = ({ purpose_id: id }: { purpose_id: string }) => recorded.some(one => one.id === id)
    const { data, waiting } = this.#standings
    this.#standings = {
      ...this.#standings,
      data: data.filter(one => !isSaved(one)),
      waiting: waiting.filter(one => !isSaved(one)),
    }
    this.#saves++
    this.#inPlace(() => this.#show(changesBetween(sent, this.#now)))
    this.dispatchEvent(
      new CustomEvent('heed:saved', { detail: { events: saved }, bubbles: true, composed: true }),
    )
    void this.#watch(0)
  }

  #expired({ texts }: Widget, error: Refused): void {
    this.#signOut(texts.signInExpired)
    tellOf(error, this)
  }

  #failed(error: unknown, said?: string): void {
    if (isExpired(error) && this.#widget) {
      this.#keep()
      this.#expired(this.#widget, error)
    } else this.#fail(error, said)
  }

  /** Made anew; the person stays at the control where they were. */
  #inPlace(make: () => void): void {
    const focused = this.#shadow.activeElement
    const again = focused?.id ? `#${CSS.escape(focused.id)}` : `[part="${focused?.getAttribute('part')}"]`
    make()
    if (focused) this.#shadow.querySelector<HTMLElement>(again)?.focus()
  }

  #say(text: string): void {
    this.#status.textContent = text
  }

  #fail(error: unknown, said = this.#widget?.texts.unavailable): void {
    if (said) this.#say(said)
    tellOf(error, this)
  }
}

/** Refused: the token opens nothing any more. */
async function choicesIn(client: Client, organizationId: string): Promise<PurposeChange[] | Refused> {
  try {
    return await client.choices(organizationId)
  } catch (error) {
    if (isExpired(error)) return error
    throw error
  }
}

const isExpired = (error: unknown): error is Refused => error instanceof Refused && error.status === 401
