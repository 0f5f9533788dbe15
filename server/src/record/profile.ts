/** Changes of a person outside any event, and the person's erasure. */
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import { keepFarewells } from '../deliver/farewell.ts'
import { oweRenamed } from '../deliver/owe.ts'
import { notFound, Refusal } from '../http/errors.ts'
import { forgetMails } from '../mail/outbox.ts'
import { merge } from '../resolve/status.ts'
import { type Database, inTransaction, sqlState } from '../store/database.ts'
import type { EventBody } from './event.ts'
import { lockPeople } from './identify.ts'
import { type LogRow, mergeEventOf } from './log.ts'
import { findPerson, namesOf, type UserRow } from './people.ts'
import { effectiveNow, type Person } from './person.ts'
import { write } from './write.ts'

export interface PersonChange {
  organizationId: string
  keyId: string
  personId: string
  /** Refused with a conflict unless the person still has it. */
  version?: number | undefined
  organizationUserId?: string | undefined
  body: EventBody
  digest: Buffer
}

/** Recorded as a profile change, or as an event where it states consents. */
export async function changePerson(db: Database, change: PersonChange): Promise<UserRow> {
  try {
    return await inTransaction(db, async trx => {
      const [person] = (
        await lockPeople(trx, [{ organizationId: change.organizationId, id: change.personId }])
      ).people()
      if (!person) throw notFound('user')
      if (change.version !== undefined && change.version !== person.version)
        throw new Refusal('conflict', 'the user has changed since', { version: `is ${person.version} now` })
      const row = rowOf(change, person)
      const { organizationUserId = person.organizationUserId } = change
      person.isLinked = organizationUserId !== person.organizationUserId
      person.organizationUserId = organizationUserId
      if (person.isLinked) await oweRenamed(trx, person)
      person.status = merge(person.status, [mergeEventOf(row)])
      person.version++
      person.delivers = true
      await write(trx, [row], [person])
      return (await findPerson(trx, change.organizationId, { id: person.id })) as UserRow
    })
  } catch (error) {
    if (sqlState(error) !== '23505') throw error
    throw new Refusal('conflict', 'another user has this organization_user_id', {
      organization_user_id: 'belongs to another user; an event with both ids links a device to it',
    })
  }
}

/**
 * Takes what is known of the person out of every table and returns what was there. In the log the fact remains that
 * events with these ids were recorded and when; their content is gone. A withdrawal that is owed is delivered nevertheless.
 */
export async function erasePerson(
  db: Database,
  change: Omit<PersonChange, 'body' | 'version'>,
): Promise<UserRow> {
  const { organizationId } = change
  return inTransaction(db, async trx => {
    const [person] = (await lockPeople(trx, [{ organizationId, id: change.personId }])).people()
    const found = person && (await findPerson(trx, organizationId, { id: person.id }))
    if (!found) throw notFound('user')
    const names = await namesOf(trx, person)
    const row = rowOf({ ...change, body: { consents: {} } }, person)
    await write(trx, [{ ...row, action: 'deleted', body: null }], [])
    await sql`select set_config('heed.erasing', 'on', true)`.execute(trx)
    await sql`update log set body = null where organization_id = ${organizationId} and person_id = any (${names})`.execute(
      trx,
    )
    await sql`select set_config('heed.erasing', 'off', true)`.execute(trx)
    const { organizationUserId } = person
    if (organizationUserId !== undefined) await keepFarewells(trx, { ...person, organizationUserId })
    // Integration by integration, along the key: without them PostgreSQL 15 to 17 read all deliveries of the organization.
    await sql`delete from deliveries
      where organization_id = ${organizationId}
        and integration_id = any (array(select id from integrations where organization_id = ${organizationId}))
        and person_id = any (${names}) and farewell is null`.execute(trx)
    for (const table of ['delivery_log', 'audit_differences', 'proofs'])
      await sql`delete from ${sql.table(table)}
        where organization_id = ${organizationId} and person_id = any (${names})`.execute(trx)
    if (organizationUserId !== undefined) await forgetMails(trx, organizationId, organizationUserId)
    await sql`delete from people where organization_id = ${organizationId} and id = any (${names})`.execute(
      trx,
    )
    return found
  })
}

function rowOf(change: Omit<PersonChange, 'version'>, person: Person): LogRow {
  const now = new Date()
  const states = Object.keys(change.body.consents).length > 0
  return {
    organization_id: change.organizationId,
    event_id: newId(),
    revision: 1,
    person_id: person.id,
    kind: states ? 'event' : 'profile',
    action: 'created',
    status: 'confirmed',
    regulation: 'gdpr',
    effective_at: effectiveNow(person, now),
    created_at: now,
    recorded_by: change.keyId,
    delivers: true,
    digest: change.digest.toString('hex'),
    body: change.body,
  }
}
