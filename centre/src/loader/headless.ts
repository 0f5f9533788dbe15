/** Elements that show nothing of their own: they fill in texts, show and hide what is in them, and take the page's events. */
import type { AnalyticsEvent } from '@heed/client/loader'
import { tellAnalytics } from './analytics.ts'
import type { Container, Setting } from './container.ts'
import { containerOf, updateToken } from './containers.ts'

interface Handlers {
  /** Undefined: nothing to wait for, and nothing to tell of unless it fails. */
  [event: string]: (container: Container, detail: Record<string, unknown>) => Promise<unknown> | undefined
}

abstract class Headless extends HTMLElement {
  #forget: (() => void) | undefined

  protected get container(): Container {
    return containerOf(this.getAttribute('container-id') ?? this.id)
  }

  connectedCallback(): void {
    this.#forget = this.container.onChange(() => this.update())
    this.container.ready().then(
      () => this.update(),
      () => undefined,
    )
    this.update()
  }

  disconnectedCallback(): void {
    this.#forget?.()
  }

  protected update(): void {}

  /** Other scripts may style these elements, so that `hidden` alone would not hide them. */
  protected show(isShown: boolean): void {
    if (isShown) this.style.removeProperty('display')
    else this.style.setProperty('display', 'none', 'important')
  }
}

class Plain extends Headless {}

class IfAuthenticated extends Headless {
  protected override update(): void {
    this.show(this.container.isAuthenticated)
  }
}

class IfNotAuthenticated extends Headless {
  protected override update(): void {
    this.show(!this.container.isAuthenticated)
  }
}

class EntityContent extends Headless {
  protected override update(): void {
    const of = (name: string) => this.getAttribute(name) ?? ''
    this.textContent = this.container.getEntityContentById({
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

class ComponentContent extends Headless {
  protected override update(): void {
    const name = components[`${this.getAttribute('component-id')}.${this.getAttribute('component-property')}`]
    this.textContent = (name && this.container.widget?.texts[name]) ?? ''
  }
}

/** Told once for each element, when what it stands in is shown to somebody whom it asks. */
class Asks extends Headless {
  #isTold = false

  protected tellOnce(event: AnalyticsEvent): void {
    if (this.#isTold) return
    this.#isTold = true
    tellAnalytics(event, this.container.id)
  }
}

class ConsentAsked extends Asks {
  protected override update(): void {
    if (this.container.isAuthenticated && this.container.widget) this.tellOnce('consent.asked')
  }
}

/** Tells of each step by `<name>-loading`, then `-success` or `-error`. */
function receiver(handlers: Handlers, asks?: AnalyticsEvent): CustomElementConstructor {
  return class extends Asks {
    protected override update(): void {
      if (asks && this.container.widget && !this.container.isAuthenticated) this.tellOnce(asks)
    }

    constructor() {
      super()
      for (const [name, handle] of Object.entries(handlers))
        this.addEventListener(name, event => {
          const { detail } = event as CustomEvent
          try {
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

    #tell(name: string, detail: object = {}): void {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
    }
  }
}

/** What was meant is not guessed: it would be a refusal in a person's name. */
function settingOf({ purposeId, preferenceId, value }: Record<string, unknown>): Setting {
  if (typeof purposeId !== 'string') throw new TypeError('purposeId: takes the id of a purpose')
  if (preferenceId === undefined) {
    if (!['true', 'false'].includes(String(value))) throw new TypeError('value: takes true or false')
    return { purposeId, value: String(value) === 'true' }
  }
  if (typeof preferenceId !== 'string') throw new TypeError('preferenceId: takes the id of a preference')
  if (typeof value !== 'string') throw new TypeError('value: takes ids of values, joined by commas')
  return { purposeId, preferenceId, value }
}

export const headless: Readonly<Record<string, CustomElementConstructor>> = {
  'didomi-container-headless': class extends Plain {},
  'didomi-consent-asked': ConsentAsked,
  'didomi-if-authenticated': IfAuthenticated,
  'didomi-if-not-authenticated': IfNotAuthenticated,
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
