/** Does what a link stands for, and undoes it. Doing it twice is doing it once. */
import type { PersonLimits } from '../access/personLimits.ts'
import type { Vault } from '../access/vault.ts'
import { takeEvents } from '../collect/dailyLimit.ts'
import { canonical, type Intake } from '../collect/intake.ts'
import { proofsOf } from '../collect/proofs.ts'
import { eventPatch } from '../collect/schema.ts'
import { invalid, Refusal } from '../http/errors.ts'
import { refusalOf } from '../http/validation.ts'
import type { NewEvent } from '../record/event.ts'
import { readStanding } from '../record/log.ts'
import { findPerson } from '../record/people.ts'
import { changeEvent, deleteEvent, type EventPatch } from '../record/revise.ts'
import type { Writer } from '../record/writer.ts'
import { consentsOf } from '../resolve/consents.ts'
import type { Consents } from '../resolve/event.ts'
import type { Database } from '../store/database.ts'
import { type Link, markUsed, renewLink } from './links.ts'
import { isUnsubscribe, stands } from './statement.ts'

export interface ActGround {
  db: Database
  vault: Vault
  intake: Intake
  writer: Writer
  personLimits: PersonLimits
  /** After a change that may have made something due. */
  onOwed(): void
}

/** Stands in the log where other events have the id of the API key. */
const LINK = 'link'

type Deed = Pick<Link, 'organization_id' | 'organization_user_id' | 'action' | 'event_id' | 'event'>

/** A link that could not act is refused when it is made. */
export async function check(ground: ActGround, deed: Deed): Promise<void> {
  if (deed.action === 'event.create') {
    await newEvents(ground, deed)
    return
  }
  await patchOf(ground, deed)
  const organizationId = deed.organization_id
  const [[row], person] = await Promise.all([
    readStanding(ground.db, [{ organizationId, id: deed.event_id }]),
    findPerson(ground.db, organizationId, { organizationUserId: deed.organization_user_id }),
  ])
  if (!row || row.action === 'deleted' || row.body === null || row.person_id !== person?.id)
    throw invalid({ 'event.id': 'is not an event of this person' })
}

export async function act(ground: ActGround, given: Link): Promise<void> {
  if (await isDone(ground.db, given)) return
  const link = given.used_at ? await renewLink(ground.db, given) : given
  if (link.action === 'event.create') await create(ground, link)
  else {
    const { organization_id: organizationId, event_id: id } = link
    const revision = { organizationId, keyId: LINK, id, digest: digestOf(ground, link), delivers: true }
    await changeEvent(ground.db, revision, await patchOf(ground, link))
  }
  await markUsed(ground.db, link)
  ground.onOwed()
}

/**
 * A link speaks once, except to unsubscribe: who has subscribed again since and opens the same mail means it. The event is
 * another one then.
 */
export async function isDone(db: Database, link: Link): Promise<boolean> {
  if (!link.used_at) return false
  const consents = link.event.consents as Consents | undefined
  if (link.action !== 'event.create' || !isUnsubscribe(consents)) return true
  const { organization_id, organization_user_id: organizationUserId } = link
  const person = await findPerson(db, organization_id, { organizationUserId })
  const regulation = typeof link.event.regulation === 'string' ? link.event.regulation : 'gdpr'
  return stands(consents, consentsOf(person?.status.regulations[regulation] ?? {}))
}

async function create(ground: ActGround, link: Link): Promise<void> {
  const events = await newEvents(ground, link)
  await takeEvents(ground, whoseOf(link), events)
  await ground.writer.append({
    organizationId: link.organization_id,
    keyId: LINK,
    events,
    delivers: true,
    receivedAt: new Date(),
  })
}

/** Takes the link's event away; later choices of the person stand. Counted: what is undone could be done again for ever. */
export async function undo(ground: ActGround, link: Link): Promise<void> {
  const { organization_id: organizationId, event_id: id } = link
  const revision = { organizationId, keyId: LINK, id, digest: digestOf(ground, link), delivers: true }
  await ground.personLimits.take(whoseOf(link), 'events')
  await deleteEvent(ground.db, revision).catch(error => {
    if (!(error instanceof Refusal) || error.kind !== 'not_found') throw error
  })
  await renewLink(ground.db, link)
  ground.onOwed()
}

const whoseOf = ({ organization_id, organization_user_id }: Deed) => ({
  organizationId: organization_id,
  organizationUserId: organization_user_id,
})

const digestOf = ({ vault }: ActGround, { event }: Deed): Buffer => vault.digest(canonical(event))

async function newEvents({ intake }: ActGround, deed: Deed): Promise<NewEvent[]> {
  const { user, ...event } = deed.event
  if (user !== undefined && (typeof user !== 'object' || user === null || Array.isArray(user)))
    throw invalid({ 'event.user': 'is not an object' })
  if (event.created_at !== undefined)
    throw invalid({ 'event.created_at': 'a choice made by a link counts from when it is made' })
  return intake.take(deed.organization_id, {
    ...event,
    id: deed.event_id,
    user: { ...user, organization_user_id: deed.organization_user_id },
  })
}

async function patchOf({ intake }: ActGround, deed: Deed): Promise<EventPatch> {
  const { id: _, ...fields } = deed.event
  const parsed = eventPatch.safeParse(fields)
  if (!parsed.success) throw refusalOf(parsed.error.issues, 'event')
  const { status, consents, proofs, ...body } = parsed.data
  return {
    status,
    proofs: proofsOf(proofs),
    body: consents ? { ...body, consents: await intake.checkConsents(deed.organization_id, consents) } : body,
  }
}
