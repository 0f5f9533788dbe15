/** Calls Heed's own API over HTTP, as any program would. */

export function createCaller(base: string, key: { id: string; secret: string }) {
  let token: Promise<string> | undefined

  async function signIn(): Promise<string> {
    const answer = await fetch(`${base}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'api-key', key: key.id, secret: key.secret }),
    })
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
        throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      token = undefined // an hour has passed
    }
  }
}
