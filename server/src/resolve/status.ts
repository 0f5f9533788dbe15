/**
 * The merge. A status is a set of registers; per register the statement with the greatest (time, event id) wins.
 * That makes it free of order, of repetition and of how events were split into batches: proven in status.test.ts.
 */
import type { Choice, Consents, MergeEvent, Profile } from './event.ts'

/** A value, when it was stated (epoch milliseconds), and by which event. */
export type Register = readonly [value: unknown, atMs: number, eventId: string]
/** By path: `purposes/newsletter/enabled`, parts escaped as in JSON Pointer (RFC 6901). */
export type Registers = { readonly [path: string]: Register }

export interface Status {
  /** What was said of the person, whatever the regulation. */
  user: Registers
  regulations: { readonly [regulation: string]: Registers }
}

export const emptyStatus: Status = { user: {}, regulations: {} }

export const merge = (status: Status, events: Iterable<MergeEvent>): Status => {
  const parts = [status]
  for (const event of events) parts.push(statusOf(event))
  return join(parts)
}

/** What two people's events add up to, once they are known to be one person. */
export const joinStatuses = (a: Status, b: Status): Status => join([a, b])

/** Greatest last: the order in which statements win. */
const compareRegisters = (a: Register, b: Register): number =>
  a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0)

/** When the newest statement was made; 0 where there is none. */
export function newestMs({ user, regulations }: Status): number {
  let newest = 0
  for (const registers of [user, ...Object.values(regulations)])
    for (const path in registers) newest = Math.max(newest, (registers[path] as Register)[1])
  return newest
}

/** Equal statuses, whatever the order of their keys. */
export function sameStatus(a: Status, b: Status): boolean {
  return canonical(a) === canonical(b)
}

export const registerPath = (...parts: string[]): string =>
  parts.map(part => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')

export const registerParts = (path: string): string[] => path.split('/').map(unescaped)

/** One part of a path, as it was before `registerPath`. */
export const unescaped = (part: string): string =>
  part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part

function join(parts: readonly Status[]): Status {
  const regulations: Record<string, Record<string, Register>> = {}
  const user: Record<string, Register> = {}
  for (const part of parts) {
    take(user, part.user)
    for (const [regulation, registers] of Object.entries(part.regulations)) {
      regulations[regulation] ??= {}
      take(regulations[regulation], registers)
    }
  }
  return { user, regulations }
}

function take(into: Record<string, Register>, registers: Registers): void {
  for (const path in registers) {
    const held = into[path]
    const stated = registers[path] as Register
    if (!held || compareRegisters(held, stated) < 0) into[path] = stated
  }
}

function statusOf(event: MergeEvent): Status {
  const user: Record<string, Register> = {}
  const consents: Record<string, Register> = {}
  const at = event.at.getTime()
  const into =
    (registers: Record<string, Register>): State =>
    (path, value) => {
      registers[path] = [value, at, event.id]
    }
  if (event.user) stateProfile(event.user, into(user))
  if (event.consents) stateConsents(event.consents, into(consents))
  const stated = Object.keys(consents).length > 0
  return { user, regulations: stated ? { [event.regulation]: consents } : {} }
}

type State = (path: string, value: unknown) => void

function stateProfile(user: Profile, state: State): void {
  for (const [key, value] of Object.entries(user.metadata ?? {})) state(registerPath('metadata', key), value)
  if (user.country !== undefined) state('country', user.country)
  if (user.last_seen_country !== undefined) state('last_seen_country', user.last_seen_country)
}

function stateConsents(consents: Consents, state: State): void {
  for (const purpose of consents.purposes ?? []) {
    const at = registerPath('purposes', purpose.id)
    stateChoice(at, purpose, state)
    if (typeof purpose.enabled_li === 'boolean') state(`${at}/enabled_li`, purpose.enabled_li)
    for (const [id, { value }] of Object.entries(purpose.values ?? {}))
      state(`${at}/${registerPath('values', id)}`, value)
    stateChoices(`${at}/channels`, purpose.channels, state)
    stateChoices(`${at}/preferences`, purpose.preferences, state)
    for (const preference of purpose.preferences ?? [])
      stateChoices(
        `${at}/${registerPath('preferences', preference.id, 'channels')}`,
        preference.channels,
        state,
      )
  }
  stateChoices('channels', consents.channels, state)
  const { vendors } = consents
  for (const id of vendors?.enabled ?? []) state(registerPath('vendors', id, 'enabled'), true)
  for (const id of vendors?.disabled ?? []) state(registerPath('vendors', id, 'enabled'), false)
  for (const id of vendors?.enabled_li ?? []) state(registerPath('vendors', id, 'enabled_li'), true)
  for (const id of vendors?.disabled_li ?? []) state(registerPath('vendors', id, 'enabled_li'), false)
  if (typeof consents.tcfcs === 'string') state('tcfcs', consents.tcfcs)
}

const stateChoices = (at: string, choices: readonly Choice[] | undefined, state: State): void => {
  for (const choice of choices ?? []) stateChoice(`${at}/${registerPath(choice.id)}`, choice, state)
}

/** null says that no choice was made, so it states nothing: it never takes an earlier choice back. */
function stateChoice(at: string, choice: Choice, state: State): void {
  if (typeof choice.enabled === 'boolean') state(`${at}/enabled`, choice.enabled)
  for (const [key, value] of Object.entries(choice.metadata ?? {}))
    state(`${at}/${registerPath('metadata', key)}`, value)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}
