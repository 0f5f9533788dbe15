/** Heed beside the peers' own code and beside the floor: every workload, every contestant, one after another. */
import { type Contestant, heed, measure, peer, type Result } from './contestants.ts'
import { installPeers } from './installPeers.ts'
import { format, line, table } from './print.ts'
import { workloads } from './workloads.ts'

const contestants = (withPeers: boolean): Contestant[] => [
  peer('floor'),
  heed,
  ...(withPeers
    ? [
        peer('jsforce collections'),
        peer('jsforce one by one', true),
        peer('Segment streaming', true),
        peer('Segment bulk'),
      ]
    : []),
]

const HEAD = [
  '',
  'people',
  'changes',
  'calls',
  'per 10,000',
  'wall s',
  'per 10,000',
  'CPU s',
  'ms/person',
  'MiB',
  'right',
  'wrong',
  'silent',
]

export async function measurePeers(): Promise<Result[]> {
  const results: Result[] = []
  const taking = contestants(installPeers())
  for (const workload of workloads) {
    const rows = [[workload.name, ...HEAD.slice(1)]]
    for (const contestant of taking) {
      if (contestant.oneByOne && workload.peopleOneByOne === 0) continue
      const result = await measure(contestant, workload)
      results.push(result)
      rows.push(cellsOf(result))
    }
    table(rows)
    console.log('')
  }
  return results
}

const scaled = (value: number, { people }: Result): number => (value / people) * 10_000

const cellsOf = (result: Result): string[] => [
  `  ${result.name}${result.name === 'Heed' && result.bulk ? ' (by bulk)' : ''}`,
  format(result.people),
  format(result.changes),
  format(result.calls),
  format(scaled(result.calls, result)),
  format(result.seconds, 2),
  format(scaled(result.seconds, result), 1),
  ...cpuCellsOf(result),
  result.postgresPeakMiB === undefined
    ? format(result.peakMiB)
    : `${format(result.peakMiB)} + ${format(result.postgresPeakMiB)}`,
  `${format(Math.floor((result.right / result.people) * 10_000) / 100, 2)}%`,
  format(result.wrong),
  format(result.silent),
]

const cpuCellsOf = ({ cpuSeconds, intake, people }: Result): string[] => {
  const spent = intake ? [cpuSeconds, intake.cpuSeconds] : [cpuSeconds]
  return [spent, spent.map(seconds => (seconds / people) * 1000)].map(some =>
    some.map(value => format(value, 2)).join(' + '),
  )
}

/** The goals that these results decide. */
export function printGoals(results: readonly Result[]): void {
  const of = (name: string, workload: string) =>
    results.find(result => result.name === name && result.workload === workload)
  const ours = results.filter(({ name }) => name === 'Heed')
  const wrong = ours.reduce((sum, result) => sum + result.wrong, 0)
  const silent = ours.reduce((sum, result) => sum + result.silent, 0)
  line(
    'people right, every workload',
    `${format(wrong)} wrong`,
    `${format(silent)} of them silent`,
    'goal 100% right',
  )

  const calls = (name: string, workload: string, wantsBulk: boolean, goal: number): void => {
    const result = of('Heed', workload)
    const value =
      !result || result.bulk !== wantsBulk ? 'bulk not used' : format(scaled(result.calls, result))
    line(`API calls per 10,000 people, ${name}`, value, '', `goal ${goal}`)
  }
  calls('links known', 'all known', false, 11)
  calls('links unknown', 'nobody known', false, 17)
  calls('by bulk', 'a backlog, all known', true, 10)

  for (const workload of ['all known', 'nobody known']) {
    const heeds = of('Heed', workload)
    const collections = of('jsforce collections', workload)
    const streaming = of('Segment streaming', workload)
    if (!heeds || !collections || !streaming) continue
    line(
      `wall time, ${workload}`,
      `${format(heeds.seconds / collections.seconds, 2)} x`,
      `of jsforce collections; with taking in ${format((heeds.seconds + (heeds.intake?.seconds ?? 0)) / collections.seconds, 2)} x`,
      'goal 0.7 x',
    )
    line(
      '',
      `${format(scaled(streaming.seconds, streaming) / scaled(heeds.seconds, heeds), 1)} x faster`,
      'than Segment streaming',
      'goal 25 x',
    )
    line(
      `CPU time, ${workload}`,
      `${format(heeds.cpuSeconds / collections.cpuSeconds, 1)} x`,
      `of jsforce collections, PostgreSQL included; with taking in ${format((heeds.cpuSeconds + (heeds.intake?.cpuSeconds ?? 0)) / collections.cpuSeconds, 1)} x`,
      'goal 3 x',
    )
  }
}
