/** Writes people back: their status, version, names. */
import { sql } from 'kysely'
import type { Status } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'
import type { Person } from './person.ts'

/**
 * @returns false where somebody else created one of the new people meanwhile: the transaction must be run again
 */
export async function savePeople(trx: Runner, people: readonly Person[]): Promise<boolean> {
  const created = people.filter(person => person.isNew)
  const changed = people.filter(person => !person.isNew)
  await freeNames(trx, people)
  if (changed.length > 0)
    await sql`
      update people p
      set organization_user_id = r.organization_user_id, version = r.version, status = r.status, updated_at = now()
      from json_to_recordset(${JSON.stringify(changed.map(rowOf))}::json) as r (
        organization_id text, id text, organization_user_id text, version bigint, status jsonb)
      where p.organization_id = r.organization_id and p.id = r.id`.execute(trx)
  const rows = created.map(rowOf).concat(people.flatMap(newNameRows)).sort(byKey)
  if (rows.length === 0) return true
  const { numAffectedRows } = await sql`
    insert into people (organization_id, id, organization_user_id, merged_into, version, status)
    select organization_id, id, organization_user_id, merged_into, version, status
    from json_to_recordset(${JSON.stringify(rows)}::json) as r (
      organization_id text, id text, organization_user_id text, merged_into text, version bigint, status jsonb)
    on conflict do nothing`.execute(trx)
  return Number(numAffectedRows ?? 0) === rows.length
}

interface Row {
  organization_id: string
  id: string
  organization_user_id: string | null
  merged_into: string | null
  version: number
  status: object
}

const rowOf = (person: Person): Row => ({
  organization_id: person.organizationId,
  id: person.id,
  organization_user_id: person.organizationUserId ?? null,
  merged_into: null,
  version: person.version,
  status: person.status,
})

const newNameRows = (person: Person): Row[] =>
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
    from json_to_recordset(${JSON.stringify(names)}::json) as r (organization_id text, id text, person_id text)
    where p.organization_id = r.organization_id and (p.id = r.id or p.merged_into = r.id)`.execute(trx)
}

const byKey = (a: Row, b: Row): number =>
  a.organization_id < b.organization_id
    ? -1
    : a.organization_id > b.organization_id
      ? 1
      : a.id < b.id
        ? -1
        : 1

/** All ids of a person: their own, and those of devices and people merged into them. */
export async function namesOf(
  runner: Runner,
  person: { organizationId: string; id: string },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from people where organization_id = ${person.organizationId} and id = ${person.id}
    union all
    select id from people where organization_id = ${person.organizationId} and merged_into = ${person.id}`.execute(
    runner,
  )
  return rows.map(row => row.id)
}

export interface UserRow {
  id: string
  organization_id: string
  organization_user_id: string | null
  version: number
  status: Status
  created_at: Date
  updated_at: Date
}

/** @param by which id the caller gave; a merged person's former id finds the person */
export async function findPerson(
  runner: Runner,
  organizationId: string,
  by: { id: string } | { organizationUserId: string },
): Promise<UserRow | undefined> {
  const { rows } =
    'id' in by
      ? await sql<UserRow>`
          select p.* from people n
          join people p on p.organization_id = n.organization_id and p.id = coalesce(n.merged_into, n.id)
          where n.organization_id = ${organizationId} and n.id = ${by.id}`.execute(runner)
      : await sql<UserRow>`
          select * from people
          where organization_id = ${organizationId} and organization_user_id = ${by.organizationUserId}`.execute(
          runner,
        )
  return rows[0]
}

/** People in the order of their ids, after the given one. */
export async function readPeople(
  runner: Runner,
  organizationId: string,
  after: string,
  limit: number,
): Promise<UserRow[]> {
  const { rows } = await sql<UserRow>`
    select * from people
    where organization_id = ${organizationId} and merged_into is null and id > ${after}
    order by id
    limit ${limit}`.execute(runner)
  return rows
}
