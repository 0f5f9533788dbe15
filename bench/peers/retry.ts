import { setTimeout as pause } from 'node:timers/promises'

const TRIES = 6
const FIRST_PAUSE_MS = 200

/** As often as it takes, with a growing pause; the last error is the caller's. */
export async function retrying<T>(
  isWorthIt: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === TRIES || !isWorthIt(error)) throw error
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1))
    }
  }
}
