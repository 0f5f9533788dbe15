/** `<didomi-container id="…">`: the public loader's name for our element. */
import { HeedPreferences } from '../element.ts'
import { currentToken, widgetAddress } from './config.ts'
import { containerOf, updateToken } from './containers.ts'
import { parts, refreshOthers } from './page.ts'

export class VisibleContainer extends HeedPreferences {
  static override readonly observedAttributes = ['id', 'lang']

  override connectedCallback(): void {
    this.token = currentToken()
    containerOf(this.id)
    parts.add(this)
    // Who is signed in or out, or has chosen, in the one is so in the others.
    for (const name of ['heed:signed-in', 'heed:signed-out']) this.addEventListener(name, this.#share)
    this.addEventListener('heed:saved', this.#saved)
    super.connectedCallback()
  }

  override disconnectedCallback(): void {
    parts.delete(this)
    super.disconnectedCallback()
  }

  readonly #share = (): void => void updateToken(this.token ?? '').catch(() => undefined)
  readonly #saved = (): void => refreshOthers(this)

  protected override get address(): string {
    return widgetAddress(this.id)
  }

  protected override get organization(): undefined {
    return undefined
  }
}
