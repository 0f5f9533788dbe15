/** The measured claims: each with its yardstick from the same run. */
import { cpus, totalmem } from 'node:os'
import { measureBacklog, measureLag } from './delivery.ts'
import { measureIngest } from './ingest.ts'

const format = (n: number): string => Math.round(n).toLocaleString('en')
const line = (name: string, value: string, yardstick: string, goal: string): void =>
  console.log(`${name.padEnd(52)} ${value.padStart(22)}   ${yardstick.padEnd(58)} ${goal}`)

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${format(totalmem() / 2 ** 30)} GiB\n`,
)

const { bare, batches, singles, alone } = await measureIngest()
const times = (rate: number, yardstick: number): string => `${(rate / yardstick).toFixed(2)} x`
const against = (rate: number): string =>
  `${times(rate, bare.one)} of one bare SQL loop, ${times(rate, bare.several)} of several`
line(
  'bare SQL loop, events/s in groups of 100',
  format(bare.one),
  `several loops at once: ${format(bare.several)}`,
  'yardstick',
)
const latency = ({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }): string =>
  `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
line(
  'events/s in requests of 100, 8 connections',
  format(batches.eventsPerSecond),
  against(batches.eventsPerSecond),
  'goal 0.8 x',
)
line('  latency of such a request', latency(batches), '', '')
line(
  'events/s one by one, 64 connections',
  format(singles.eventsPerSecond),
  against(singles.eventsPerSecond),
  'goal 0.4 x',
)
line('  latency of such a request', latency(singles), '', '')
line('events/s one by one, 1 connection', format(alone.eventsPerSecond), latency(alone), '')

const lag = await measureLag()
line(
  'from acknowledged to written, 100/s, 50 ms org',
  `p50 ${Math.round(lag.p50Ms)} ms, p99 ${Math.round(lag.p99Ms)} ms`,
  `${format(lag.events)} events in ${format(lag.calls)} calls`,
  'goal p50 700 ms, p99 1,500 ms',
)
const { unknown, known } = await measureBacklog()
const one = 'one by one: 20,000 calls'
line(
  'API calls for 10,000 people, links known',
  format(known.calls),
  `${known.seconds.toFixed(1)} s; one by one: 10,000 calls`,
  'goal 12',
)
line(
  'API calls for 10,000 people, links unknown',
  format(unknown.calls),
  `${unknown.seconds.toFixed(1)} s; ${one}`,
  'goal 25',
)
