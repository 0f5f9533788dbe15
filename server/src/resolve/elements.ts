/** From a status to what each element, or each path into the status, holds. */
import type { Source, Stated } from '../connectors/contract.ts'
import type { Library } from '../library/library.ts'
import { type Register, type Registers, registerPath, type Status } from './status.ts'

export interface Subject {
  organizationUserId: string
  status: Status
}

export interface Reading {
  source: Source
  /** The register that holds it; absent: none that a choice can change. */
  register?: string
  /** Undefined: no event ever stated it. */
  read(subject: Subject, regulation: string): Stated | undefined
}

/**
 * @param pointer an element id when `byElement`, else a path such as `consents_purposes_newsletter_enabled`
 * @returns undefined where the library knows nothing of that name
 */
export function readingOf(library: Library, pointer: string, byElement: boolean): Reading | undefined {
  return byElement ? elementReading(library, pointer) : pathReading(library, pointer)
}

function elementReading(library: Library, id: string): Reading | undefined {
  const element = library.elements.get(id)
  if (!element) return undefined
  const { purposeId, preferenceId, valueId } = element
  if (preferenceId === undefined) return booleanReading(registerPath('purposes', purposeId, 'enabled'))
  if (valueId === undefined) return preferenceReading(library, purposeId, preferenceId)
  return valueReading(purposeId, preferenceId, valueId)
}

/** Ids may hold underscores themselves, so a path is read by trying the ids that the library knows. */
function pathReading(library: Library, path: string): Reading | undefined {
  if (path === 'organization_user_id' || path === 'user_organization_user_id')
    return {
      source: { ...text, isIdentity: true },
      read: ({ organizationUserId }) => ({ value: organizationUserId }),
    }
  const metadataKey = /^user_metadata_(.+)$/.exec(path)?.[1]
  if (metadataKey) return textReading(registerPath('metadata', metadataKey))
  const profile = /^user_(country|last_seen_country)$/.exec(path)?.[1]
  if (profile) return textReading(profile)
  const channel = /^consents_channels_(.+)_enabled$/.exec(path)?.[1]
  if (channel) return booleanReading(registerPath('channels', channel, 'enabled'))
  for (const [purposeId, tail] of splits(path, 'consents_purposes_', library.purposes)) {
    const found = purposeReading(library, purposeId, tail)
    if (found) return found
  }
  return undefined
}

function purposeReading(library: Library, purposeId: string, tail: string): Reading | undefined {
  if (tail === 'enabled' || tail === 'enabled_li')
    return booleanReading(registerPath('purposes', purposeId, tail))
  const channel = /^channel_(.+)_enabled$/.exec(tail)?.[1]
  if (channel) return booleanReading(registerPath('purposes', purposeId, 'channels', channel, 'enabled'))
  for (const [preferenceId, rest] of splits(tail, 'preferences_', library.preferences.keys())) {
    if (rest === 'value') return preferenceReading(library, purposeId, preferenceId)
    const valueId = library.preferences.get(preferenceId)?.valueIds.find(id => rest === `${id}_enabled`)
    if (valueId) return valueReading(purposeId, preferenceId, valueId)
  }
  // The older shape: preferences that are on or off themselves, with channels.
  const nested = /^preferences_(.+?)(?:_channel_(.+))?_enabled$/.exec(tail)
  if (!nested?.[1]) return undefined
  const deeper = nested[2] ? ['channels', nested[2]] : []
  return booleanReading(registerPath('purposes', purposeId, 'preferences', nested[1], ...deeper, 'enabled'))
}

function* splits(path: string, prefix: string, ids: Iterable<string>): Iterable<[id: string, tail: string]> {
  if (!path.startsWith(prefix)) return
  const rest = path.slice(prefix.length)
  for (const id of ids) if (rest.startsWith(`${id}_`)) yield [id, rest.slice(id.length + 1)]
}

const text: Source = { kind: 'text', valueIds: [] }

function booleanReading(path: string): Reading {
  return {
    source: { kind: 'boolean', valueIds: [] },
    register: path,
    read: (subject, regulation) => stated(registersOf(subject, regulation)[path], value => value === true),
  }
}

function textReading(path: string): Reading {
  return {
    source: text,
    read: ({ status }) =>
      stated(status.user[path], value => (typeof value === 'string' ? value : JSON.stringify(value))),
  }
}

function preferenceReading(library: Library, purposeId: string, preferenceId: string): Reading | undefined {
  const preference = library.preferences.get(preferenceId)
  if (!preference) return undefined
  const path = registerPath('purposes', purposeId, 'values', preferenceId)
  const { type: kind, valueIds } = preference
  return {
    source: { kind, valueIds },
    register: path,
    read: (subject, regulation) =>
      stated(registersOf(subject, regulation)[path], value =>
        kind === 'multi' ? chosen(value) : (chosen(value)[0] ?? ''),
      ),
  }
}

function valueReading(purposeId: string, preferenceId: string, valueId: string): Reading {
  const path = registerPath('purposes', purposeId, 'values', preferenceId)
  return {
    source: { kind: 'boolean', valueIds: [] },
    register: path,
    read: (subject, regulation) =>
      stated(registersOf(subject, regulation)[path], value => chosen(value).includes(valueId)),
  }
}

export const chosen = (value: unknown): string[] =>
  value === ''
    ? []
    : String(value)
        .split(',')
        .filter(id => id !== '')

const NONE: Registers = {}

const registersOf = (subject: Subject, regulation: string): Registers =>
  subject.status.regulations[regulation] ?? NONE

const stated = (
  register: Register | undefined,
  read: (value: unknown) => Stated['value'],
): Stated | undefined => register && { value: read(register[0]), atMs: register[1], eventId: register[2] }
