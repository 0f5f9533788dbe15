/** How many events of a person are taken in a day. A withdrawal meets no limit. */
import type { PersonLimits } from '../access/personLimits.ts'
import type { PersonGrant } from '../access/personTokens.ts'
import { Refusal } from '../http/errors.ts'
import type { NewEvent } from '../record/event.ts'
import { readStanding } from '../record/log.ts'
import { findPerson } from '../record/people.ts'
import { emptyStatus, merge, newestMs } from '../resolve/status.ts'
import { onlyTakesBack } from '../resolve/withdrawal.ts'
import type { Database } from '../store/database.ts'

type Whose = Pick<PersonGrant, 'organizationId' | 'organizationUserId'>

/** Several times what a page states at once. */
const CHARACTERS_OF_AN_EVENT = 4096

interface DailyGround {
  db: Database
  personLimits: PersonLimits
}

/**
 * Counts them. Beyond the limit they are taken if each takes back what stands and accepts nothing: then the log grows no
 * further than by what was given within the limit.
 * @throws too_many_requests, for all of them
 */
export async function takeEvents(
  { db, personLimits }: DailyGround,
  person: Whose,
  events: readonly NewEvent[],
): Promise<void> {
  try {
    await personLimits.take(
      person,
      'events',
      events.map(weightOf).reduce((a, b) => a + b, 0),
    )
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const fresh = await withoutRecorded(db, events)
    if ((await takingBack(db, person, fresh)).length < fresh.length)
      throw new Refusal(
        'too_many_requests',
        'these are more events than one person makes in a day; what only takes something back is still taken, sent alone',
        {},
        { headers: error.headers, cause: error },
      )
  }
}

/** A large one counts as several: a program with a person's token would make their status so large that nobody can read it. */
const weightOf = ({ body }: NewEvent): number =>
  Math.ceil(JSON.stringify(body).length / CHARACTERS_OF_AN_EVENT)

/** Those that are taken beyond the limit, one after the other: the second to refuse the same takes nothing back. */
export async function takingBack(
  db: Database,
  { organizationId, organizationUserId }: Whose,
  events: readonly NewEvent[],
): Promise<NewEvent[]> {
  const now = Date.now()
  let status = (await findPerson(db, organizationId, { organizationUserId }))?.status ?? emptyStatus
  const last = Math.max(now, newestMs(status) + 1)
  return events.filter((event, i) => {
    // What waits for a confirmation changes nothing yet, and could come for ever.
    if (event.status !== 'confirmed') return false
    const { regulation, createdAt, body } = event
    const at = new Date((createdAt === undefined ? last : Math.min(createdAt.getTime(), now)) + i)
    const after = merge(status, [{ id: `~${i}`, at, regulation, consents: body.consents }])
    if (!onlyTakesBack(status, after)) return false
    status = after
    return true
  })
}

/** Who repeats a withdrawal, since its answer was lost, gets that answer. */
async function withoutRecorded(db: Database, events: readonly NewEvent[]): Promise<NewEvent[]> {
  const named = events.flatMap(({ organizationId, id }) => (id === undefined ? [] : [{ organizationId, id }]))
  const recorded = new Set((await readStanding(db, named)).map(({ event_id }) => event_id))
  return events.filter(({ id }) => id === undefined || !recorded.has(id))
}
