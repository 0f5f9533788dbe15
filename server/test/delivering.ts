/** A Heed with the library and an integration with a ledger: what tests of the deliver room begin with. */
import assert from 'node:assert/strict'
import { beforeEach } from 'node:test'
import { sql } from 'kysely'
import { readDueIntegrations } from '../src/deliver/integration.ts'
import type { Database } from '../src/store/database.ts'
import { type Answer, eventually, startHeed, type TestHeed, type TestOptions } from './heed.ts'
import { createLedger, type Ledger, type LedgerOptions, ledgerIntegration } from './ledger.ts'
import { fillLibrary } from './library.ts'

export interface Delivery {
  state: string
  attempts: number
  next_attempt_at: string | null
  error: { code: string; message: string; cure: string } | null
  records: { sobject: string; id: string }[]
}

export interface Delivering extends TestHeed {
  ledger: Ledger
  /** Id of the integration. */
  integration: string
  /** `own('GET status')`: a route below the integration. */
  own(route: string, body?: unknown): Promise<Answer>
  /** Grants the newsletter by mail, or withdraws it. */
  choose(id: string, enabled: boolean, query?: string): Promise<Answer['body']>
  /** Until the ledger holds this, and Heed has settled the round that wrote it. */
  holds(id: string, newsletter: boolean): Promise<unknown>
  deliveryOf(id: string): Promise<Delivery | undefined>
  explain(id: string): Promise<Answer>
  inState(id: string, state: string): Promise<Delivery>
  /** Until a round has brought them, and Heed has settled it. */
  tried(id: string): Promise<unknown>
  paused(work: () => Promise<unknown>): Promise<void>
}

export async function startDelivering(
  options: LedgerOptions = {},
  testOptions: TestOptions = {},
): Promise<Delivering> {
  const ledger = createLedger(options)
  const heed = await startHeed({ ...testOptions, connectors: ledger.connectors })
  const { call } = heed
  await fillLibrary(heed)
  const created = await call('POST /v1/marketplace/integrations', ledgerIntegration)
  assert.equal(created.status, 200, JSON.stringify(created.body))
  const integration: string = created.body.id
  beforeEach(async () => {
    if (testOptions.delivers !== false) await settled(heed.db)
    ledger.onDeliver = () => undefined
    ledger.outcomeOf = () => undefined
    ledger.rounds.length = 0
  })

  const own = (route: string, body?: unknown) => {
    const [method, path] = route.split(' ')
    return call(`${method} /v1/marketplace/integrations/${integration}${path ? `/${path}` : ''}`, body)
  }
  const deliveryOf = async (id: string) =>
    (await own(`GET deliveries?organization_user_id=${encodeURIComponent(id)}`)).body.data[0]
  const isClaimed = async (id: string) => {
    const { rows } = await sql`
      select from deliveries d join people p on p.organization_id = d.organization_id and p.id = d.person_id
      where p.organization_user_id = ${id} and d.lease is not null`.execute(heed.db)
    return rows.length > 0
  }
  const pause = async (paused: boolean) => assert.equal((await own('PATCH', { paused })).status, 200)
  return {
    ...heed,
    ledger,
    integration,
    own,
    async choose(id, enabled, query = '') {
      const answer = await call(`POST /v1/consents/events${query}`, {
        user: { organization_user_id: id },
        consents: {
          purposes: [
            { id: 'newsletter', enabled, values: { channel: { value: enabled ? 'email' : 'post' } } },
          ],
        },
      })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      return answer.body
    },
    holds: (id, newsletter) =>
      eventually(async () => ledger.held.get(id)?.newsletter === newsletter && !(await isClaimed(id))),
    deliveryOf,
    explain: id =>
      call(
        `GET /v1/consents/users/${id}/explain?$by_organization_user_id=true&integration_id=${integration}`,
      ),
    inState: (id, state) =>
      eventually(async () => {
        const found = await deliveryOf(id)
        return found?.state === state && found
      }),
    tried: id => eventually(async () => ledger.rounds.flat().includes(id) && !(await isClaimed(id))),
    async paused(work) {
      await pause(true)
      await work()
      await pause(false)
    },
  }
}

/**
 * Until no round is under way and none can begin: what one test has left must not be met by the next. Where an integration
 * rests, leases are the test's own.
 */
async function settled(db: Database): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql`
      select from deliveries d
      join integrations i on i.organization_id = d.organization_id and i.id = d.integration_id
      where d.leased_until > now() and (i.rest_until is null or i.rest_until <= now()) limit 1`.execute(db)
    return rows.length === 0 && (await readDueIntegrations(db)).length === 0
  })
}

/** A promise that the test opens. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}
