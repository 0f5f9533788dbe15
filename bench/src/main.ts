/** The measured claims: each with its yardstick from the same run. */
import { cpus, totalmem } from 'node:os'
import { measureIngest } from './ingest.ts'

const format = (n: number): string => Math.round(n).toLocaleString('en')
const line = (name: string, value: string, yardstick: string, goal: string): void =>
  console.log(`${name.padEnd(52)} ${value.padStart(22)}   ${yardstick.padEnd(42)} ${goal}`)

console.log(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${format(totalmem() / 2 ** 30)} GiB\n`,
)

const { yardstick, yardstickAfter, batches, singles, alone } = await measureIngest()
const sql = (yardstick + yardstickAfter) / 2
const against = (rate: number): string => `${(rate / sql).toFixed(2)} x of bare SQL (${format(sql)}/s)`
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
