/**
 * How fast events come in, over HTTP and committed with fsync, against a bare loop of the same set-based SQL without
 * HTTP, validation and merging: as much as PostgreSQL gives on this machine at this moment.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '../../server/src/access/ids.ts'
import { ensureOrganization } from '../../server/src/access/organizations.ts'
import { lockPeople } from '../../server/src/record/identify.ts'
import { hasChanged } from '../../server/src/record/person.ts'
import { write } from '../../server/src/record/write.ts'
import { GROUPS_AT_A_TIME } from '../../server/src/record/writer.ts'
import { inTransaction, openDatabase } from '../../server/src/store/database.ts'
import { startEmbedded } from '../../server/src/store/embedded.ts'
import { migrate } from '../../server/src/store/migrate.ts'
import { openSender, requestOf } from './sender.ts'
import { choice, email, openStage, percentile, type Stage } from './stage.ts'

const SECONDS = 6
const PEOPLE = 20_000
const GROUP = 100
/** Requests made before the clock starts. */
const PREPARED = 1_000

export interface Rate {
  eventsPerSecond: number
  p50Ms: number
  p99Ms: number
}

export async function measureIngest() {
  const before = await bareLoops()
  const stage = await openStage()
  try {
    await load(stage, 8, GROUP, 2) // warm-up, and the people exist
    const batches = await load(stage, 8, GROUP, SECONDS)
    const singles = await load(stage, 64, 1, SECONDS)
    const alone = await load(stage, 1, 1, 3)
    return { batches, singles, alone, bare: mean(before, await bareLoops()) }
  } finally {
    await stage.close()
  }
}

/** Requests of `perRequest` events from so many connections, for so long. */
async function load(stage: Stage, connections: number, perRequest: number, seconds: number): Promise<Rate> {
  const bodies = Array.from({ length: PREPARED }, (_, i) => {
    const events = Array.from({ length: perRequest }, (_, j) => choice((i * perRequest + j) % PEOPLE, i + j))
    return requestOf(
      stage.url,
      '/v1/consents/events',
      stage.headers,
      JSON.stringify(perRequest === 1 ? events[0] : events),
    )
  })
  const senders = await Promise.all(Array.from({ length: connections }, () => openSender(stage.url)))
  const times: number[] = []
  const until = Date.now() + seconds * 1000
  const began = performance.now()
  let next = 0
  await Promise.all(
    senders.map(async sender => {
      while (Date.now() < until) {
        const sent = performance.now()
        const status = await sender.send(bodies[next++ % PREPARED] as Buffer)
        if (status !== 200) throw new Error(`answered ${status}`)
        times.push(performance.now() - sent)
      }
    }),
  )
  const elapsed = (performance.now() - began) / 1000
  for (const sender of senders) sender.close()
  return {
    eventsPerSecond: (times.length * perRequest) / elapsed,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
  }
}

/** Events a second of one loop, each group of 100 in a transaction, and of as many loops as the writer has groups. */
export interface Bare {
  one: number
  several: number
}

const mean = (a: Bare, b: Bare): Bare => ({ one: (a.one + b.one) / 2, several: (a.several + b.several) / 2 })

async function bareLoops(): Promise<Bare> {
  const dataDir = await mkdtemp(join(tmpdir(), 'heed-bench-sql-'))
  const server = await startEmbedded(dataDir)
  const { db, close } = openDatabase(server.url, GROUPS_AT_A_TIME, { writes: true })
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
            event_id: newId(),
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
    const run = async (loops: number, seconds: number) => {
      const until = Date.now() + seconds * 1000
      let groups = 0
      const began = performance.now()
      const loop = async () => {
        while (Date.now() < until) {
          await group()
          groups++
        }
      }
      await Promise.all(Array.from({ length: loops }, loop))
      return (groups * GROUP) / ((performance.now() - began) / 1000)
    }
    await run(2, 2)
    return { one: await run(1, SECONDS / 2), several: await run(GROUPS_AT_A_TIME, SECONDS / 2) }
  } finally {
    await close()
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
