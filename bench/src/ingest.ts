/**
 * How fast events come in, over HTTP and committed with fsync, against a bare loop of the same set-based SQL without
 * HTTP, validation and merging: as much as PostgreSQL gives on this machine at this moment.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureOrganization } from '../../server/src/access/organizations.ts'
import { lockPeople } from '../../server/src/record/identify.ts'
import { hasChanged } from '../../server/src/record/person.ts'
import { write } from '../../server/src/record/write.ts'
import { inTransaction, openDatabase } from '../../server/src/store/database.ts'
import { startEmbedded } from '../../server/src/store/embedded.ts'
import { migrate } from '../../server/src/store/migrate.ts'
import { choice, email, openStage, percentile, type Stage } from './stage.ts'

const SECONDS = 6
const PEOPLE = 20_000
const GROUP = 100

export interface Rate {
  eventsPerSecond: number
  p50Ms: number
  p99Ms: number
}

export async function measureIngest() {
  const yardstick = await bareLoop()
  const stage = await openStage()
  try {
    await load(stage, 8, GROUP, 2) // warm-up, and the people exist
    const batches = await load(stage, 8, GROUP, SECONDS)
    const singles = await load(stage, 64, 1, SECONDS)
    const alone = await load(stage, 1, 1, 3)
    return { yardstick, batches, singles, alone, yardstickAfter: await bareLoop() }
  } finally {
    await stage.close()
  }
}

/** Requests of `perRequest` events from so many connections, for so long. */
async function load(stage: Stage, connections: number, perRequest: number, seconds: number): Promise<Rate> {
  const { pool, headers } = stage.pool(connections)
  const times: number[] = []
  const until = Date.now() + seconds * 1000
  const began = performance.now()
  let seed = Math.floor(Math.random() * 1e6)
  const send = async () => {
    while (Date.now() < until) {
      const events = Array.from({ length: perRequest }, () => choice(++seed % PEOPLE, seed))
      const body = JSON.stringify(perRequest === 1 ? events[0] : events)
      const sent = performance.now()
      const answer = await pool.request({ method: 'POST', path: '/v1/consents/events', headers, body })
      await answer.body.dump()
      if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`)
      times.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: connections }, send))
  const elapsed = (performance.now() - began) / 1000
  await pool.close()
  return {
    eventsPerSecond: (times.length * perRequest) / elapsed,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
  }
}

/** Two connections, as the writer has two groups on their way; each group of 100 events in one transaction. */
async function bareLoop(): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'heed-bench-sql-'))
  const server = await startEmbedded(dataDir)
  const { db, close } = openDatabase(server.url, 4)
  try {
    await migrate(db)
    await ensureOrganization(db, { id: 'bench', name: 'bench' })
    let n = 0
    const group = async () => {
      const namings = Array.from({ length: GROUP }, () => ({
        organizationId: 'bench',
        organizationUserId: email(n++ % PEOPLE),
      }))
      await inTransaction(db, async trx => {
        const register = await lockPeople(trx, namings)
        const now = new Date()
        const rows = namings.map((naming, i) => {
          const person = register.identify(naming)
          person.version++
          person.news.push({ id: '', at: now, regulation: 'gdpr' })
          person.delivers = true
          return {
            organization_id: 'bench',
            event_id: randomUUID(),
            revision: 1,
            person_id: person.id,
            kind: 'event' as const,
            action: 'created' as const,
            status: 'confirmed' as const,
            regulation: 'gdpr',
            effective_at: now,
            created_at: now,
            recorded_by: 'bench',
            delivers: true,
            digest: '00',
            body: choice(i, i) as never,
          }
        })
        const people = [...register.people()].filter(hasChanged)
        await write(trx, rows, people)
      })
    }
    const run = async (seconds: number) => {
      const until = Date.now() + seconds * 1000
      let groups = 0
      const began = performance.now()
      const loop = async () => {
        while (Date.now() < until) {
          await group()
          groups++
        }
      }
      await Promise.all([loop(), loop()])
      return (groups * GROUP) / ((performance.now() - began) / 1000)
    }
    await run(2)
    return await run(SECONDS)
  } finally {
    await close()
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
