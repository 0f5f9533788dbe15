/**
 * How many pages of the preference centre a second: signed in, with choices made and in force in an org. Each page is
 * read and written anew for its person; nothing of it is kept.
 */
import { gzipSync } from 'node:zlib'
import { startSandboxOrg } from '@heed/sandbox'
import { connectOrg } from './integration.ts'
import { type MainThreads, measureMainThread } from './mainThread.ts'
import { cpuSeconds } from './processes.ts'
import { openSender, requestOf } from './sender.ts'
import { choice, email, openStage, percentile, type Stage } from './stage.ts'

const PEOPLE = 200
const CONNECTIONS = 16
const SECONDS = 6
const PAGE = '/c/bench/centre'

export interface Pages {
  mainThread: MainThreads
  pagesPerSecond: number
  p50Ms: number
  p99Ms: number
  /** Of Heed and PostgreSQL: says on a machine that is shared what the rate does not. */
  cpuMsPerPage: number
  /** Page, style sheets and script. */
  bytes: number
  gzipped: number
}

export async function measurePages(): Promise<Pages> {
  const org = await startSandboxOrg({ dailyApiLimit: 1_000_000 })
  const stage = await openStage([new URL(org.url).host])
  try {
    org.insertMany(
      'Lead',
      Array.from({ length: PEOPLE }, (_, n) => ({ LastName: `L${n}`, Company: 'C', Email: email(n) })),
    )
    const integration = await connectOrg(stage, org)
    for (let n = 0; n < PEOPLE; n += 100)
      await stage.call(
        'POST',
        '/consents/events',
        Array.from({ length: 100 }, (_, i) => choice(n + i, i)),
      )
    await integration.settled()
    await stage.call('POST', '/widgets', {
      ...{ id: 'centre', name: 'Centre', template_id: 'full_preference_center' },
      enabled_languages: ['en', 'de', 'fr'],
    })
    await stage.call('POST', '/widgets/deployments', { widget_id: 'centre' })
    const cookies = await Promise.all(Array.from({ length: PEOPLE }, (_, n) => signIn(stage, n)))
    const weight = await weigh(stage, cookies[0] as string)
    const mainThread = await measureMainThread(stage.url + PAGE, cookies[0] as string)
    await load(stage, cookies, 2) // warm-up
    return { ...(await load(stage, cookies, SECONDS)), ...weight, mainThread }
  } finally {
    await stage.close()
    await org.close()
  }
}

async function signIn(stage: Stage, n: number): Promise<string> {
  const { id_token } = await stage.call<{ id_token: string }>('POST', '/consents/tokens', {
    organization_user_id: email(n),
  })
  const answer = await fetch(`${stage.url}${PAGE}?token=${encodeURIComponent(id_token)}`, {
    redirect: 'manual',
  })
  return String(answer.headers.get('set-cookie')).split(';')[0] as string
}

async function load(stage: Stage, cookies: readonly string[], seconds: number) {
  const requests = cookies.map(cookie => requestOf(stage.url, PAGE, { cookie }, '', 'GET'))
  const senders = await Promise.all(Array.from({ length: CONNECTIONS }, () => openSender(stage.url)))
  const times: number[] = []
  const cpuBefore = cpuSeconds(stage.processes)
  const began = performance.now()
  const until = began + seconds * 1000
  let next = 0
  await Promise.all(
    senders.map(async sender => {
      while (performance.now() < until) {
        const sent = performance.now()
        const status = await sender.send(requests[next++ % PEOPLE] as Buffer)
        if (status !== 200) throw new Error(`answered ${status}`)
        times.push(performance.now() - sent)
      }
    }),
  )
  const elapsed = (performance.now() - began) / 1000
  for (const sender of senders) sender.close()
  return {
    pagesPerSecond: times.length / elapsed,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    cpuMsPerPage: ((cpuSeconds(stage.processes) - cpuBefore) * 1000) / times.length,
  }
}

/** Everything that a first visit fetches. */
async function weigh({ url }: Stage, cookie: string): Promise<{ bytes: number; gzipped: number }> {
  const page = await (await fetch(url + PAGE, { headers: { cookie } })).text()
  if (!/ since /.test(page)) throw new Error('the page does not say since when a choice is in force')
  const linked = [...page.matchAll(/(?:href|src)="([^"]+\.(?:css|js))"/g)].map(match => match[1] as string)
  const parts = [
    page,
    ...(await Promise.all(linked.map(async path => await (await fetch(url + path)).text()))),
  ]
  const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0)
  return {
    bytes: sum(parts.map(part => Buffer.byteLength(part))),
    gzipped: sum(parts.map(part => gzipSync(part).length)),
  }
}
