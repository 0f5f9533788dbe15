/**
 * Elements that show nothing of their own: they fill in texts, show and hide what is in them, and take the page's events.
 * They write into shadow roots alone: what a framework has rendered, on a server too, it finds as it left it.
 */
import type { AnalyticsEvent } from '@heed/client/loader'
import { h, sheetOf } from '../dom.ts'
import { tellAnalytics } from './analytics.ts'
import type { Container, Setting } from './container.ts'
import { containerOf, updateToken } from './containers.ts'

interface Handlers {
  /** Undefined: nothing to wait for, and nothing to tell of unless it fails. */
  [event: string]: (container: Container, detail: Record<string, unknown>) => Promise<unknown> | undefined
}

abstract class Headless extends HTMLElement {
  static readonly observedAttributes = [
    ...['id', 'container-id', 'entity-id', 'entity-type', 'entity-property'],
    ...['component-id', 'component-property'],
  ]
  container: Container | undefined
  #forget: (() => void) | undefined

  connectedCallback(): void {
    this.#attach()
  }

  /** A framework may set them, and others later, when the element is in the page already. */
  attributeChangedCallback(): void {
    if (this.isConnected) this.#attach()
  }

  disconnectedCallback(): void {
    this.#forget?.()
    this.container = undefined
  }

  #attach(): void {
    const id = this.getAttribute('container-id') || this.closest('didomi-container-headless')?.id
    if (id !== this.container?.id) {
      this.#forget?.()
      this.container = id ? containerOf(id) : undefined
      this.#forget = this.container?.onChange(() => this.update())
    }
    this.update()
  }

  protected update(): void {}
}

class Plain extends Headless {}

/** Comes over what the page itself says of the element. */
const hidden = sheetOf(':host{display:none!important}')

const shownIf = (isAuthenticated: boolean): CustomElementConstructor =>
  class extends Headless {
    readonly #shadow = this.attachShadow({ mode: 'open' })

    constructor() {
      super()
      this.#shadow.append(h('slot'))
    }

    protected override update(): void {
      const isShown = this.container?.isAuthenticated === isAuthenticated
      this.#shadow.adoptedStyleSheets = isShown ? [] : [hidden]
    }
  }

/** What stands in the element is shown where there is no such text. */
abstract class Content extends Headless {
  readonly #shadow = this.attachShadow({ mode: 'open' })

  #said: string | undefined | null = null

  protected abstract text(container: Container, of: (attribute: string) => string): string | undefined

  protected override update(): void {
    const text = this.container && this.text(this.container, name => this.getAttribute(name) ?? '')
    if (text === this.#said) return
    this.#said = text
    this.#shadow.replaceChildren(text ? h('span', {}, text) : h('slot'))
  }
}

class EntityContent extends Content {
  protected override text(container: Container, of: (attribute: string) => string): string {
    return container.getEntityContentById({
      entityType: of('entity-type'),
      entityId: of('entity-id'),
      entityProperty: of('entity-property') || 'name',
    })
  }
}

const components: Readonly<Record<string, 'title' | 'introduction' | 'footer' | 'saveAll' | 'pendingMany'>> =
  {
    'header.mainTitle': 'title',
    'header.introductionTitle': 'introduction',
    'footer.text': 'footer',
    'save.saveButton': 'saveAll',
    'save.guidelineText': 'pendingMany',
  }

class ComponentContent extends Content {
  /** The component by its id or its type, and of the property's path (`saveButton.text.content`) which part is meant. */
  protected override text({ widget }: Container, of: (attribute: string) => string): string | undefined {
    const id = of('component-id')
    const name = components[`${widget?.components?.[id] ?? id}.${of('component-property').split('.')[0]}`]
    return name && widget?.texts[name]
  }
}

/** Told once for each element, when what it stands in is shown to somebody whom it asks. */
class Asks extends Headless {
  #isTold = false

  protected tellOnce(event: AnalyticsEvent): void {
    if (this.#isTold || !this.container?.widget) return
    this.#isTold = true
    tellAnalytics(event, this.container.id)
  }
}

class ConsentAsked extends Asks {
  protected override update(): void {
    if (this.container?.isAuthenticated) this.tellOnce('consent.asked')
  }
}

/** Tells of each step by `<name>-loading`, then `-success` or `-error`. */
function receiver(handlers: Handlers, asks?: AnalyticsEvent): CustomElementConstructor {
  return class extends Asks {
    protected override update(): void {
      if (asks && !this.container?.isAuthenticated) this.tellOnce(asks)
    }

    constructor() {
      super()
      for (const [name, handle] of Object.entries(handlers))
        this.addEventListener(name, event => {
          const { detail } = event as CustomEvent
          try {
            if (!this.container) throw new TypeError('container-id: takes the id of a widget')
            const work = handle(this.container, detail ?? {})
            if (work) void this.#report(name, work)
          } catch (error) {
            this.#fail(name, error)
          }
        })
    }

    async #report(name: string, work: Promise<unknown>): Promise<void> {
      this.#tell(`${name}-loading`)
      try {
        await work
        this.#tell(`${name}-success`)
      } catch (error) {
        this.#fail(name, error)
      }
    }

    #fail(name: string, error: unknown): void {
      this.#tell(`${name}-error`, { message: error instanceof Error ? error.message : String(error) })
    }

    /** Also where the page has taken the element away meanwhile: a dialog that closes when its button is pressed. */
    #tell(name: string, detail: object = {}): void {
      const from = this.isConnected ? this : document
      from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
    }
  }
}

/** What was meant is not guessed: it would be a refusal in a person's name. */
function settingOf({ purposeId, preferenceId, value }: Record<string, unknown>): Setting {
  if (typeof purposeId === 'string') {
    const said = String(value)
    if (preferenceId === undefined && ['true', 'false'].includes(said))
      return { purposeId, value: said === 'true' }
    if (typeof preferenceId === 'string' && typeof value === 'string')
      return { purposeId, preferenceId, value }
  }
  throw new TypeError('takes {purposeId, value: true|false} or {purposeId, preferenceId, value: "id,id"}')
}

export const headless: Readonly<Record<string, CustomElementConstructor>> = {
  'didomi-container-headless': class extends Plain {},
  'didomi-consent-asked': ConsentAsked,
  'didomi-if-authenticated': shownIf(true),
  'didomi-if-not-authenticated': shownIf(false),
  'didomi-entity-content': EntityContent,
  'didomi-component-content': ComponentContent,
  'didomi-auth-headless': receiver(
    {
      'didomi:send-authentication': async (container, { value }) => {
        await container.ask(String(value))
        tellAnalytics('authentication.sent', container.id)
      },
      'didomi:verify-otp-code': async (container, { value }) =>
        updateToken(await container.verify(String(value))),
    },
    'authentication.asked',
  ),
  'didomi-consent-receiver': receiver({
    'didomi:set-consents': async (container, detail) => container.set(settingOf(detail)),
  }),
  'didomi-pending-consent-receiver': receiver({
    'didomi:set-pending-consents': (container, detail) => {
      container.setPending(settingOf(detail))
      return undefined
    },
    'didomi:save-pending-consents': container => container.savePending(),
  }),
}
