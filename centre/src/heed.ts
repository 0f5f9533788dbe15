/** `/sdk/heed.js` */
import { HeedPreferences } from './element.ts'
import { locate } from './locate.ts'

HeedPreferences.origin = locate('/sdk/heed.js')
if (!customElements.get('heed-preferences')) customElements.define('heed-preferences', HeedPreferences)
