/** `<didomi-container id="…">`: the public loader's name for our element. */
import { HeedPreferences } from '../element.ts'
import { currentToken, widgetAddress } from './config.ts'
import { containerOf, updateToken } from './containers.ts'

export class VisibleContainer extends HeedPreferences {
  static override readonly observedAttributes = ['id', 'lang']

  override connectedCallback(): void {
    this.token = currentToken()
    containerOf(this.id)
    // Who is signed in, or has chosen, in the one is so in the others.
    for (const name of ['heed:signed-in', 'heed:saved']) this.addEventListener(name, this.#share)
    super.connectedCallback()
  }

  readonly #share = (): void => void updateToken(this.token ?? '').catch(() => undefined)

  protected override get address(): string {
    return widgetAddress(this.id)
  }

  protected override get organization(): undefined {
    return undefined
  }
}
