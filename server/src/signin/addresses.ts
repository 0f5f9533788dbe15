/** Where people may be sent: to Heed itself, and to the hosts that their organization has named. Nowhere else. */
import type { OrganizationOutput } from '../access/organizations.ts'
import { invalid } from '../http/errors.ts'

const MAX_LENGTH = 2000
const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

export type AddressBook = Pick<OrganizationOutput, 'redirect_hosts'>

/** As browsers will read it, so that what is checked is what is gone to; undefined where it is not allowed. */
export function allowedAddress(address: string, { redirect_hosts }: AddressBook, publicUrl: string) {
  if (address.length > MAX_LENGTH || !URL.canParse(address)) return undefined
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') return undefined
  if (url.origin === new URL(publicUrl).origin) return url.href
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.has(url.hostname))
  return isSafe && redirect_hosts.includes(url.host) ? url.href : undefined
}

/** @param path the field that named it */
export function takeAddress(address: string, book: AddressBook, publicUrl: string, path: string): string {
  const allowed = allowedAddress(address, book, publicUrl)
  if (!allowed)
    throw invalid({
      [path]: 'is neither Heed’s own address nor https at one of the organization’s redirect_hosts',
    })
  return allowed
}
