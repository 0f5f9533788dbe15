/** What a choice takes until it is a field in the org. */

import { setTimeout as pause } from 'node:timers/promises'
import { startSandboxOrg } from '@heed/sandbox'
import { connectOrg } from './integration.ts'
import { choice, email, openStage, percentile, type Stage } from './stage.ts'

const LATENCY_MS = 50
const RATE_PER_SECOND = 100
const LAG_SECONDS = 15
const KNOWN_PEOPLE = 2_000

async function post(stage: Stage, people: number, seed: number): Promise<void> {
  for (let n = 0; n < people; n += 100)
    await stage.call(
      'POST',
      '/consents/events',
      Array.from({ length: 100 }, (_, i) => choice(n + i, seed + i)),
    )
}

/** Single events at a steady rate, each timed from its acknowledgement to the value in the org's record. */
export async function measureLag(): Promise<{ p50Ms: number; p99Ms: number; events: number; calls: number }> {
  const org = await startSandboxOrg({ latencyMs: LATENCY_MS, dailyApiLimit: 1_000_000 })
  const stage = await openStage([new URL(org.url).host])
  try {
    const ids = org.insertMany(
      'Lead',
      Array.from({ length: KNOWN_PEOPLE }, (_, n) => ({ LastName: `L${n}`, Company: 'C', Email: email(n) })),
    )
    const integration = await connectOrg(stage, org, {
      mappings: [{ id: 'Consent_Event__c', value: 'newsltr', type: 'event_id' }],
    })
    await post(stage, KNOWN_PEOPLE, 0)
    await integration.settled()
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
  } finally {
    await stage.close()
    await org.close()
  }
}
