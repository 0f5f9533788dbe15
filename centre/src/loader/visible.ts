/** `<didomi-container id="…">`: the public loader's name for our element. */
import { HeedPreferences } from '../element.ts'
import { givenToken, widgetAddress } from './config.ts'
import { containerOf } from './containers.ts'

export class VisibleContainer extends HeedPreferences {
  static override readonly observedAttributes = ['id', 'lang']

  override connectedCallback(): void {
    this.token = givenToken()
    const container = containerOf(this.id)
    // What was chosen in the one is known to the other.
    this.addEventListener('heed:saved', () => void container.updateToken(this.token))
    super.connectedCallback()
  }

  protected override get address(): string {
    return widgetAddress(this.id)
  }

  protected override get organization(): undefined {
    return undefined
  }
}
