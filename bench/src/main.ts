/** The measured claims, each with its yardstick from the same run; `npm run bench -- NAME...` runs parts. */
import { writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { measureClaims } from './claims.ts'
import { heed, measure } from './contestants.ts'
import { measureLag } from './delivery.ts'
import { measureIngest } from './ingest.ts'
import { measureMemory } from './memory.ts'
import { measurePages } from './pages.ts'
import { measurePeers, printGoals } from './peers.ts'
import { format, line } from './print.ts'
import { workloads } from './workloads.ts'

const LEGEND = `
50 ms org. One by one is 25 people at a time, on fewer people: "per 10,000" makes them comparable.
Calls: those that the org counted (a refused one is not). Wall: for Heed from the release of a paused integration, its
choices taken in and committed before; for bulk until the jobs have ended. CPU: for Heed delivering + taking in, each with
PostgreSQL.
MiB: the peak of the process; for Heed + PostgreSQL's. Silent: wrong, and nothing was said.
Given beforehand: to the floor all there is to know; to Segment's bulk the id of each person's (first) lead, always; to
jsforce the ids of the leads, where all are known. Segment's streaming always looks up.
`

/** KB gzipped, script + style sheet, as their projects publish them; consent banners, which hold no choice of a person's. */
const PUBLISHED =
  'cookieconsent 10.2 + 5.3, Orejime 13.0 + 1.5, tarteaucitron 18.8 + 5.0, c15t core 33.7, Klaro 68.9'

const parts: Record<string, () => Promise<unknown>> = { ingest, lag, pages, peers, backlog, memory, claims }
/** Part of `peers`. */
const ONLY_WHEN_NAMED = new Set(['backlog'])

const named = process.argv.slice(2)
const unknown = named.filter(name => !(name in parts))
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: there is ${Object.keys(parts).join(', ')}`)

const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${format(totalmem() / 2 ** 30)} GiB`
const date = new Date().toISOString().slice(0, 10)
console.log(`${date}, ${machine}\n`)

const results: Record<string, unknown> = { date, machine }
for (const [name, run] of Object.entries(parts))
  if (named.length === 0 ? !ONLY_WHEN_NAMED.has(name) : named.includes(name)) results[name] = await run()
await writeFile(join(import.meta.dirname, '../results.json'), `${JSON.stringify(results, undefined, 2)}\n`)

async function ingest() {
  const measured = await measureIngest()
  const { bare, batches, singles, alone } = measured
  const against = (rate: number): string =>
    `${format(rate / bare.one, 2)} x of one bare SQL loop, ${format(rate / bare.several, 2)} x of several`
  const latency = ({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }): string =>
    `p50 ${format(p50Ms, 1)} ms, p99 ${format(p99Ms, 1)} ms`
  line(
    'bare SQL loop, events/s in groups of 100',
    format(bare.one),
    `several loops at once: ${format(bare.several)}`,
    'yardstick',
  )
  line(
    'events/s in requests of 100, 8 connections',
    format(batches.eventsPerSecond),
    against(batches.eventsPerSecond),
    'goal 0.8 x',
  )
  line('  latency of such a request', latency(batches))
  line(
    'events/s one by one, 64 connections',
    format(singles.eventsPerSecond),
    against(singles.eventsPerSecond),
    'goal 0.4 x',
  )
  line('  latency of such a request', latency(singles))
  line('events/s one by one, 1 connection', format(alone.eventsPerSecond), latency(alone))
  return measured
}

async function lag() {
  const measured = await measureLag()
  line(
    'from acknowledged to written, 100/s, 50 ms org',
    `p50 ${format(measured.p50Ms)} ms, p99 ${format(measured.p99Ms)} ms`,
    `${format(measured.events)} events in ${format(measured.calls)} calls`,
    'goal p50 400 ms, p99 1,000 ms',
  )
  return measured
}

async function pages() {
  const measured = await measurePages()
  const { pagesPerSecond, p50Ms, p99Ms, cpuMsPerPage, bytes, gzipped } = measured
  const { page, empty } = measured.mainThread
  line(
    'pages/s of the preference centre, signed in',
    format(pagesPerSecond),
    `p50 ${format(p50Ms, 1)} ms, p99 ${format(p99Ms, 1)} ms; CPU ${format(cpuMsPerPage, 1)} ms a page`,
    'goal 500',
  )
  line(
    '  such a page with all that it loads, gzipped',
    `${format(gzipped / 1000, 1)} KB`,
    `${format(bytes / 1000, 1)} KB uncompressed`,
  )
  line(
    '  main thread until it is live and quiet, 4 x slower',
    `${format(page.taskSeconds, 2)} s`,
    `a page of one heading: ${format(empty.taskSeconds, 2)} s; scripts ${format(page.scriptSeconds, 2)} s`,
    'goal 0.3 s',
  )
  console.log(`  published, not measured here: ${PUBLISHED}`)
  return measured
}

async function peers() {
  console.log(LEGEND)
  const measured = await measurePeers()
  printGoals(measured)
  return measured
}

/** Heed alone. */
async function backlog() {
  const measured = []
  for (const workload of workloads.filter(({ name }) => /known$/.test(name)))
    measured.push(await measure(heed, workload))
  printGoals(measured)
  return measured
}

async function memory() {
  const measured = await measureMemory()
  const { people, seconds, calls, peakMiB, quartersMiB, postgresPeakMiB } = measured
  line(
    `memory for a backlog of ${format(people)} people`,
    `${format(peakMiB)} MiB`,
    `by quarters ${quartersMiB.map(mib => format(mib)).join(', ')}; PostgreSQL ${format(postgresPeakMiB)} MiB`,
    'goal below 400 MB, flat',
  )
  line('', `${format(seconds)} s`, `${format(calls)} calls, nobody known before`)
  return measured
}

async function claims() {
  const measured = await measureClaims()
  const { fewMicroseconds, manyMicroseconds } = measured
  line(
    'claim, load and settle per row, 1,000,000 owed',
    `${format(manyMicroseconds / fewMicroseconds, 2)} x`,
    `${format(manyMicroseconds)} against ${format(fewMicroseconds)} µs with 10,000 owed`,
    'goal 1.5 x',
  )
  return measured
}
