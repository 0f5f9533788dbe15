/** `/v2/loader.js`: pages written for the public loader run with ours, but for host names and ids. */
import type { Ready, Widgets } from '@heed/client/loader'
import { HeedPreferences } from './element.ts'
import { currentToken } from './loader/config.ts'
import { allReady, containerOf, updateToken } from './loader/containers.ts'
import { headless } from './loader/headless.ts'
import { safely } from './loader/page.ts'
import { VisibleContainer } from './loader/visible.ts'
import { locate } from './locate.ts'

const widgets: Widgets = { getContainerById: containerOf, updateToken }

function start(): void {
  if (customElements.get('didomi-container')) return
  customElements.define('didomi-container', VisibleContainer)
  for (const [name, element] of Object.entries(headless)) customElements.define(name, element)
  window.DidomiWidgets = widgets
  // Out of the address, also where no container stands in the page yet.
  currentToken()
  const waiting = window.didomiWidgetsOnReady
  // Also for containers that a framework has put into the page by then.
  const push = (...callbacks: Ready[]) =>
    void allReady().then(() => {
      for (const callback of callbacks) safely(() => callback(widgets))
    })
  window.didomiWidgetsOnReady = { push }
  if (Array.isArray(waiting)) push(...(waiting as Ready[]))
}

HeedPreferences.origin = locate('/v2/loader.js')
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start)
else start()
