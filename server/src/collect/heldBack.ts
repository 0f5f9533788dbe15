/** What a person’s token accepts counts once it was confirmed by mail, wherever a published widget asks for that. */
import type { Caller } from '../access/tokens.ts'
import type { Vault } from '../access/vault.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import type { NewEvent } from '../record/event.ts'
import { findPerson } from '../record/people.ts'
import type { Consents, PurposeChoice } from '../resolve/event.ts'
import { registerPath } from '../resolve/status.ts'
import type { Database } from '../store/database.ts'

export interface HoldingGround {
  db: Database
  vault: Vault
  /** Purposes that need a confirmation, wherever they were shown. */
  purposesToConfirm(organizationId: string, shownWidgetId: string | undefined): Promise<ReadonlySet<string>>
}

/**
 * A page may call the API itself and state what it likes; so not its word decides, but what is published. What the event
 * refuses beside it, and what the person has accepted before, counts at once, as a further event.
 * @returns the event as it is answered, then what was taken out of it
 */
export async function holdBack(
  { db, vault, purposesToConfirm }: HoldingGround,
  { person }: Caller,
  event: NewEvent,
): Promise<[NewEvent, ...NewEvent[]]> {
  const { organizationId, organizationUserId = '', body } = event
  const purposes = body.consents.purposes ?? []
  if (!person || event.status !== 'confirmed' || !purposes.some(accepts)) return [event]
  if (!mailAddress.safeParse(organizationUserId).success) return [event]
  const asked = await purposesToConfirm(organizationId, body.shown?.widget_id)
  if (asked.size === 0) return [event]
  const standing = (await findPerson(db, organizationId, { organizationUserId }))?.status.regulations[
    event.regulation
  ]
  const isHeld = (purpose: PurposeChoice) =>
    asked.has(purpose.id) &&
    accepts(purpose) &&
    standing?.[registerPath('purposes', purpose.id, 'enabled')]?.[0] !== true
  const held = purposes.filter(isHeld).map(acceptedOf)
  if (held.length === 0) return [event]
  const rest: Consents = {
    ...body.consents,
    purposes: purposes.flatMap(purpose => (isHeld(purpose) ? refusedOf(purpose) : [purpose])),
  }
  const waiting: NewEvent = {
    ...event,
    status: 'pending_approval',
    confirmation: { organizationUserId, recipient: organizationUserId, language: undefined },
    body: { ...body, consents: { purposes: held } },
  }
  if (!saysSomething(rest)) return [waiting]
  // The same at a repetition, so that it is recorded once.
  const id = event.id && vault.digest(JSON.stringify(['counts at once', event.id])).toString('hex')
  return [waiting, { ...event, id, proofs: [], body: { ...body, consents: rest } }]
}

const accepts = ({ enabled, enabled_li, values, channels, preferences }: PurposeChoice): boolean =>
  enabled === true ||
  enabled_li === true ||
  Object.values(values ?? {}).some(({ value }) => value !== '') ||
  [
    ...(channels ?? []),
    ...(preferences ?? []),
    ...(preferences ?? []).flatMap(one => one.channels ?? []),
  ].some(choice => choice.enabled === true)

/** A target may be given the values of a purpose that is off: they wait too, and the refusal beside them does not. */
const acceptedOf = ({ enabled, ...purpose }: PurposeChoice): PurposeChoice =>
  enabled === true ? { ...purpose, enabled } : purpose
const refusedOf = ({ id, enabled }: PurposeChoice): PurposeChoice[] =>
  enabled === false ? [{ id, enabled }] : []

const saysSomething = ({ purposes = [], channels = [], vendors = {}, tcfcs }: Consents): boolean =>
  purposes.length > 0 ||
  channels.length > 0 ||
  Object.values(vendors).some(ids => ids !== undefined && ids.length > 0) ||
  (tcfcs !== undefined && tcfcs !== null)
