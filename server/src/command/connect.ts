/** Where the commands find Heed, and with which key. */
import { type Call, createCaller } from './caller.ts'

const HEED_URL = 'http://127.0.0.1:8080'
/** Of the sample that the first start loads. */
const SAMPLE_KEY = { id: 'acme-sample-key', secret: 'acme-sample-secret' }

/** `HEED_URL`, `HEED_API_KEY` and `HEED_API_SECRET` say; by default the sample on this machine. */
export function connect(env: Record<string, string | undefined>): { url: string; call: Call } {
  const url = (env.HEED_URL || HEED_URL).replace(/\/+$/, '')
  const key =
    env.HEED_API_KEY && env.HEED_API_SECRET
      ? { id: env.HEED_API_KEY, secret: env.HEED_API_SECRET }
      : SAMPLE_KEY
  return { url, call: createCaller(`${url}/v1`, key) }
}

/** Runs a command: what goes wrong is said in a line or a few, and ends it with 1. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { message, cause } = error as Error
    console.error(message === 'fetch failed' ? `Heed does not answer: ${(cause as Error)?.message}` : message)
    process.exitCode = 1
  }
}
