/** `/sdk/heed.js` */
import { HeedPreferences } from './element.ts'

const { currentScript } = document
const script =
  currentScript instanceof HTMLScriptElement
    ? currentScript
    : document.querySelector<HTMLScriptElement>('script[src*="/sdk/heed.js"]')
if (script) HeedPreferences.origin = new URL(script.src).origin
if (!customElements.get('heed-preferences')) customElements.define('heed-preferences', HeedPreferences)
