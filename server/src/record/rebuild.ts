/** Adds every status up anew from the log, and says where the stored one differs: it never should. */
import { sql } from 'kysely'
import { emptyStatus, merge, sameStatus } from '../resolve/status.ts'
import { type Database, inTransaction, type Runner } from '../store/database.ts'
import { lockPeople } from './identify.ts'
import { counts, mergeEventOf, type StandingRow } from './log.ts'
import type { Person } from './person.ts'
import { write } from './write.ts'

const PEOPLE_PER_PAGE = 500

export interface RebuildResult {
  people: number
  /** `organization/person` of those whose stored status was not what the log adds up to. */
  differing: string[]
}

export interface RebuildOptions {
  /** Only compare, write nothing. */
  checkOnly?: boolean
  onProgress?(people: number): void
}

export async function rebuildStatuses(db: Database, options: RebuildOptions = {}): Promise<RebuildResult> {
  const result: RebuildResult = { people: 0, differing: [] }
  let after = { organizationId: '', id: '' }
  for (;;) {
    const page = await readPage(db, after)
    const last = page.at(-1)
    if (!last) return result
    const differing = await inTransaction(db, trx => rebuildPage(trx, page, options.checkOnly ?? false))
    result.people += page.length
    result.differing.push(...differing.map(person => `${person.organizationId}/${person.id}`))
    after = last
    options.onProgress?.(result.people)
  }
}

interface Key {
  organizationId: string
  id: string
}

async function readPage(db: Database, after: Key): Promise<Key[]> {
  const { rows } = await sql<Key>`
    select organization_id as "organizationId", id from people
    where merged_into is null and (organization_id, id) > (${after.organizationId}, ${after.id})
    order by organization_id, id
    limit ${PEOPLE_PER_PAGE}`.execute(db)
  return rows
}

/** Under the people's locks, so that nothing is recorded between reading the log and comparing. */
async function rebuildPage(trx: Runner, page: readonly Key[], checkOnly: boolean): Promise<Person[]> {
  const people = [...(await lockPeople(trx, page)).people()]
  const events = await readEvents(trx, people)
  const differing = people.filter(person => {
    person.status = merge(emptyStatus, events.get(`${person.organizationId}/${person.id}`) ?? [])
    return !sameStatus(person.status, person.before)
  })
  if (!checkOnly) await write(trx, [], differing)
  return differing
}

async function readEvents(trx: Runner, people: readonly Person[]) {
  const { rows } = await sql<StandingRow & { owner: string }>`
    with names as (
      select w.organization_id, w.id as owner, w.id as person_id
      from unnest(${people.map(p => p.organizationId)}::text[], ${people.map(p => p.id)}::text[]) as w (organization_id, id)
      union all
      select w.organization_id, w.id, p.id
      from unnest(${people.map(p => p.organizationId)}::text[], ${people.map(p => p.id)}::text[]) as w (organization_id, id)
      join people p on p.organization_id = w.organization_id and p.merged_into = w.id
    )
    select distinct on (l.organization_id, l.event_id) n.owner, l.*
    from names n
    join log l using (organization_id, person_id)
    order by l.organization_id, l.event_id, l.revision desc`.execute(trx)
  return Map.groupBy(
    rows.filter(counts).map(row => ({ ...mergeEventOf(row), key: `${row.organization_id}/${row.owner}` })),
    event => event.key,
  )
}
