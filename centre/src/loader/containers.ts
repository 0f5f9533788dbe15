/** The containers of the page, by id of their widget. */
import { HeedPreferences } from '../element.ts'
import { setToken } from './config.ts'
import { Container } from './container.ts'
import { parts } from './page.ts'

const containers = new Map<string, Container>()

addEventListener('online', () => {
  for (const container of containers.values()) if (!container.widget) container.refresh()
})

/** An element may name its container before that one stands in the page. */
export function containerOf(id: string): Container {
  const known = containers.get(id)
  if (known) return known
  const made = new Container(id)
  containers.set(id, made)
  // Whoever waits for it is told what went wrong.
  made.refresh()
  return made
}

export const allReady = (): Promise<unknown> =>
  Promise.allSettled([...containers.values()].map(container => container.ready()))

/** Another person, in all of the page, also in what comes into it later. */
export async function updateToken(token: string): Promise<Container | undefined> {
  setToken(token || undefined)
  for (const part of parts)
    if (part instanceof HeedPreferences && (part.token ?? '') !== token) part.token = token
  const all = [...containers.values()]
  await Promise.all(all.map(container => container.updateToken(token)))
  return all[0]
}
