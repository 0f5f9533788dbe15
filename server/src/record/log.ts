/** The log's statements: what is appended, and what stands. A row once written stays. */
import { sql } from 'kysely'
import type { MergeEvent } from '../resolve/event.ts'
import { totalOf } from '../store/count.ts'
import type { Runner } from '../store/database.ts'
import type { EventBody, EventStatus, RecordedEvent } from './event.ts'

export interface LogRow {
  organization_id: string
  event_id: string
  revision: number
  person_id: string
  kind: 'event' | 'profile'
  action: 'created' | 'changed' | 'deleted'
  status: EventStatus
  regulation: string
  effective_at: Date
  created_at: Date
  recorded_by: string
  delivers: boolean
  /** Hex. */
  digest: string | null
  body: EventBody | null
}

export interface StandingRow extends Omit<LogRow, 'digest' | 'recorded_by'> {
  recorded_at: Date
}

/** The newest revision of each of these events; `first_digest` is that of the content as first sent. */
export async function readStanding(
  runner: Runner,
  ids: readonly { organizationId: string; id: string }[],
): Promise<(StandingRow & { first_digest: Buffer | null })[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<StandingRow & { first_digest: Buffer | null }>`
    select distinct on (l.organization_id, l.event_id)
      l.organization_id, l.event_id, l.revision, coalesce(p.merged_into, l.person_id) as person_id, l.action,
      l.status, l.regulation, l.effective_at, l.created_at, l.recorded_at, l.delivers, l.kind, l.body,
      first_value(l.digest) over (partition by l.organization_id, l.event_id order by l.revision) as first_digest
    from unnest(${ids.map(id => id.organizationId)}::text[], ${ids.map(id => id.id)}::text[])
      as w (organization_id, event_id)
    join log l using (organization_id, event_id)
    left join people p on p.organization_id = l.organization_id and p.id = l.person_id
    where l.kind = 'event'
    order by l.organization_id, l.event_id, l.revision desc`.execute(runner)
  return rows
}

export interface Revision extends StandingRow {
  recorded_by: string | null
}

/** All that was ever recorded of an event, the oldest first; also of one that was deleted. */
export async function readRevisions(
  runner: Runner,
  { organizationId, id }: { organizationId: string; id: string },
  page: { limit: number; skip: number },
): Promise<{ total: number; rows: Revision[] }> {
  const found = sql`
    from log l
    left join people p on p.organization_id = l.organization_id and p.id = l.person_id
    where l.organization_id = ${organizationId} and l.event_id = ${id} and l.kind = 'event'`
  const { rows } = await sql<Revision>`
    select l.*, coalesce(p.merged_into, l.person_id) as person_id
    ${found}
    order by l.revision
    limit ${page.limit} offset ${page.skip}`.execute(runner)
  return { total: await totalOf(runner, found, page, rows.length), rows }
}

export interface EventFilter {
  organizationId: string
  personId: string
  statuses: readonly string[]
  regulations: readonly string[]
  limit: number
  skip: number
}

/** A person's standing events, newest first, under all names that the person has. */
export async function readEventsOf(
  runner: Runner,
  filter: EventFilter,
): Promise<{ total: number; rows: StandingRow[] }> {
  const found = sql`
    from (
      select distinct on (l.event_id) l.*
      from log l
      where l.organization_id = ${filter.organizationId} and l.kind = 'event' and l.person_id in (
        select id from people
        where organization_id = ${filter.organizationId}
          and (id = ${filter.personId} or merged_into = ${filter.personId}))
      order by l.event_id, l.revision desc
    ) standing
    where action <> 'deleted' and body is not null
      and status = any (${[...filter.statuses]}) and regulation = any (${[...filter.regulations]})`
  const { rows } = await sql<StandingRow>`
    select organization_id, event_id, revision, ${filter.personId} as person_id, action, status, regulation,
      effective_at, created_at, recorded_at, delivers, kind, body
    ${found}
    order by created_at desc, event_id desc
    limit ${filter.limit} offset ${filter.skip}`.execute(runner)
  return { total: await totalOf(runner, found, filter, rows.length), rows }
}

/** Where a page of a person's history begins: beside one of their events. */
export interface Beside {
  eventId: string
  side: 'older' | 'newer'
}

/**
 * A page of a person's standing events, newest first. By event, not by count: what is recorded meanwhile moves no page.
 * @returns one more than `limit` where there are more on that side
 */
export async function readHistoryOf(
  runner: Runner,
  { organizationId, personId, regulation }: { organizationId: string; personId: string; regulation: string },
  { beside, limit }: { beside?: Beside | undefined; limit: number },
): Promise<StandingRow[]> {
  const from = sql`(select created_at, event_id from standing where event_id = ${beside?.eventId ?? ''})`
  const order = beside?.side === 'newer' ? sql`asc` : sql`desc`
  const { rows } = await sql<StandingRow>`
    with standing as (
      select distinct on (l.event_id) l.*
      from log l
      where l.organization_id = ${organizationId} and l.kind = 'event' and l.person_id in (
        select id from people
        where organization_id = ${organizationId} and (id = ${personId} or merged_into = ${personId}))
      order by l.event_id, l.revision desc
    )
    select organization_id, event_id, revision, ${personId} as person_id, action, status, regulation,
      effective_at, created_at, recorded_at, delivers, kind, body
    from standing
    where action <> 'deleted' and body is not null and regulation = ${regulation}
      ${beside ? sql`and (created_at, event_id) ${beside.side === 'newer' ? sql`>` : sql`<`} ${from}` : sql``}
    order by created_at ${order}, event_id ${order}
    limit ${limit + 1}`.execute(runner)
  return rows
}

/** Everything that counts for a person: standing, confirmed, not deleted, not erased. */
export async function readMergeEventsOf(
  runner: Runner,
  organizationId: string,
  personIds: readonly string[],
): Promise<MergeEvent[]> {
  const { rows } = await sql<StandingRow>`
    select distinct on (event_id) *
    from log
    where organization_id = ${organizationId} and person_id = any (${[...personIds]})
    order by event_id, revision desc`.execute(runner)
  return rows.filter(counts).map(mergeEventOf)
}

export const counts = (row: Pick<LogRow, 'action' | 'status' | 'body'>): boolean =>
  row.action !== 'deleted' && row.status === 'confirmed' && row.body !== null

export const mergeEventOf = (
  row: Pick<LogRow, 'event_id' | 'effective_at' | 'regulation' | 'body'>,
): MergeEvent => ({
  id: row.event_id,
  at: row.effective_at,
  regulation: row.regulation,
  consents: row.body?.consents,
  user: row.body?.user,
})

export const recordedEventOf = (row: Omit<StandingRow, 'kind'>): RecordedEvent => ({
  id: row.event_id,
  organizationId: row.organization_id,
  personId: row.person_id,
  revision: row.revision,
  status: row.status,
  regulation: row.regulation,
  createdAt: row.created_at,
  updatedAt: row.recorded_at,
  body: row.body as EventBody,
})
