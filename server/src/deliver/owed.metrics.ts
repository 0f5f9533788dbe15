/** How much is owed, per integration: read from the table when the metrics are asked for. */
import { sql } from 'kysely'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../store/database.ts'

interface Row {
  id: string
  owed: number
  oldest: number | null
  oldest_withdrawal: number | null
}

export async function readOwed(db: Database, metrics: Metrics): Promise<void> {
  const { rows } = await sql<Row>`
    select i.id, count(d.person_id) as owed,
      extract(epoch from now() - min(d.owed_since))::float8 as oldest,
      extract(epoch from now() - min(d.owed_since) filter (where d.withdrawal))::float8 as oldest_withdrawal
    from integrations i
    left join deliveries d
      on d.organization_id = i.organization_id and d.integration_id = i.id and d.owed_since is not null
    where i.enabled
    group by i.id`.execute(db)
  metrics.owed.reset()
  metrics.oldestOwedSeconds.reset()
  metrics.oldestWithdrawalOwedSeconds.reset()
  for (const { id: integration, owed, oldest, oldest_withdrawal } of rows) {
    metrics.owed.set({ integration }, owed)
    metrics.oldestOwedSeconds.set({ integration }, Math.max(0, oldest ?? 0))
    metrics.oldestWithdrawalOwedSeconds.set({ integration }, Math.max(0, oldest_withdrawal ?? 0))
  }
}
