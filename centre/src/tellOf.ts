/** Says to the page around what went wrong. */
import { Refused } from '@heed/client'

export function tellOf(error: unknown, from: EventTarget): void {
  const detail = {
    message: error instanceof Error ? error.message : String(error),
    status: error instanceof Refused ? error.status : undefined,
  }
  from.dispatchEvent(new CustomEvent('heed:error', { detail, bubbles: true, composed: true }))
}
