/**
 * The one write of the record room: what is appended to the log, the people as they are now, and what is owed, in one
 * statement. Three statements would be three round trips more for each group: with the event loop busy taking requests,
 * they are what a commit waits for.
 */
import { type RawBuilder, sql } from 'kysely'
import { oweStatement } from '../deliver/owe.ts'
import type { Runner } from '../store/database.ts'
import type { LogRow } from './log.ts'
import { changeOf, isOwed, type Person, type PersonRow } from './person.ts'

/**
 * @returns when it was recorded; undefined where somebody else took an event's id or created one of the new people meanwhile:
 * the transaction must be run again
 */
export async function write(
  trx: Runner,
  log: readonly LogRow[],
  people: readonly Person[],
): Promise<Date | undefined> {
  const known = people.filter(person => !person.isNew)
  const created = people.filter(person => person.isNew)
  const rows = created.map(rowOf).concat(people.flatMap(newNameRows)).sort(byKey)
  await freeNames(trx, people)
  const written = await sql<{ appended: number; created: number; at: Date }>`
    with appended as (${appendStatement(log)} returning 1),
      changed as (${changeStatement(known.map(rowOf))}),
      created as (${createStatement(rows)} returning 1),
      owed as (${oweStatement(people.filter(isOwed).map(changeOf))})
    select (select count(*) from appended) as appended, (select count(*) from created) as created, now() as at`.execute(
    trx,
  )
  const [is] = written.rows
  return is?.appended === log.length && is.created === rows.length ? is.at : undefined
}

/** Idempotent by the key: a row that is there already is not written again. */
const appendStatement = (rows: readonly LogRow[]): RawBuilder<unknown> => sql`
  insert into log (organization_id, event_id, revision, person_id, kind, action, status, regulation,
    effective_at, created_at, recorded_by, delivers, digest, body)
  select organization_id, event_id, revision, person_id, kind, action, status, regulation,
    effective_at, created_at, recorded_by, delivers, decode(digest, 'hex'), body
  from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
    organization_id text, event_id text, revision int, person_id text, kind text, action text, status text,
    regulation text, effective_at timestamptz, created_at timestamptz, recorded_by text, delivers boolean,
    digest text, body jsonb)
  on conflict do nothing`

const changeStatement = (rows: readonly PersonRow[]): RawBuilder<unknown> => sql`
  update people p
  set organization_user_id = r.organization_user_id, version = r.version, status = r.status, updated_at = now()
  from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
    organization_id text, id text, organization_user_id text, version bigint, status jsonb)
  where p.organization_id = r.organization_id and p.id = r.id`

const createStatement = (rows: readonly PersonRow[]): RawBuilder<unknown> => sql`
  insert into people (organization_id, id, organization_user_id, merged_into, version, status)
  select organization_id, id, organization_user_id, merged_into, version, status
  from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
    organization_id text, id text, organization_user_id text, merged_into text, version bigint, status jsonb)
  on conflict do nothing`

/** People who turned out to be somebody else: their rows, and all names they had, become names of that person. */
async function freeNames(trx: Runner, people: readonly Person[]): Promise<void> {
  const names = people.flatMap(person =>
    person.newNames
      .filter(name => !name.isNew)
      .map(name => ({ organization_id: person.organizationId, id: name.id, person_id: person.id })),
  )
  if (names.length === 0) return
  await sql`
    update people p
    set merged_into = r.person_id, status = '{"user": {}, "regulations": {}}', updated_at = now()
    from jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as r (organization_id text, id text, person_id text)
    where p.organization_id = r.organization_id and (p.id = r.id or p.merged_into = r.id)`.execute(trx)
}

const rowOf = (person: Person): PersonRow => ({
  organization_id: person.organizationId,
  id: person.id,
  organization_user_id: person.organizationUserId ?? null,
  merged_into: null,
  version: person.version,
  status: person.status,
})

const newNameRows = (person: Person): PersonRow[] =>
  person.newNames
    .filter(name => name.isNew)
    .map(name => ({
      organization_id: person.organizationId,
      id: name.id,
      organization_user_id: null,
      merged_into: person.id,
      version: 1,
      status: { user: {}, regulations: {} },
    }))

/** One order for all writers, so that two groups that create the same people do not wait for each other. */
function byKey(a: PersonRow, b: PersonRow): number {
  if (a.organization_id !== b.organization_id) return a.organization_id < b.organization_id ? -1 : 1
  return a.id < b.id ? -1 : 1
}
