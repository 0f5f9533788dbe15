/** Who is measured: each gets a fresh org of the same kind, the same choices, the same faults. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as rest } from 'node:timers/promises'
import { type SandboxOrg, startSandboxOrg } from '@heed/sandbox'
import type { Report, Task } from '../peers/peer.ts'
import { pauseAndRest } from './backlog.ts'
import { connectOrg } from './integration.ts'
import { judge, type Verdict } from './judge.ts'
import { cpuSeconds, peakMiB, watchMemory } from './processes.ts'
import { choice, openStage, type Stage } from './stage.ts'
import { type Chosen, changeOf, chosenIn, fill, type People, type Workload } from './workloads.ts'

const LATENCY_MS = 50
const EVENTS_PER_REQUEST = 100
const peersDirectory = join(import.meta.dirname, '../peers')

export interface Result extends Verdict {
  name: string
  workload: string
  changes: number
  calls: number
  /** Some of the calls were about bulk jobs. */
  bulk: boolean
  seconds: number
  /** Of delivering; Heed's PostgreSQL is included. */
  cpuSeconds: number
  peakMiB: number
  /** Heed alone: what taking the events in took, and what PostgreSQL held. */
  intake?: { seconds: number; cpuSeconds: number }
  postgresPeakMiB?: number
}

export interface Contestant {
  name: string
  oneByOne?: true
  run(
    arena: Arena,
  ): Promise<Omit<Result, keyof Verdict | 'name' | 'workload' | 'changes'> & Pick<Report, 'failed'>>
}

interface Arena {
  org: SandboxOrg
  people: People
  workload: Workload
  chosen: readonly Chosen[]
  /** Called when what was there before is in place: from here on calls count and faults strike. */
  ready(): void
}

export async function measure(contestant: Contestant, workload: Workload): Promise<Result> {
  const count = contestant.oneByOne ? workload.peopleOneByOne : workload.people
  const org = await startSandboxOrg({ latencyMs: LATENCY_MS, dailyApiLimit: 1_000_000 })
  try {
    const people = fill(org, count, workload.messy)
    const chosen = chosenIn(workload, count)
    const { failed, ...report } = await contestant.run({
      org,
      people,
      workload,
      chosen,
      ready() {
        org.resetUsage()
        for (const fault of workload.faults ?? []) org.faults.inject(fault)
      },
    })
    return {
      name: contestant.name,
      workload: workload.name,
      changes: chosen.length,
      ...report,
      ...judge(org, chosen.map(changeOf), people.liveIds, failed),
    }
  } finally {
    await org.close()
  }
}

/** One of the programs in `peers/`, in a process of its own. */
export const peer = (name: string, oneByOne?: true): Contestant => ({
  name,
  ...(oneByOne ? { oneByOne } : {}),
  async run({ org, people, workload, chosen, ready }) {
    const task: Task = {
      url: org.url,
      accessToken: await signIn(org),
      changes: chosen.map(changeOf),
      ...(workload.known ? { leadIds: people.leadIds } : {}),
      liveIds: people.liveIds,
      bulkIds: Object.fromEntries(
        Object.entries(people.leadIds).map(([email, [id]]) => [email, id as string]),
      ),
    }
    ready()
    const child = spawn(process.execPath, [join(peersDirectory, 'run.ts'), name], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.on('error', () => undefined) // it ended early: its report is missed below
    child.stdin.end(JSON.stringify(task))
    const said = await text(child.stdout)
    if (said === '') throw new Error(`${name} ended without a report`)
    const report = JSON.parse(said) as Report
    const used = callsOf(org)
    const ended = performance.now()
    await bulkJobsEnded(task)
    // What a job still works on when the program has gone home is not in the records yet.
    return { ...report, ...used, seconds: report.seconds + (performance.now() - ended) / 1000 }
  },
})

/**
 * Heed, as its user runs it: the choices come in over HTTP and are committed while the integration is paused; then it is
 * released. Taking in is measured apart from delivering: the others have their choices at hand.
 */
export const heed: Contestant = {
  name: 'Heed',
  async run({ org, workload, chosen, ready }) {
    const stage = await openStage([new URL(org.url).host])
    const memory = watchMemory(stage.processes)
    try {
      const integration = await connectOrg(stage, org, workload.messy ? { sobject: ['Lead', 'Contact'] } : {})
      if (workload.known) {
        await post(
          stage,
          chosen.map(({ n, seed }) => ({ n, seed: seed + 1 })),
        )
        await integration.settled()
      }
      await pauseAndRest(integration)
      ready()
      const cpu = cpuSeconds(stage.processes)
      const began = performance.now()
      await post(stage, chosen)
      if (org.usage.calls > 0)
        throw new Error('Heed delivered while it was paused: there is no backlog to measure')
      const released = performance.now()
      const takenIn = cpuSeconds(stage.processes)
      await integration.pause(false)
      await integration.settled()
      const ended = performance.now()
      const delivered = cpuSeconds(stage.processes)
      memory.stop()
      return {
        ...callsOf(org),
        seconds: (ended - released) / 1000,
        cpuSeconds: delivered - takenIn,
        intake: { seconds: (released - began) / 1000, cpuSeconds: takenIn - cpu },
        peakMiB: peakMiB(stage.processes.node),
        postgresPeakMiB: memory.postgresPeakMiB,
        failed: await integration.failed(),
      }
    } finally {
      memory.stop()
      await stage.close()
    }
  },
}

async function post(stage: Stage, chosen: readonly Chosen[]): Promise<void> {
  for (let from = 0; from < chosen.length; from += EVENTS_PER_REQUEST)
    await stage.call(
      'POST',
      '/consents/events',
      chosen.slice(from, from + EVENTS_PER_REQUEST).map(({ n, seed }) => choice(n, seed)),
    )
}

const callsOf = ({ usage }: SandboxOrg) => ({ calls: usage.calls, bulk: (usage.byKind.bulk ?? 0) > 0 })

/** Jobs that were handed over run on without their program. The looks are the bench's own: they count for nobody. */
async function bulkJobsEnded({ url, accessToken }: Task): Promise<void> {
  const headers = { authorization: `Bearer ${accessToken}` }
  for (;;) {
    const answer = await fetch(`${url}/services/data/v60.0/jobs/ingest`, { headers }).catch(() => undefined)
    if (answer?.ok) {
      const { records } = (await answer.json()) as { records: { state: string }[] }
      if (!records.some(({ state }) => state === 'UploadComplete' || state === 'InProgress')) return
    }
    await rest(10)
  }
}

async function signIn({ url, clientId, clientSecret }: SandboxOrg): Promise<string> {
  const answer = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}
