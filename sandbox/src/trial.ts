/** For tests: an org, and calls to its API. */
import type { TestContext } from 'node:test'
import { type SandboxOptions, startSandboxOrg } from './main.ts'

export const ROOT = '/services/data/v67.0'

// biome-ignore lint/suspicious/noExplicitAny: a test reads answers as JavaScript does
export type Answer = { status: number; body: any; text: string }

export async function startTrial(t: TestContext, options: SandboxOptions = {}) {
  const org = await startSandboxOrg(options)
  t.after(() => org.close())
  const answer = await fetch(`${org.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: org.clientId,
      client_secret: org.clientSecret,
    }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  /** A text is sent as CSV, anything else as JSON. */
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: object = {},
  ): Promise<Answer> => {
    const type = typeof body === 'string' ? 'text/csv' : 'application/json'
    const answer = await fetch(org.url + ROOT + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': type, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json')
    return { status: answer.status, body: isJson ? JSON.parse(text) : undefined, text }
  }
  const query = (soql: string, all = '') => call('GET', `/query${all}?q=${encodeURIComponent(soql)}`)
  const rows = (type: string, records: object[]) => ({
    allOrNone: false,
    records: records.map(one => ({ attributes: { type }, ...one })),
  })
  return { org, call, query, rows, token }
}

export const lead = (email: string, more: object = {}) => ({
  LastName: 'L',
  Company: 'C',
  Email: email,
  ...more,
})

/** The code of each row of a collection's answer; undefined where it was written. */
export const codes = ({ body }: Answer): (string | undefined)[] =>
  body.map((row: { errors: { statusCode: string }[] }) => row.errors[0]?.statusCode)

export const codeOf = ({ body }: Answer): string => body[0].errorCode
