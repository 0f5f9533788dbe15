/** What a choice takes until it is a field in the org, and what a backlog costs in API calls. */

import { setTimeout as pause } from 'node:timers/promises'
import { type SandboxOrg, startSandboxOrg } from '@heed/sandbox'
import { choice, email, openStage, percentile, type Stage } from './stage.ts'

const BACKLOG = 10_000
const LATENCY_MS = 50
const RATE_PER_SECOND = 100
const LAG_SECONDS = 15
const KNOWN_PEOPLE = 2_000

export interface Backlog {
  calls: number
  seconds: number
  byKind: Record<string, number>
}

async function connect(stage: Stage, org: SandboxOrg): Promise<string> {
  const { id } = await stage.call<{ id: string }>('POST', '/marketplace/integrations', {
    type_id: 'sf-sales-cloud',
    authentication: { url: org.url, client_id: org.clientId, client_secret: org.clientSecret },
    properties: { sobject: ['Lead'] },
    mappings: [
      { id: 'Newsletter__c', value: 'newsltr', type: 'pmp-widget-id' },
      { id: 'Topics__c', value: 'topicsT', type: 'pmp-widget-id' },
      { id: 'Consent_Event__c', value: 'newsltr', type: 'event_id' },
    ],
  })
  return id
}

async function withOrg<T>(
  people: number,
  measure: (stage: Stage, org: SandboxOrg, integration: string, ids: string[]) => Promise<T>,
): Promise<T> {
  const org = await startSandboxOrg({ latencyMs: LATENCY_MS, dailyApiLimit: 1_000_000 })
  const stage = await openStage([new URL(org.url).host])
  try {
    const ids = org.insertMany(
      'Lead',
      Array.from({ length: people }, (_, n) => ({ LastName: `L${n}`, Company: 'C', Email: email(n) })),
    )
    return await measure(stage, org, await connect(stage, org), ids)
  } finally {
    await stage.close()
    await org.close()
  }
}

async function settled(stage: Stage, integration: string): Promise<void> {
  for (;;) {
    const { total } = await stage.call<{ total: number }>(
      'GET',
      `/marketplace/integrations/${integration}/deliveries?state=owed&$limit=1`,
    )
    if (total === 0) return
    await pause(100)
  }
}

async function post(stage: Stage, people: number, seed: number): Promise<void> {
  for (let n = 0; n < people; n += 100)
    await stage.call(
      'POST',
      '/consents/events',
      Array.from({ length: 100 }, (_, i) => choice(n + i, seed + i)),
    )
}

/** 10,000 people change while the integration is paused: first nobody is known, then everybody. */
export const measureBacklog = (): Promise<{ unknown: Backlog; known: Backlog }> =>
  withOrg(BACKLOG, async (stage, org, integration) => {
    const run = async (seed: number): Promise<Backlog> => {
      await stage.call('PATCH', `/marketplace/integrations/${integration}`, { paused: true })
      await post(stage, BACKLOG, seed)
      org.resetUsage()
      const began = performance.now()
      await stage.call('PATCH', `/marketplace/integrations/${integration}`, { paused: false })
      await settled(stage, integration)
      const seconds = (performance.now() - began) / 1000
      return { calls: org.usage.calls, seconds, byKind: { ...org.usage.byKind } }
    }
    return { unknown: await run(0), known: await run(1) }
  })

/** Single events at a steady rate, each timed from its acknowledgement to the value in the org's record. */
export const measureLag = (): Promise<{ p50Ms: number; p99Ms: number; events: number; calls: number }> =>
  withOrg(KNOWN_PEOPLE, async (stage, org, integration, ids) => {
    await post(stage, KNOWN_PEOPLE, 0)
    await settled(stage, integration)
    org.resetUsage()
    const waiting = new Map<string, { record: string; atMs: number }>()
    const lags: number[] = []
    const look = setInterval(() => {
      const now = performance.now()
      for (const [event, { record, atMs }] of waiting) {
        if (org.get(record)?.Consent_Event__c !== event) continue
        lags.push(now - atMs)
        waiting.delete(event)
      }
    }, 5)
    const { pool, headers } = stage.pool(16)
    const sends: Promise<void>[] = []
    for (let i = 0; i < RATE_PER_SECOND * LAG_SECONDS; i++) {
      // No person twice within the measurement: the newest state alone is written.
      const n = i % KNOWN_PEOPLE
      const id = `lag-${i}`
      const body = JSON.stringify({ id, ...choice(n, i + 1) })
      sends.push(
        pool.request({ method: 'POST', path: '/v1/consents/events', headers, body }).then(async answer => {
          await answer.body.dump()
          waiting.set(id, { record: ids[n] as string, atMs: performance.now() })
        }),
      )
      await pause(1000 / RATE_PER_SECOND)
    }
    await Promise.all(sends)
    while (waiting.size > 0) await pause(20)
    clearInterval(look)
    await pool.close()
    return {
      p50Ms: percentile(lags, 0.5),
      p99Ms: percentile(lags, 0.99),
      events: lags.length,
      calls: org.usage.calls,
    }
  })
