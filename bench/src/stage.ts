/** What every measurement stands on: a Heed of its own, as its user runs it, with a small library. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { type OpenDatabase, openDatabase } from '../../server/src/store/database.ts'
import { type Processes, postmasterOf } from './processes.ts'

const root = join(import.meta.dirname, '../..')
/** As `npm start` begins it. */
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: { start: string }
}
const [, ...start] = scripts.start.replace('exec ', '').split(' ')
const key = { HEED_ORGANIZATION: 'bench', HEED_API_KEY: 'bench', HEED_API_SECRET: 'bench-secret' }

export interface Stage {
  url: string
  headers: Record<string, string>
  call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown): Promise<T>
  /** A pool of connections and the headers that a request needs. */
  pool(connections: number): { pool: Pool; headers: Record<string, string> }
  /** Heed's process, and the PostgreSQL that it started. */
  processes: Processes
  /** Its database, for what no user would ask. */
  database: OpenDatabase
  close(): Promise<void>
}

/** @param environment further settings of Heed */
export async function openStage(
  allowedHosts: string[] = [],
  environment: Record<string, string> = {},
): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'heed-bench-'))
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, start, {
    cwd: root,
    env: {
      PATH,
      HOME,
      PORT: '0',
      DATA_DIR: dataDir,
      HEED_RATE_LIMIT: 'off',
      HEED_LOG_LEVEL: 'warn',
      HEED_ALLOWED_HOSTS: allowedHosts.join(','),
      ...key,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', text => {
      said += text
      const found = /listens at (\S+)/.exec(said)?.[1]
      if (found) resolve(found)
    })
    child.once('exit', code => reject(new Error(`Heed ended (${code})`)))
  })
  const signedIn = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'api-key', key: key.HEED_API_KEY, secret: key.HEED_API_SECRET }),
  })
  const { access_token } = (await signedIn.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }

  const cluster = join(dataDir, 'postgresql')
  const database = openDatabase(`postgresql:///postgres?host=${encodeURIComponent(cluster)}&user=heed`, 1)
  const { rows } = await database.pool.query<{ pid: number }>('select pg_backend_pid() as pid')
  const bench = rows[0]?.pid as number

  const stage: Stage = {
    url,
    headers,
    processes: { node: child.pid as number, postmaster: await postmasterOf(cluster), bench },
    database,
    async call(method, path, body) {
      const answer = await fetch(`${url}/v1${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as never
    },
    pool: connections => ({ pool: new Pool(url, { connections, pipelining: 1 }), headers }),
    async close() {
      await database.close()
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  await stage.call('POST', '/metadata/purposes', { id: 'newsletter', description: { en: 'Newsletter' } })
  await stage.call('POST', '/preferences', {
    id: 'topics',
    name: 'Topics',
    type: 'multi',
    values: ['travel', 'food', 'music', 'sport'].map(id => ({ id, name: id })),
  })
  await stage.call('PUT', '/config-trees', {
    selected_purposes: [
      {
        id: 'newsltr',
        purpose_id: 'newsletter',
        selected_preferences: [{ id: 'topicsT', preference_id: 'topics' }],
      },
    ],
  })
  return stage
}

export const email = (n: number): string => `person.${n}@example-company.com`

/** A choice of person n; another seed is another choice. */
export const choice = (n: number, seed: number) => ({
  user: { organization_user_id: email(n) },
  consents: {
    purposes: [
      {
        id: 'newsletter',
        enabled: seed % 2 === 0,
        values: { topics: { value: ['travel', 'food,music', 'sport', 'travel,sport'][seed % 4] } },
      },
    ],
  },
})

export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN
}
