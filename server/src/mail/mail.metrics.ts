/** How the outbox stands: read when the metrics are asked for. */
import { sql } from 'kysely'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../store/database.ts'

export async function readMailGauges(db: Database, metrics: Metrics): Promise<void> {
  const { rows } = await sql<{ waiting: number; held: number; oldest: number | null }>`
    select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'held') as held,
      extract(epoch from now() - min(created_at) filter (where state = 'waiting'))::float8 as oldest
    from mails where due_at is not null`.execute(db)
  const { waiting = 0, held = 0, oldest = null } = rows[0] ?? {}
  metrics.mailsWaiting.set(waiting)
  metrics.mailsHeld.set(held)
  metrics.oldestMailSeconds.set(Math.max(0, oldest ?? 0))
}
