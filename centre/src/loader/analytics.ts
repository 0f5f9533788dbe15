/** What the loader tells the page's own analytics. Nothing is sent to any server. */
import type { AnalyticsEvent } from '@heed/client/loader'
import { safely } from './page.ts'

/** As DOM event on the document, and to the page's `didomiEventListeners`, where it has some. */
export function tellAnalytics(event: AnalyticsEvent, containerId: string): void {
  const detail = { containerId }
  document.dispatchEvent(new CustomEvent(event, { detail }))
  for (const one of window.didomiEventListeners ?? [])
    if (one.event === event) safely(() => one.listener(detail))
}
