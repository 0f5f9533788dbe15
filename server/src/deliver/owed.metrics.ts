/** The gauges that stand in tables, per integration: read when the metrics are asked for. */
import { sql } from 'kysely'
import type { Usage } from '../connectors/contract.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../store/database.ts'

interface Row {
  id: string
  owed: number
  waiting: number
  failed: number
  failed_withdrawals: number
  oldest: number | null
  oldest_withdrawal: number | null
  is_held: boolean
  usage: Usage | null
  share: number
  spent: number
}

/** Of the deliveries nothing is read but what the index of the undelivered holds. */
export async function readGauges(db: Database, metrics: Metrics): Promise<void> {
  const { rows } = await sql<Row>`
    select i.id, count(d.owed_since) as owed,
      count(*) filter (where d.state = 'unmatched') as waiting,
      count(*) filter (where d.state = 'failed') as failed,
      count(*) filter (where d.state = 'failed' and d.withdrawal) as failed_withdrawals,
      extract(epoch from now() - min(d.owed_since))::float8 as oldest,
      extract(epoch from now() - min(d.owed_since) filter (where d.withdrawal))::float8 as oldest_withdrawal,
      coalesce(i.hold ->> 'kind' = 'hold', false) as is_held, i.target_usage as usage, i.daily_call_share as share,
      (select coalesce(sum(c.calls), 0) from calls_by_hour c
        where c.organization_id = i.organization_id and c.integration_id = i.id
          and c.hour > now() - interval '24 hours')::float8 as spent
    from integrations i
    left join deliveries d
      on d.organization_id = i.organization_id and d.integration_id = i.id and d.state <> 'delivered'
    where i.enabled
    group by i.organization_id, i.id`.execute(db)
  const gauges = [
    [metrics.owed, ({ owed }: Row) => owed],
    [metrics.waiting, ({ waiting }: Row) => waiting],
    [metrics.failed, ({ failed }: Row) => failed],
    [metrics.failedWithdrawals, ({ failed_withdrawals }: Row) => failed_withdrawals],
    [metrics.oldestOwedSeconds, ({ oldest }: Row) => Math.max(0, oldest ?? 0)],
    [
      metrics.oldestWithdrawalOwedSeconds,
      ({ oldest_withdrawal }: Row) => Math.max(0, oldest_withdrawal ?? 0),
    ],
    [metrics.held, ({ is_held }: Row) => Number(is_held)],
    [metrics.targetCallsLimit, ({ usage }: Row) => usage?.limit],
    [metrics.targetCallsUsed, ({ usage }: Row) => usage?.used],
    [metrics.budgetAllowance, ({ usage, share }: Row) => usage && Math.floor(usage.limit * share)],
    [metrics.budgetSpent, ({ spent }: Row) => spent],
  ] as const
  for (const [gauge, read] of gauges) {
    gauge.reset()
    for (const row of rows) {
      const value = read(row)
      if (typeof value === 'number') gauge.set({ integration: row.id }, value)
    }
  }
}

export async function oldestWithdrawalSeconds(db: Database): Promise<number> {
  const { rows } = await sql<{ seconds: number | null }>`
    select max(age)::float8 as seconds
    from integrations i, lateral (
      select extract(epoch from now() - min(d.owed_since)) as age from deliveries d
      where d.organization_id = i.organization_id and d.integration_id = i.id
        and d.owed_since is not null and d.withdrawal) oldest
    where i.enabled`.execute(db)
  return Math.max(0, rows[0]?.seconds ?? 0)
}
