/** Audits as they are stored: how far one is, and what it found. */
import { sql } from 'kysely'
import { newId } from '../../access/ids.ts'
import type { Difference, Fault } from '../../connectors/contract.ts'
import { totalOf } from '../../store/count.ts'
import type { Runner } from '../../store/database.ts'
import { owedAgain } from '../owe.ts'
import type { DeliveryOutput } from '../schema.ts'

export interface AuditRow {
  organization_id: string
  integration_id: string
  id: string
  state: 'running' | 'done' | 'failed'
  repairs: boolean
  people: number
  compared: number
  on_the_way: number
  reached: string
  error: Fault | null
  attempts: number
  due_at: Date | null
  started_at: Date
  finished_at: Date | null
}

export interface DifferenceRow {
  organization_user_id: string | null
  kind: Difference['kind']
  object: string | null
  record_id: string | null
  field: string | null
  held: unknown
  would: unknown
  changed_by: string | null
  changed_at: Date | null
  message: string
  repaired: boolean
  /** Where the person's delivery stands now; null: they are gone. */
  delivery: DeliveryOutput['state'] | null
}

export interface Owner {
  organization_id: string
  id: string
}

const ofAudit = ({ organization_id, integration_id, id }: AuditRow) =>
  sql`organization_id = ${organization_id} and integration_id = ${integration_id} and audit_id = ${id}`

/**
 * One runs at a time: where one does, it goes on, at once if it waited, and repairs if that is wanted now. The one before goes:
 * nobody can read it any more, and what it found can be a row for each mapped field of everybody.
 */
export async function startAudit(
  runner: Runner,
  { organization_id, id }: Owner,
  repairs: boolean,
): Promise<AuditRow> {
  const { rows } = await sql<AuditRow>`
    insert into audits as a (organization_id, integration_id, id, repairs, people)
    values (${organization_id}, ${id}, ${newId()}, ${repairs}, (
      select count(*) from deliveries where organization_id = ${organization_id} and integration_id = ${id}))
    on conflict (organization_id, integration_id) where state = 'running' do update
    set repairs = a.repairs or excluded.repairs, due_at = case when a.error is null then a.due_at else now() end
    returning *`.execute(runner)
  const [started] = rows as [AuditRow]
  await sql`
    delete from audits
    where organization_id = ${organization_id} and integration_id = ${id} and id <> ${started.id} and state <> 'running'`.execute(
    runner,
  )
  return started
}

export async function readLastAudit(
  runner: Runner,
  { organization_id, id }: Owner,
): Promise<AuditRow | undefined> {
  const { rows } = await sql<AuditRow>`
    select * from audits where organization_id = ${organization_id} and integration_id = ${id}
    order by started_at desc limit 1`.execute(runner)
  return rows[0]
}

export async function readCounts(
  runner: Runner,
  audit: AuditRow,
): Promise<Record<Difference['kind'], number>> {
  const { rows } = await sql<{ kind: Difference['kind']; count: number }>`
    select kind, count(*)::int as count from audit_differences where ${ofAudit(audit)} group by kind`.execute(
    runner,
  )
  const counts = { missing: 0, changed: 0, duplicate: 0, not_writable: 0 }
  for (const { kind, count } of rows) counts[kind] = count
  return counts
}

export async function readDifferences(
  runner: Runner,
  audit: AuditRow,
  { kind, limit, skip }: { kind: string | undefined; limit: number; skip: number },
): Promise<{ total: number; rows: DifferenceRow[] }> {
  const found = sql`
    from audit_differences a
    left join people p on p.organization_id = a.organization_id and p.id = a.person_id
    left join deliveries d
      on d.organization_id = a.organization_id and d.integration_id = a.integration_id and d.person_id = a.person_id
    where a.organization_id = ${audit.organization_id} and a.integration_id = ${audit.integration_id}
      and a.audit_id = ${audit.id} and (${kind ?? null}::text is null or a.kind = ${kind ?? null})`
  const { rows } = await sql<DifferenceRow>`
    select p.organization_user_id, a.*, d.state as delivery
    ${found}
    order by a.person_id, a.position
    limit ${limit} offset ${skip}`.execute(runner)
  return { total: await totalOf(runner, found, { limit, skip }, rows.length), rows }
}

/** One whose next batch is due, for a minute this node's. */
export async function takeAudit(runner: Runner): Promise<AuditRow | undefined> {
  const { rows } = await sql<AuditRow>`
    update audits set due_at = now() + interval '1 minute'
    where (organization_id, integration_id, id) = (
      select a.organization_id, a.integration_id, a.id
      from audits a join integrations i on i.organization_id = a.organization_id and i.id = a.integration_id
      where a.due_at <= now() and i.enabled
      order by a.due_at limit 1 for update of a skip locked)
    returning *`.execute(runner)
  return rows[0]
}

export interface BatchResult {
  reached: string
  compared: number
  onTheWay: number
  found: readonly { personId: string; differences: readonly Difference[] }[]
}

