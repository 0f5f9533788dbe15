/** The containers of the page, by id of their widget. */
import type { HeedPreferences } from '../element.ts'
import { setToken } from './config.ts'
import { Container } from './container.ts'

const containers = new Map<string, Container>()

/** An element may name its container before that one stands in the page. */
export function containerOf(id: string): Container {
  const known = containers.get(id)
  if (known) return known
  const made = new Container(id)
  containers.set(id, made)
  // Whoever waits for it is told what went wrong.
  made.ready().catch(() => undefined)
  return made
}

export const allReady = (): Promise<unknown> =>
  Promise.allSettled([...containers.values()].map(container => container.ready()))

/** Another person, in all of the page, also in what comes into it later. */
export async function updateToken(token: string): Promise<void> {
  setToken(token || undefined)
  for (const element of document.querySelectorAll<HeedPreferences>('didomi-container'))
    if ((element.token ?? '') !== token) element.token = token
  await Promise.all([...containers.values()].map(container => container.updateToken(token)))
}
