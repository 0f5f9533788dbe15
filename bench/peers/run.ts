/** A peer in a process of its own: the task comes by stdin, the report leaves by stdout. */
import { text } from 'node:stream/consumers'
import type { Peer, Report, Task } from './peer.ts'

const peers: Record<string, () => Promise<Peer>> = {
  floor: async () => (await import('./floor.ts')).floor,
  'jsforce one by one': async () => (await import('./jsforce.ts')).oneByOne,
  'jsforce collections': async () => (await import('./jsforce.ts')).collections,
  'Segment streaming': async () => (await import('./segment.ts')).streaming,
  'Segment bulk': async () => (await import('./segment.ts')).bulk,
}

const load = peers[process.argv[2] as string]
if (!load) throw new Error(`no peer is called ${process.argv[2]}`)
const [peer, task] = await Promise.all([load(), text(process.stdin).then(json => JSON.parse(json) as Task)])

const cpu = process.cpuUsage()
const began = performance.now()
const failed = new Set(await peer(task))
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage(cpu)
const report: Report = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakMiB: process.resourceUsage().maxRSS / 1024,
  failed: [...failed],
}
process.stdout.write(JSON.stringify(report), () => process.exit(0))
