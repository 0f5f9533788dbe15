/** Calls Heed's own API over HTTP, as any program would. */

export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  /** By place in the request, where the answer names places. */
  readonly errors: Readonly<Record<string, string>>
  constructor(method: string, path: string, status: number, text: string) {
    const { message = text, errors = {} } = answerOf(text)
    super(`${method} ${path}: ${status} ${message}`)
    this.status = status
    this.errors = errors
  }
}

function answerOf(text: string): { message?: string; errors?: Record<string, string> } {
  try {
    return JSON.parse(text)
  } catch {
    return {} // an answer that is not Heed's
  }
}

export type Call = ReturnType<typeof createCaller>

export function createCaller(base: string, key: { id: string; secret: string }) {
  let token: Promise<string> | undefined

  async function signIn(): Promise<string> {
    const answer = await fetch(`${base}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'api-key', key: key.id, secret: key.secret }),
    })
    if (answer.status === 400)
      throw new Error(
        `${key.id} is no key here, or has another secret: HEED_API_KEY and HEED_API_SECRET say which to use`,
      )
    if (!answer.ok) throw new ApiError('POST', '/sessions', answer.status, await answer.text())
    const { access_token } = (await answer.json()) as { access_token: string }
    return access_token
  }

  return async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      token ??= signIn()
      const answer = await fetch(base + path, {
        method,
        headers: {
          authorization: `Bearer ${await token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (answer.ok) return (await answer.json()) as T
      if (answer.status !== 401 || attempt > 1)
        throw new ApiError(method, path, answer.status, await answer.text())
      token = undefined // an hour has passed
    }
  }
}
