/** What claiming, loading and settling take per row, with few and with many owed: they must not feel the size. */
import { randomUUID } from 'node:crypto'
import { startSandboxOrg } from '@heed/sandbox'
import { sql } from 'kysely'
import { type Claim, claim } from '../../server/src/deliver/claim.ts'
import { readIntegration } from '../../server/src/deliver/integration.ts'
import { owedOf } from '../../server/src/deliver/owed.ts'
import { settle } from '../../server/src/deliver/settle.ts'
import { createLibraries } from '../../server/src/library/libraries.ts'
import { owe, pauseAndRest } from './backlog.ts'
import { connectOrg } from './integration.ts'
import { openStage } from './stage.ts'

const FEW = 10_000
const MANY = 1_000_000
const ROUND = 2_000
/** Few are used up by five rounds: they are owed anew. */
const TIMES = 4

/** Each has their own, in no order of the people. */
const leadOf = ({ person_id }: Claim): string => `00Q${person_id.slice(-12)}AAA`

export interface Claims {
  fewMicroseconds: number
  manyMicroseconds: number
}

export async function measureClaims(): Promise<Claims> {
  const org = await startSandboxOrg()
  const stage = await openStage([new URL(org.url).host])
  try {
    const integration = await connectOrg(stage, org)
    await pauseAndRest(integration)
    const { db } = stage.database
    // Claims of a paused integration give nobody: it rests instead, so that Heed leaves its people to us.
    await sql`update integrations set paused = false, rest_until = now() + interval '1 day'`.execute(db)
    const row = await readIntegration(db, 'bench', integration.id)
    if (!row) throw new Error('the integration is gone')
    const libraries = createLibraries(db)

    const round = async (): Promise<number> => {
      const lease = randomUUID()
      const began = performance.now()
      const claims = await claim(db, row, lease, ROUND)
      await owedOf(libraries, row, claims)
      const settlements = claims.map(claimed => ({
        claim: claimed,
        outcome: {
          key: claimed.person_id,
          state: 'delivered' as const,
          links: [{ object: 'Lead', id: leadOf(claimed) }],
          written: [{ object: 'Lead', id: leadOf(claimed) }],
          digest: 'd'.repeat(43),
        },
      }))
      await settle(db, row, lease, settlements)
      if (claims.length !== ROUND) throw new Error(`a round of ${claims.length}`)
      return performance.now() - began
    }
    const rounds = async (count: number): Promise<number> => {
      let ms = 0
      for (let i = 0; i < count; i++) ms += await round()
      return ms
    }

    let fewMs = 0
    let people = 0
    for (let time = 0; time <= TIMES; time++) {
      await owe(stage, integration, people, people + FEW)
      people += FEW
      const ms = await rounds(FEW / ROUND)
      if (time > 0) fewMs += ms // the first time warms up
    }
    await owe(stage, integration, people, people + MANY)
    await rounds(FEW / ROUND)
    const manyMs = await rounds((TIMES * FEW) / ROUND)
    const perRow = 1000 / (TIMES * FEW)
    return { fewMicroseconds: fewMs * perRow, manyMicroseconds: manyMs * perRow }
  } finally {
    await stage.close()
    await org.close()
  }
}
