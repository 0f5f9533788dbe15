/** What a person has chosen, held against what a published widget asks. Pure. */
import { type Register, type Registers, registerPath } from '../resolve/status.ts'
import type { Snapshot, SnapshotPreference, SnapshotPurpose } from '../widgets/snapshot.ts'

export interface PreferenceView {
  preference: SnapshotPreference
  purposeId: string
  path: string
  register: Register | undefined
  chosen: ReadonlySet<string>
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
  /** Something of it waits for the person's confirmation. */
  waits: boolean
  preferences: readonly PreferenceView[]
}

export function viewOf(
  { purposes }: Snapshot,
  registers: Registers,
  waiting: ReadonlySet<string> = new Set(),
): PurposeView[] {
  return purposes.map(purpose => {
    const path = registerPath('purposes', purpose.id, 'enabled')
    const register = registers[path]
    const preferences = preferencesOf(purpose.preferences, purpose.id, registers)
    const enabled = typeof register?.[0] === 'boolean' ? register[0] : undefined
    const asked = everyPreference(preferences)
    const hasChosen = enabled !== true && asked.some(({ chosen }) => chosen.size > 0)
    const waits = waiting.has(path) || asked.some(one => waiting.has(one.path))
    return { purpose, path, register, enabled, hasChosen, waits, preferences }
  })
}

const preferencesOf = (
  preferences: readonly SnapshotPreference[],
  purposeId: string,
  registers: Registers,
): PreferenceView[] =>
  preferences.map(preference => {
    const path = registerPath('purposes', purposeId, 'values', preference.id)
    const register = registers[path]
    return {
      ...{ preference, purposeId, path, register },
      chosen: new Set(
        String(register?.[0] ?? '')
          .split(',')
          .filter(Boolean),
      ),
      nested: new Map(
        preference.values.map(value => [value.id, preferencesOf(value.preferences, purposeId, registers)]),
      ),
    }
  })

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
