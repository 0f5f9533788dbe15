/** `/sdk/heed.js` */
import { takeToken } from '@heed/client'
import { HeedPreferences } from './element.ts'
import { locate } from './locate.ts'

HeedPreferences.origin = locate('/sdk/heed.js')
HeedPreferences.linked = takeToken()
if (!customElements.get('heed-preferences')) customElements.define('heed-preferences', HeedPreferences)
