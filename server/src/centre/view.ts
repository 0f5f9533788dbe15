/** What a person has chosen, held against what a published widget asks. Pure. */
import type { PurposeChoice } from '../resolve/event.ts'
import { type Register, type Registers, registerPath } from '../resolve/status.ts'
import type { Snapshot, SnapshotPreference, SnapshotPurpose } from '../widgets/snapshot.ts'
import type { Waits } from './waiting.ts'

export interface PreferenceView {
  preference: SnapshotPreference
  purposeId: string
  path: string
  register: Register | undefined
  chosen: ReadonlySet<string>
  /** As the controls stand: what is chosen, or what the person has changed and not saved. */
  ticked: ReadonlySet<string>
  /** By value: what is asked where it is chosen. */
  nested: ReadonlyMap<string, readonly PreferenceView[]>
}

export interface PurposeView {
  purpose: SnapshotPurpose
  path: string
  register: Register | undefined
  /** Undefined: the person has never said. */
  enabled: boolean | undefined
  /** Values below it are chosen, though it is not accepted. They are kept as they are: a refusal says nothing of them. */
  hasChosen: boolean
  /** As the switch stands: between on and off where only values below it are chosen. */
  switched: boolean | 'half'
  /** Something of it waits for the person's confirmation. */
  waits: ReadonlySet<Waits>
  preferences: readonly PreferenceView[]
}

export function viewOf(
  { purposes }: Snapshot,
  registers: Registers,
  {
    waiting = new Map(),
    unsaved = [],
  }: { waiting?: ReadonlyMap<string, Waits>; unsaved?: readonly PurposeChoice[] } = {},
): PurposeView[] {
  return purposes.map(purpose => {
    const path = registerPath('purposes', purpose.id, 'enabled')
    const register = registers[path]
    const changed = unsaved.find(({ id }) => id === purpose.id)
    const preferences = preferencesOf(purpose.preferences, purpose.id, registers, changed?.values)
    const enabled = typeof register?.[0] === 'boolean' ? register[0] : undefined
    const asked = everyPreference(preferences)
    const hasChosen = enabled !== true && asked.some(({ chosen }) => chosen.size > 0)
    const waits = [path, ...asked.map(one => one.path)].flatMap(one => waiting.get(one) ?? [])
    const switched = changed?.enabled ?? enabled ?? (hasChosen && 'half')
    return { purpose, path, register, enabled, hasChosen, switched, waits: new Set(waits), preferences }
  })
}

const preferencesOf = (
  preferences: readonly SnapshotPreference[],
  purposeId: string,
  registers: Registers,
  changed: PurposeChoice['values'],
): PreferenceView[] =>
  preferences.map(preference => {
    const path = registerPath('purposes', purposeId, 'values', preference.id)
    const register = registers[path]
    const chosen = idsIn(String(register?.[0] ?? ''))
    const unsaved = changed?.[preference.id]?.value
    return {
      ...{ preference, purposeId, path, register, chosen },
      ticked: unsaved === undefined ? chosen : idsIn(unsaved),
      nested: new Map(
        preference.values.map(value => [
          value.id,
          preferencesOf(value.preferences, purposeId, registers, changed),
        ]),
      ),
    }
  })

const idsIn = (value: string): ReadonlySet<string> => new Set(value.split(',').filter(Boolean))

export const everyPreference = (preferences: readonly PreferenceView[]): PreferenceView[] =>
  preferences.flatMap(one => [one, ...[...one.nested.values()].flatMap(everyPreference)])

/** What is stated, by path. */
export const choicesOf = (purposes: readonly PurposeView[]): Map<string, Register> =>
  new Map(
    purposes.flatMap(one =>
      [one, ...everyPreference(one.preferences)].flatMap(({ path, register }): [string, Register][] =>
        register ? [[path, register]] : [],
      ),
    ),
  )
