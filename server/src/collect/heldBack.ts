/** What a person’s token accepts counts once it was confirmed by mail, wherever a published widget asks for that. */
import type { Caller } from '../access/tokens.ts'
import type { Vault } from '../access/vault.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import type { NewEvent } from '../record/event.ts'
import { findPerson } from '../record/people.ts'
import type { Choice, Consents, PurposeChoice } from '../resolve/event.ts'
import { type Registers, registerPath } from '../resolve/status.ts'
import type { Database } from '../store/database.ts'

export interface HoldingGround {
  db: Database
  vault: Vault
  /** What needs a confirmation; of purposes, unless they were shown where they need none. */
  confirmable(
    organizationId: string,
    shownWidgetId: string | undefined,
  ): Promise<{ purposes: ReadonlySet<string>; others: boolean }>
}

/**
 * A page may call the API itself and state what it likes; so not its word decides, but what is published. What the event
 * refuses beside it, and what the person has accepted before, counts at once, as a further event. So does a consent string:
 * it cannot be taken apart, and a refusal in it must not wait.
 * @returns the event as it is answered, then what was taken out of it
 */
export async function holdBack(
  { db, vault, confirmable }: HoldingGround,
  { person }: Caller,
  event: NewEvent,
): Promise<[NewEvent, ...NewEvent[]]> {
  const { organizationId, organizationUserId = '', body } = event
  if (!person || event.status !== 'confirmed' || !acceptsAnything(body.consents)) return [event]
  if (!mailAddress.safeParse(organizationUserId).success) return [event]
  const asked = await confirmable(organizationId, body.shown?.widget_id)
  if (asked.purposes.size === 0 && !asked.others) return [event]
  const found = await findPerson(db, organizationId, { organizationUserId })
  const { held, rest } = apart(body.consents, asked, found?.status.regulations[event.regulation] ?? {})
  if (!saysSomething(held)) return [event]
  const waiting: NewEvent = {
    ...event,
    status: 'pending_approval',
    confirmation: { organizationUserId, recipient: organizationUserId, language: undefined },
    body: { ...body, consents: held },
  }
  if (!saysSomething(rest)) return [waiting]
  // The same at a repetition, so that it is recorded once.
  const id = event.id && vault.digest(JSON.stringify(['counts at once', event.id])).toString('hex')
  return [waiting, { ...event, id, proofs: [], body: { ...body, consents: rest } }]
}

/** @param standing what the person has accepted before is not asked for again */
function apart(
  { purposes = [], channels = [], vendors = {}, ...others }: Consents,
  asked: { purposes: ReadonlySet<string>; others: boolean },
  standing: Registers,
): { held: Consents; rest: Consents } {
  const isNew = (...path: string[]) => standing[registerPath(...path)]?.[0] !== true
  const adds = (id: string, key: string, value: string) => {
    const chosen = String(standing[registerPath('purposes', id, 'values', key)]?.[0] ?? '').split(',')
    return value.split(',').some(one => one !== '' && !chosen.includes(one))
  }
  const isHeld = (purpose: PurposeChoice) =>
    asked.purposes.has(purpose.id) &&
    accepts(acceptedOf(purpose, adds)) &&
    isNew('purposes', purpose.id, 'enabled')
  const isChannelHeld = ({ id, enabled }: Choice) =>
    asked.others && enabled === true && isNew('channels', id, 'enabled')
  const vendorsOf = (list: 'enabled' | 'enabled_li', held: boolean) =>
    vendors[list]?.filter(id => (asked.others && isNew('vendors', id, list)) === held)
  return {
    held: {
      purposes: said(purposes.filter(isHeld).map(purpose => acceptedOf(purpose, adds))),
      channels: said(channels.filter(isChannelHeld)),
      vendors: { enabled: vendorsOf('enabled', true), enabled_li: vendorsOf('enabled_li', true) },
    },
    rest: {
      ...others,
      purposes: said(purposes.flatMap(purpose => (isHeld(purpose) ? refusedOf(purpose, adds) : [purpose]))),
      channels: said(channels.filter(channel => !isChannelHeld(channel))),
      vendors: {
        ...vendors,
        enabled: vendorsOf('enabled', false),
        enabled_li: vendorsOf('enabled_li', false),
      },
    },
  }
}

const said = <T>(choices: T[]): T[] | undefined => (choices.length > 0 ? choices : undefined)

const acceptsAnything = ({ purposes = [], channels = [], vendors = {} }: Consents): boolean =>
  purposes.some(accepts) ||
  channels.some(({ enabled }) => enabled === true) ||
  [vendors.enabled, vendors.enabled_li].some(ids => ids !== undefined && ids.length > 0)

const accepts = ({ enabled, enabled_li, values, channels, preferences }: PurposeChoice): boolean =>
  enabled === true ||
  enabled_li === true ||
  Object.values(values ?? {}).some(({ value }) => value !== '') ||
  [
    ...(channels ?? []),
    ...(preferences ?? []),
    ...(preferences ?? []).flatMap(one => one.channels ?? []),
  ].some(choice => choice.enabled === true)

/** Whether values hold one that was not chosen before. */
type Adds = (purposeId: string, preferenceId: string, value: string) => boolean

/** A target may be given the values of a purpose that is off: they wait too, and what is refused beside them does not. */
function acceptedOf({ enabled, values, ...purpose }: PurposeChoice, adds: Adds): PurposeChoice {
  const added = enabled === true ? values : valuesThat((key, value) => adds(purpose.id, key, value), values)
  return { ...purpose, ...(enabled === true ? { enabled } : {}), ...(added ? { values: added } : {}) }
}
function refusedOf({ id, enabled, values }: PurposeChoice, adds: Adds): PurposeChoice[] {
  if (enabled === true) return []
  const left = valuesThat((key, value) => !adds(id, key, value), values)
  return enabled === false || left
    ? [{ id, ...(enabled === false ? { enabled } : {}), ...(left ? { values: left } : {}) }]
    : []
}

function valuesThat(
  isWanted: (preferenceId: string, value: string) => boolean,
  values: PurposeChoice['values'] = {},
): PurposeChoice['values'] | undefined {
  const wanted = Object.entries(values).filter(([key, { value }]) => isWanted(key, value))
  return wanted.length > 0 ? Object.fromEntries(wanted) : undefined
}

const saysSomething = ({ purposes = [], channels = [], vendors = {}, tcfcs }: Consents): boolean =>
  purposes.length > 0 ||
  channels.length > 0 ||
  Object.values(vendors).some(ids => ids !== undefined && ids.length > 0) ||
  (tcfcs !== undefined && tcfcs !== null)
