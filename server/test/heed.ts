/** A whole Heed for a test file: its own database, an organization with a key, a token, and a way to call it. */
import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { ensureKey } from '../src/access/keys.ts'
import { ensureOrganization } from '../src/access/organizations.ts'
import { createVault } from '../src/access/vault.ts'
import { createHeed, type Heed, type HeedOptions } from '../src/app.ts'
import type { Connectors } from '../src/connectors/registry.ts'
import { createLog } from '../src/observe/log.ts'
import { type Database, openDatabase } from '../src/store/database.ts'
import { cloneDatabase } from './database.ts'

export interface Answer {
  status: number
  headers: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers as JavaScript does
  body: any
}

export interface TestHeed {
  heed: Heed
  db: Database
  databaseUrl: string
  organizationId: string
  /** `call('GET /v1/keys')`; the organization and the token are added. */
  call(
    route: string,
    body?: unknown,
    options?: { token?: string; headers?: Record<string, string> },
  ): Promise<Answer>
  tokenFor(organizationId: string): Promise<string>
}

export interface TestOptions {
  rateLimit?: { requests: number; windowSeconds: number }
  allowedHosts?: string[]
  delivers?: boolean
  /** Another node on the same database. */
  databaseUrl?: string
  connectors?: Connectors
  withdrawalThresholdSeconds?: number
  lookEverySeconds?: number
  smtpUrl?: string
  dailyLimits?: HeedOptions['dailyLimits']
  signInMailsAnHour?: number
  mount?: HeedOptions['mount']
  publicUrl?: () => string
}

export const testSecretKey = Buffer.alloc(32, 1)

/** In the order of their start; a node on another one's database must be gone before the database is. */
const opened: (() => Promise<void>)[] = []

export async function startHeed(options: TestOptions = {}): Promise<TestHeed> {
  const own = options.databaseUrl ? undefined : await cloneDatabase()
  const databaseUrl = options.databaseUrl ?? (own?.url as string)
  const database = openDatabase(databaseUrl, 8)
  const { db } = database
  const heed = await createHeed({
    database,
    log: createLog(process.env.HEED_TEST_LOG ?? 'silent'),
    secretKey: testSecretKey,
    allowedHosts: options.allowedHosts ?? [],
    rateLimit: options.rateLimit,
    delivers: options.delivers ?? true,
    ...(options.publicUrl ? { publicUrl: options.publicUrl } : {}),
    ...(options.connectors ? { connectors: options.connectors } : {}),
    ...(options.dailyLimits ? { dailyLimits: options.dailyLimits } : {}),
    ...(options.signInMailsAnHour ? { signInMailsAnHour: options.signInMailsAnHour } : {}),
    lookEverySeconds: options.lookEverySeconds ?? 3600,
    ...(options.mount ? { mount: options.mount } : {}),
    mail: { smtpUrl: options.smtpUrl, from: 'Heed <no-reply@heed.test>', retentionDays: 7 },
    ...(options.withdrawalThresholdSeconds === undefined
      ? {}
      : { withdrawalThresholdSeconds: options.withdrawalThresholdSeconds }),
  })
  const close = async () => {
    await heed.close()
    await database.close()
    await own?.drop()
  }
  opened.push(close)
  after(async () => {
    while (opened.includes(close)) await opened.pop()?.()
  })

  async function tokenFor(id: string): Promise<string> {
    const key = `key-${id}`
    const secret = randomBytes(16).toString('hex')
    await ensureOrganization(db, { id, name: id })
    await ensureKey(db, createVault(testSecretKey), { organizationId: id, id: key, secret, name: 'test' })
    const answer = await heed.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { type: 'api-key', key, secret },
    })
    return answer.json().access_token
  }
  const organizationId = 'acme'
  const token = await tokenFor(organizationId)

  return {
    heed,
    db,
    databaseUrl,
    organizationId,
    tokenFor,
    async call(route, body, { token: other, headers } = {}) {
      const [method, path] = route.split(' ') as ['GET', string]
      const answer = await heed.app.inject({
        method,
        url: path,
        headers: { authorization: `Bearer ${other ?? token}`, ...headers },
        ...(body === undefined ? {} : { payload: body as object }),
      })
      const isJson = String(answer.headers['content-type']).includes('json')
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: isJson && answer.body ? answer.json() : answer.body,
      }
    },
  }
}

/** Waits for a state, not for a time. */
export async function eventually<T>(look: () => Promise<T> | T, timeoutMs = 30_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found) return found as NonNullable<T>
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${look}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
