/** Keeps every call to a target: a line for explaining, a count for the budget, and what the target said is left. */
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Call, Usage } from '../connectors/contract.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Database, Runner } from '../store/database.ts'
import type { IntegrationRow } from './integration.ts'

const FLUSH_EVERY_MS = 1_000
/** Beyond this a database that is away costs lines, not memory. */
const KEPT_CALLS = 10_000

type Owner = Pick<IntegrationRow, 'organization_id' | 'id'>

export interface CallBook {
  record(owner: Owner, call: Call, usage: Usage | undefined): void
  flush(): Promise<void>
  close(): Promise<void>
}

interface Line {
  organization_id: string
  integration_id: string
  id: string
  at: string
  kind: string
  method: string
  path: string
  status: number | null
  rows: number
  duration_ms: number
  error: string | null
}

export function openCallBook(db: Database, metrics: Metrics, log: Logger): CallBook {
  let lines: Line[] = []
  let usages = new Map<string, { owner: Owner; usage: Usage; at: Date }>()
  let flushing = Promise.resolve()

  async function write(): Promise<void> {
    if (lines.length === 0) return
    const taken = lines
    const told = usages
    lines = []
    usages = new Map()
    try {
      // First what may be repeated: calls are counted.
      for (const { owner, usage, at } of told.values()) await saveUsage(db, owner, usage, at)
      await insertLines(db, taken)
    } catch (error) {
      log.warn({ err: error, calls: taken.length }, 'calls were not written down; it is tried again')
      lines = [...taken, ...lines].slice(-KEPT_CALLS)
      usages = new Map([...told, ...usages])
    }
  }
  function flush(): Promise<void> {
    flushing = flushing.then(write)
    return flushing
  }
  const timer = setInterval(flush, FLUSH_EVERY_MS).unref()

  return {
    record(owner, call, usage) {
      metrics.targetCalls.inc({ integration: owner.id, kind: call.kind })
      lines.push(lineOf(owner, call))
      if (usage) usages.set(owner.id, { owner, usage, at: new Date() })
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

const lineOf = (owner: Owner, call: Call): Line => ({
  organization_id: owner.organization_id,
  integration_id: owner.id,
  id: call.id,
  at: call.beganAt.toISOString(),
  kind: call.kind,
  method: call.method,
  path: call.path,
  status: call.status ?? null,
  rows: call.rows,
  duration_ms: Math.round(call.durationMs),
  error: call.error ?? null,
})

async function insertLines(runner: Runner, lines: readonly Line[]): Promise<void> {
  await sql`
    with line as (
      select * from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as l (
        organization_id text, integration_id text, id text, at timestamptz, kind text, method text, path text,
        status int, rows int, duration_ms int, error text)
    ), counted as (
      insert into calls_by_hour as c (organization_id, integration_id, hour, calls)
      select l.organization_id, l.integration_id, date_trunc('hour', l.at), count(*)
      from line l join integrations i on i.organization_id = l.organization_id and i.id = l.integration_id
      group by 1, 2, 3 order by 1, 2, 3
      on conflict (organization_id, integration_id, hour) do update set calls = c.calls + excluded.calls
    )
    insert into target_calls select * from line`.execute(runner)
}

async function saveUsage(runner: Runner, owner: Owner, usage: Usage, at: Date): Promise<void> {
  await sql`
    update integrations set target_usage = ${JSON.stringify(usage)}::jsonb, target_usage_at = ${at}
    where organization_id = ${owner.organization_id} and id = ${owner.id}
      and (target_usage_at is null or target_usage_at < ${at})`.execute(runner)
}