/** Writes down what a batch found and how far the audit is by it; the same node or another takes the next batch. */
export async function advance(runner: Runner, audit: AuditRow, batch: BatchResult): Promise<void> {
  const rows = batch.found.flatMap(({ personId, differences }) =>
    differences.map((one, position) => ({
      person_id: personId,
      position,
      kind: one.kind,
      object: one.object ?? null,
      record_id: one.id ?? null,
      field: one.field ?? null,
      held: one.now ?? null,
      would: one.would ?? null,
      changed_by: one.changedBy ?? null,
      changed_at: one.changedAt?.toISOString() ?? null,
      message: one.message,
    })),
  )
  // Where the batch was taken over by another node meanwhile, `reached` has moved: nothing is counted twice.
  await sql`
    with moved as (
      update audits
      set reached = ${batch.reached}, compared = compared + ${batch.compared}, on_the_way = on_the_way + ${batch.onTheWay},
        attempts = 0, error = null, due_at = now()
      where organization_id = ${audit.organization_id} and integration_id = ${audit.integration_id} and id = ${audit.id}
        and state = 'running' and reached = ${audit.reached}
      returning id
    )
    insert into audit_differences (organization_id, integration_id, audit_id, person_id, position, kind, object, record_id,
      field, held, would, changed_by, changed_at, message)
    select ${audit.organization_id}, ${audit.integration_id}, moved.id, r.*
    from moved, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
      person_id text, position int, kind text, object text, record_id text, field text, held jsonb, would jsonb,
      changed_by text, changed_at timestamptz, message text)`.execute(runner)
}

/** Resolves with whether it repairs; not where another node has ended it. */
export async function finishAudit(
  runner: Runner,
  audit: AuditRow,
  state: 'done' | 'failed',
  error: Fault | null = null,
): Promise<boolean> {
  const { rows } = await sql<{ repairs: boolean }>`
    update audits set state = ${state}, error = ${JSON.stringify(error)}::jsonb, due_at = null, finished_at = now()
    where organization_id = ${audit.organization_id} and integration_id = ${audit.integration_id} and id = ${audit.id}
      and state = 'running'
    returning repairs`.execute(runner)
  return rows[0]?.repairs ?? false
}

/** It waits: for the target, or for calls to be left. */
export async function postpone(runner: Runner, audit: AuditRow, error: Fault, waitMs: number): Promise<void> {
  await sql`
    update audits
    set attempts = attempts + 1, error = ${JSON.stringify(error)}::jsonb,
      due_at = now() + ${waitMs}::float8 * interval '1 millisecond'
    where organization_id = ${audit.organization_id} and integration_id = ${audit.integration_id} and id = ${audit.id}
      and state = 'running'`.execute(runner)
}

/** Owes these of a batch again, who were unmatched and have a record. Resolves with how many. */
export async function oweFound(
  runner: Runner,
  audit: AuditRow,
  personIds: readonly string[],
): Promise<number> {
  const ids = [...personIds]
  const { numAffectedRows } = await sql`
    with told as (
      update audit_differences set repaired = true
      where ${ofAudit(audit)} and person_id = any (${ids}::text[]) and kind <> 'not_writable'
    )
    update deliveries d set ${owedAgain}
    where d.organization_id = ${audit.organization_id} and d.integration_id = ${audit.integration_id}
      and d.person_id = any (${ids}::text[]) and d.state = 'unmatched'`.execute(runner)
  return Number(numAffectedRows ?? 0)
}

/** Of one statement: nobody's new choice waits long for its locks. */
const REPAIRED_AT_ONCE = 10_000

/** Owes the people again with whom a write helps, from the one after that on. Resolves with how many. */
export async function repair(
  runner: Runner,
  audit: AuditRow,
  after = '',
  page = REPAIRED_AT_ONCE,
): Promise<number> {
  let owed = 0
  let last: { person_id: string; position: number } = { person_id: after, position: 2 ** 31 - 1 }
  for (;;) {
    const { rows } = await sql<typeof last & { found: number; owed: number }>`
      with page as (
        select person_id, position from audit_differences
        where ${ofAudit(audit)} and (person_id, position) > (${last.person_id}, ${last.position}::int)
          and not repaired and kind <> 'not_writable'
        order by person_id, position limit ${page}
      ), mended as (
        update audit_differences a set repaired = true
        from page
        where a.organization_id = ${audit.organization_id} and a.integration_id = ${audit.integration_id}
          and a.audit_id = ${audit.id} and a.person_id = page.person_id and a.position = page.position
      ), owing as (
        update deliveries d set ${owedAgain}
        where d.organization_id = ${audit.organization_id} and d.integration_id = ${audit.integration_id}
          and d.person_id = any (array(select person_id from page))
        returning d.person_id
      )
      select person_id, position, (select count(*) from page)::int as found, (select count(*) from owing)::int as owed
      from page order by person_id desc, position desc limit 1`.execute(runner)
    const [row] = rows
    owed += row?.owed ?? 0
    if (!row || row.found < page) return owed
    last = row
  }
}
