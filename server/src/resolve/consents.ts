/** From registers back to the public shape of a person's consents. */
import type { Consents, Profile } from './event.ts'
import { type Register, type Registers, registerParts } from './status.ts'

interface ChoiceNode {
  id: string
  enabled?: boolean
  metadata?: Record<string, unknown>
}
interface PreferenceNode extends ChoiceNode {
  channels?: ChoiceNode[]
}
interface PurposeNode extends ChoiceNode {
  enabled_li?: boolean
  values?: Record<string, { value: string }>
  channels?: ChoiceNode[]
  preferences?: PreferenceNode[]
}

/** Lists come in the order of their ids; what was never stated is absent. */
export function consentsOf(registers: Registers): Consents {
  const purposes: PurposeNode[] = []
  const channels: ChoiceNode[] = []
  const vendors = { enabled: [], enabled_li: [], disabled: [], disabled_li: [] } as Record<string, string[]>
  let tcfcs: string | undefined
  for (const path of Object.keys(registers).sort()) {
    const [value] = registers[path] as Register
    const [kind, id = '', ...rest] = registerParts(path)
    if (kind === 'purposes') setPurpose(nodeOf(purposes, id), rest, value)
    else if (kind === 'channels') setChoice(nodeOf(channels, id), rest, value)
    else if (kind === 'vendors') vendors[vendorList(rest[0] === 'enabled_li', value)]?.push(id)
    else if (kind === 'tcfcs') tcfcs = String(value)
  }
  return { channels, purposes, vendors, ...(tcfcs === undefined ? {} : { tcfcs }) }
}

export function profileOf(registers: Registers): Profile {
  const metadata: Record<string, unknown> = {}
  const profile: Profile = {}
  for (const [path, [value]] of Object.entries(registers)) {
    const [kind, key = ''] = registerParts(path)
    if (kind === 'metadata') metadata[key] = value
    else if (kind === 'country') profile.country = String(value)
    else if (kind === 'last_seen_country') profile.last_seen_country = String(value)
  }
  return { ...profile, metadata }
}

function setPurpose(purpose: PurposeNode, [field = '', ...rest]: string[], value: unknown): void {
  if (field === 'enabled_li') purpose.enabled_li = value as boolean
  else if (field === 'values') {
    purpose.values ??= {}
    purpose.values[rest[0] as string] = { value: String(value) }
  } else if (field === 'channels') {
    purpose.channels ??= []
    setChoice(nodeOf(purpose.channels, rest[0] as string), rest.slice(1), value)
  } else if (field === 'preferences') {
    purpose.preferences ??= []
    const preference: PreferenceNode = nodeOf(purpose.preferences, rest[0] as string)
    if (rest[1] === 'channels') {
      preference.channels ??= []
      setChoice(nodeOf(preference.channels, rest[2] as string), rest.slice(3), value)
    } else setChoice(preference, rest.slice(1), value)
  } else setChoice(purpose, [field, ...rest], value)
}

function setChoice(choice: ChoiceNode, [field, key = '']: string[], value: unknown): void {
  if (field === 'enabled') choice.enabled = value as boolean
  else if (field === 'metadata') {
    choice.metadata ??= {}
    choice.metadata[key] = value
  }
}

function nodeOf<T extends ChoiceNode>(nodes: T[], id: string): T {
  const last = nodes.at(-1)
  if (last?.id === id) return last
  const found = nodes.find(node => node.id === id)
  if (found) return found
  const node = { id } as T
  nodes.push(node)
  return node
}

const vendorList = (legitimateInterest: boolean, value: unknown): string =>
  `${value ? 'enabled' : 'disabled'}${legitimateInterest ? '_li' : ''}`
