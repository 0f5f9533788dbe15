/**
 * Every request that Heed makes on a customer's word goes through here: https only, and no private, loopback,
 * link-local or otherwise special address after name resolution, unless the host is allow-listed.
 */
import dns from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'

/** IANA special-purpose registries (RFC 6890 and its updates), and what was given up: IPv4-compatible and site-local addresses. */
const SPECIAL = `
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
  192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
  ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10
  fec0::/10 ff00::/8`

const special = new BlockList()
for (const network of SPECIAL.trim().split(/\s+/)) {
  const [address, prefix] = network.split('/') as [string, string]
  special.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

export class OutboundRefused extends Error {
  override name = 'OutboundRefused'
  readonly code = 'OUTBOUND_REFUSED'
}

/** @param allowedHosts `host` or `host:port`, lower case */
export function createOutbound(allowedHosts: readonly string[]): Dispatcher {
  const allowed = new Set(allowedHosts)
  const agents = {
    guarded: new Agent({ connect: { lookup: refuseSpecial } }),
    free: new Agent(),
  }
  return agents.guarded.compose(dispatch => (options, handler) => {
    const url = new URL(String(options.origin))
    if (isAllowed(allowed, url)) return agents.free.dispatch(options, handler)
    if (url.protocol !== 'https:') throw new OutboundRefused(`${url.host}: only https is spoken to`)
    const address = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(address) !== 0 && isSpecial(address)) throw refusalOf(url.host)
    return dispatch(options, handler)
  })
}

function isAllowed(allowed: ReadonlySet<string>, url: URL): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return allowed.has(url.hostname) || allowed.has(`${url.hostname}:${port}`)
}

export function isSpecial(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return special.check(mapped, 'ipv4')
  if (/^::ffff:/i.test(address)) return true // the hexadecimal form of a mapped address has no honest use
  return special.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

const refuseSpecial: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 4)
    if (addresses.some(({ address }) => isSpecial(address))) return callback(refusalOf(hostname), '', 4)
    const [first] = addresses
    if (options.all || !first) return callback(null, addresses as never)
    return callback(null, first.address, first.family)
  })
}

const refusalOf = (host: string): OutboundRefused =>
  new OutboundRefused(`${host} is a private address: list it in HEED_ALLOWED_HOSTS if Heed may reach it`)
