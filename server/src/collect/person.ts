/** What a person may do with their own token: everything here is about themselves alone, whatever the request says. */
import type { PersonGrant } from '../access/personTokens.ts'
import type { Caller } from '../access/tokens.ts'
import { noSuchUser, Refusal } from '../http/errors.ts'
import { isObject } from '../http/objects.ts'
import { findPerson, type UserRow } from '../record/people.ts'
import type { Database } from '../store/database.ts'

/** Refuses another one's id; gives the person's own where none was named. */
export function ownId({ person }: Caller, named: string | undefined): string | undefined {
  if (!person) return named
  if (named !== undefined && named !== person.organizationUserId) throw somebodyElse('organization_user_id')
  return person.organizationUserId
}

/** Somebody else is not there: a person learns nothing of others, not even that they exist. */
export function refuseOthers({ person }: Caller, found: UserRow | undefined): UserRow {
  if (!found || (person && found.organization_user_id !== person.organizationUserId)) throw noSuchUser()
  return found
}

/**
 * Events as a person's token lets them be: about that person, by the token's delegate, with the token's metadata, and
 * pending where the token asks for a confirmation. Parsing comes after; what is no event passes unchanged.
 */
export async function asGranted(db: Database, caller: Caller, sent: unknown): Promise<unknown> {
  const { person } = caller
  if (!person) return sent
  const events = [sent].flat().map((event, i) => {
    const path = Array.isArray(sent) ? `[${i}].` : ''
    return isObject(event) ? granted(person, event, path) : event
  })
  const deviceIds = events.flatMap(event =>
    isObject(event) && isObject(event.user) && event.user.id !== undefined ? [event.user.id] : [],
  )
  // Naming a device here would make its statements the person's own.
  for (const id of new Set(deviceIds)) {
    const found = typeof id === 'string' ? await findPerson(db, caller.organizationId, { id }) : undefined
    if (found?.organization_user_id !== person.organizationUserId) throw somebodyElse('user.id')
  }
  return Array.isArray(sent) ? events : events[0]
}

function granted(grant: PersonGrant, event: Fields, path: string): Fields {
  const user = event.user === undefined ? {} : event.user
  if (!isObject(user)) return event
  if (user.organization_user_id !== undefined && user.organization_user_id !== grant.organizationUserId)
    throw somebodyElse(`${path}user.organization_user_id`)
  const { delegate: _, ...rest } = event
  return {
    ...rest,
    ...withMetadata(event, grant.eventMetadata),
    ...(grant.delegate ? { delegate: grant.delegate } : {}),
    ...(grant.validations?.email?.enabled ? { status: 'pending_approval' } : {}),
    user: {
      ...user,
      organization_user_id: grant.organizationUserId,
      ...withMetadata(user, grant.userMetadata),
    },
  }
}

const withMetadata = (holder: Fields, more: Fields | undefined): Fields =>
  more && (holder.metadata === undefined || isObject(holder.metadata))
    ? { metadata: { ...holder.metadata, ...more } }
    : {}

const somebodyElse = (path: string) =>
  new Refusal('forbidden', 'the token belongs to another person', {
    [path]: 'is not the person of this token',
  })

type Fields = Record<string, unknown>
