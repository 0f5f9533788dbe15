/** What Heed holds while it works through a backlog: it must not feel the size. */
import { startSandboxOrg } from '@heed/sandbox'
import { owe, pauseAndRest } from './backlog.ts'
import { connectOrg } from './integration.ts'
import { peakMiB, watchMemory } from './processes.ts'
import { email, openStage } from './stage.ts'

export interface Memory {
  people: number
  seconds: number
  calls: number
  peakMiB: number
  /** The most that was held in each quarter of the time: flat, or growing. */
  quartersMiB: number[]
  postgresPeakMiB: number
}

/** Against the sandbox org itself: nobody is known, all are found. */
export async function measureMemory(people = 1_000_000): Promise<Memory> {
  const org = await startSandboxOrg({ latencyMs: 50, dailyApiLimit: 1_000_000 })
  const stage = await openStage([new URL(org.url).host])
  try {
    for (let n = 0; n < people; n++) org.insert('Lead', { LastName: 'L', Company: 'C', Email: email(n) })
    const integration = await connectOrg(stage, org)
    await pauseAndRest(integration)
    await owe(stage, integration, 0, people)
    org.resetUsage()
    const watch = watchMemory(stage.processes)
    const began = performance.now()
    await integration.pause(false)
    await integration.settled()
    const seconds = (performance.now() - began) / 1000
    watch.stop()
    const quarter = Math.ceil(watch.nodeMiB.length / 4)
    return {
      people,
      seconds,
      calls: org.usage.calls,
      peakMiB: peakMiB(stage.processes.node),
      quartersMiB: [0, 1, 2, 3].map(i => Math.max(...watch.nodeMiB.slice(i * quarter, (i + 1) * quarter))),
      postgresPeakMiB: watch.postgresPeakMiB,
    }
  } finally {
    await stage.close()
    await org.close()
  }
}
