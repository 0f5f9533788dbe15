/**
 * Whom an event is about. One organization_user_id is exactly one person; a person can have several ids (devices).
 *
 * - by organization_user_id: that person, whatever device (`user.id`) the request came from. A device that belongs to
 *   nobody known becomes a name of the person and brings what it stated before; a device that belongs to another
 *   known person stays theirs (a shared device).
 * - by `user.id` alone: that person; a new one where the id is new.
 * - by neither: a new person under a random id.
 */
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import { emptyStatus, joinStatuses } from '../resolve/status.ts'
import type { Runner } from '../store/database.ts'
import type { Naming, Person, PersonRow } from './person.ts'

export interface Register {
  /** The person that a request names; created in memory where nobody is. */
  identify(naming: Naming): Person
  people(): Iterable<Person>
}

/** Loads and locks everyone whom the namings can mean, in the order of their keys so that two groups cannot deadlock. */
export async function lockPeople(trx: Runner, namings: readonly Naming[]): Promise<Register> {
  const byId = new Map<string, Person>()
  const byUserId = new Map<string, Person>()
  const rows = await lockRows(trx, namings)
  for (const row of rows) if (!row.merged_into) add(personOf(row), byId, byUserId)
  // A name leads on to its person; one step is enough, since merging renames all names.
  const names = rows.filter(row => row.merged_into !== null)
  const further = names
    .map(row => ({ organizationId: row.organization_id, id: row.merged_into as string }))
    .filter(naming => !byId.has(key(naming.organizationId, naming.id)))
  for (const row of await lockRows(trx, further)) add(personOf(row), byId, byUserId)
  for (const row of names) {
    const person = byId.get(key(row.organization_id, row.merged_into as string))
    if (person) byId.set(key(row.organization_id, row.id), person)
  }
  return {
    people: () => new Set(byId.values()),
    identify(naming) {
      const device = naming.id === undefined ? undefined : byId.get(key(naming.organizationId, naming.id))
      if (naming.organizationUserId === undefined) return device ?? add(newPerson(naming), byId, byUserId)
      const known = byUserId.get(key(naming.organizationId, naming.organizationUserId))
      if (!known) {
        const free = device && device.organizationUserId === undefined
        const person = free ? device : newPerson(device ? { ...naming, id: undefined } : naming)
        person.organizationUserId = naming.organizationUserId
        person.isLinked = true
        return add(person, byId, byUserId)
      }
      if (naming.id !== undefined && !device) {
        known.newNames.push({ id: naming.id, isNew: true })
        byId.set(key(naming.organizationId, naming.id), known)
      } else if (device && device !== known && device.organizationUserId === undefined) {
        mergeInto(known, device)
        for (const [name, person] of byId) if (person === device) byId.set(name, known)
      }
      return known
    },
  }
}

async function lockRows(trx: Runner, namings: readonly Naming[]): Promise<PersonRow[]> {
  const ids = namings.filter(naming => naming.id !== undefined)
  const userIds = namings.filter(naming => naming.organizationUserId !== undefined)
  if (ids.length + userIds.length === 0) return []
  const { rows } = await sql<PersonRow>`
    select organization_id, id, organization_user_id, merged_into, version, status
    from people
    where (organization_id, id) in (
      select * from unnest(
        ${ids.map(n => n.organizationId)}::text[], ${ids.map(n => n.id)}::text[])
      union
      select p.organization_id, p.id
      from unnest(
        ${userIds.map(n => n.organizationId)}::text[], ${userIds.map(n => n.organizationUserId)}::text[]
      ) as w (organization_id, organization_user_id)
      join people p using (organization_id, organization_user_id))
    order by organization_id, id
    for update`.execute(trx)
  return rows
}

function personOf(row: PersonRow): Person {
  return {
    organizationId: row.organization_id,
    id: row.id,
    organizationUserId: row.organization_user_id ?? undefined,
    version: row.version,
    status: row.status,
    before: row.status,
    isNew: false,
    isLinked: false,
    news: [],
    newNames: [],
    delivers: false,
  }
}

const newPerson = (naming: Naming): Person => ({
  organizationId: naming.organizationId,
  id: naming.id ?? newId(),
  organizationUserId: naming.organizationUserId,
  version: 0,
  status: emptyStatus,
  before: emptyStatus,
  isNew: true,
  isLinked: false,
  news: [],
  newNames: [],
  delivers: false,
})

function mergeInto(person: Person, device: Person): void {
  person.status = joinStatuses(person.status, device.status)
  person.news.push(...device.news)
  person.newNames.push({ id: device.id, isNew: device.isNew }, ...device.newNames)
  person.delivers = true // what the device stated before is news about the person
}

function add(person: Person, byId: Map<string, Person>, byUserId: Map<string, Person>): Person {
  byId.set(key(person.organizationId, person.id), person)
  if (person.organizationUserId !== undefined)
    byUserId.set(key(person.organizationId, person.organizationUserId), person)
  return person
}

const key = (organizationId: string, id: string): string => `${organizationId}\n${id}`
