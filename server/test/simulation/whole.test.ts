/**
 * Random histories against all of Heed: events over HTTP, PostgreSQL, two nodes of which one is killed, the sandbox org.
 *
 *     SIMULATION_WHOLE_SEEDS=100 node --test --test-global-setup=server/test/database.global.ts server/test/simulation/whole.test.ts
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type SandboxOrg, startSandboxOrg } from '@heed/sandbox'
import fc from 'fast-check'
import { eventually, startHeed, testSecretKey } from '../heed.ts'
import { elementIds, fillLibrary } from '../library.ts'
import { type HeedProcess, startHeedProcess } from '../process.ts'
import { misremembered } from '../remembered.ts'
import { type Act, type History, history, type World } from './history.ts'
import { furnish, onObjects, optionsOf, propertiesOf } from './people.ts'
import { BY_SALES, consentsOf, faultOf, IN_SETUP, sayingOf } from './run.ts'
import { createSales } from './salespeople.ts'
import { createTruth, type Debts } from './truth.ts'

const SEEDS = Number(process.env.SIMULATION_WHOLE_SEEDS ?? 3)
/** Short ones, with leads and person accounts, locks and dead nodes. */
const FIRST = Number(process.env.SIMULATION_SEED ?? 196)
const LONGEST_ADDRESS = 80

const widget = (id: string, value: string, rest: object = {}) => ({
  id,
  value,
  type: 'pmp-widget-id',
  ...rest,
})
const MAPPINGS = [
  widget('Newsletter__c', elementIds.newsletter),
  widget('HasOptedOutOfEmail', elementIds.newsletter, { invert: true }),
  { id: 'Consent_Date__c', value: elementIds.newsletter, type: 'changed_at' },
  { id: 'Consent_Event__c', value: elementIds.newsletter, type: 'event_id' },
  widget('Topics__c', elementIds.topics),
  widget('Channel__c', elementIds.channel),
]

/** People of all seeds are in one Heed, which tells them apart by their addresses. */
function historyOf(seed: number): History {
  const [one] = fc.sample(history, { seed, numRuns: 1 }) as [History]
  const { world, acts } = one
  const matchField = world.matchField === 'Pmp_Id__c' ? 'Pmp_Id__c' : 'Email'
  const people = world.people
    .map(id => (id.includes('@') ? id : `${id}@x.io`))
    .map(id => `${seed}.${id}`.slice(-LONGEST_ADDRESS))
  return { world: { ...world, matchField, people }, acts }
}

const plays = await Promise.all(
  Array.from({ length: SEEDS }, async (_, i) => {
    const { world, acts } = historyOf(FIRST + i)
    return { seed: FIRST + i, world, acts, org: await startSandboxOrg(optionsOf(world)) }
  }),
)
const allowedHosts = plays.map(({ org }) => new URL(org.url).host)
const heed = await startHeed({ allowedHosts })
let other: Promise<HeedProcess>
const startOther = (): Promise<HeedProcess> =>
  startHeedProcess({
    DATABASE_URL: heed.databaseUrl,
    HEED_SECRET_KEY: testSecretKey.toString('base64'),
    HEED_ALLOWED_HOSTS: allowedHosts.join(','),
  })
before(async () => {
  await fillLibrary(heed)
  other = startOther()
  await other
})
after(async () => {
  await (await other).end('SIGKILL')
  await Promise.all(plays.map(({ org }) => org.close()))
})

async function must(route: string, body?: object): Promise<ReturnType<typeof heed.call>> {
  const answer = await heed.call(route, body)
  assert.equal(answer.status, 200, `${route}: ${JSON.stringify(answer.body)}`)
  return answer
}

for (const { seed, world: planned, acts, org } of plays)
  test(`seed ${seed}: whatever happens, the org ends equal to what people last said`, async () => {
    const world = furnish(org, planned)
    const created = await must('POST /v1/marketplace/integrations', {
      type_id: 'sf-sales-cloud',
      authentication: { url: org.url, client_id: org.clientId, client_secret: org.clientSecret },
      properties: propertiesOf(world),
      mappings: onObjects(world, MAPPINGS),
      upsert_mode: world.upsert,
    })
    try {
      await play(org, created.body.id, world, acts, `${seed}`)
    } catch (cause) {
      const all = acts.map((act, i) => `${i}: ${JSON.stringify(act)}`)
      const replay = `SIMULATION_WHOLE_SEEDS=1 SIMULATION_SEED=${seed} node --test --test-global-setup=server/test/database.global.ts server/test/simulation/whole.test.ts`
      throw new Error(
        [`seed ${seed}: ${cause}`, `replay: ${replay}`, JSON.stringify(world), ...all].join('\n'),
        { cause },
      )
    } finally {
      await heed.call(`DELETE /v1/marketplace/integrations/${created.body.id}`)
    }
  })

async function play(
  org: SandboxOrg,
  id: string,
  world: World,
  acts: readonly Act[],
  name: string,
): Promise<void> {
  const state = { debts: new Map() as Debts }
  const truth = createTruth(org, state, world, Date.now)
  const sales = createSales(org, world)
  for (const { object, person } of world.records)
    sales.act({ act: 'insert', object, person, upperCase: false, isStranger: false })
  truth.look(true)

  async function perform(act: Act, n: number): Promise<void> {
    if (act.act === 'say') {
      const { person, said } = sayingOf(act, world, `${name}-${n}`, Date.now())
      truth.say(person, said)
      await must('POST /v1/consents/events', {
        id: said.id,
        created_at: said.at.toISOString(),
        user: { organization_user_id: person },
        consents: consentsOf(said),
      })
    } else if (act.act === 'deliver' || act.act === 'wait') {
      // Until the org is asked for something, or for a while: nothing may be due.
      const calls = org.usage.calls
      await eventually(() => org.usage.calls > calls, 300).catch(() => undefined)
      if (act.act === 'deliver' && act.trap?.how.startsWith('kill')) await killOther()
    } else if (act.act === 'replay')
      await must(`POST /v1/marketplace/integrations/${id}/replay`, { all: true })
    else if (act.act === 'fault') org.faults.inject(faultOf(act.fault))
    else if (act.act === 'expire tokens') org.expireTokens()
    else if (act.act === 'restart') await killOther()
    else if (act.act === 'mend') sales.mend()
    else if (IN_SETUP.has(act.act)) sales.act(act)
    else if (BY_SALES.has(act.act)) {
      state.debts = await readDebts(id)
      // At once: before Heed writes again, or salespeople move what it has made since the last look.
      truth.look(false)
      sales.act(act)
      truth.look(true)
    }
  }

  for (const [n, act] of acts.entries()) await perform(act, n)
  org.faults.clear()
  sales.mend()
  await other
  await settle(org, id)
  state.debts = await readDebts(id)
  truth.look(false)
  truth.checkAll()
  assert.deepEqual(await misremembered(heed.db), [])
}

async function killOther(): Promise<void> {
  const dying = await other
  assert.equal(await dying.end('SIGKILL'), 'SIGKILL')
  other = startOther()
}

/** Everybody is replayed until everybody is settled; nobody waits for a dead node's leases or calls, or for a back-off. */
async function settle(org: SandboxOrg, id: string): Promise<void> {
  let leases = new Set<string>()
  let calls = -1
  await must(`PATCH /v1/marketplace/integrations/${id}`, { name: 'mended' })
  await must(`POST /v1/marketplace/integrations/${id}/replay`, { all: true })
  for (let looks = 0; ; looks++) {
    const rows = await heed.db.selectFrom('deliveries').selectAll().where('integration_id', '=', id).execute()
    const open = rows.filter(
      ({ state, due_at, lease, unsettled_until }) =>
        state === 'owed' ||
        lease !== null ||
        unsettled_until !== null ||
        (due_at !== null && state !== 'failed'),
    )
    if (open.length === 0) return
    assert.ok(looks < 60, `does not settle: ${JSON.stringify(open)}`)
    const held = open.flatMap(({ lease }) => (lease === null ? [] : [lease]))
    // Whoever holds a lease through two looks and asks the org nothing meanwhile is dead; a busy machine is slow at it.
    const dead = org.usage.calls === calls ? held.filter(lease => leases.has(lease)) : []
    calls = org.usage.calls
    if (dead.length > 0)
      await heed.db.updateTable('deliveries').set({ leased_until: null }).where('lease', 'in', dead).execute()
    leases = new Set(held)
    const overdue = { due_at: new Date(), unsettled_until: new Date() }
    await heed.db
      .updateTable('deliveries')
      .set(overdue)
      .where('integration_id', '=', id)
      .where('lease', 'is', null)
      .where('unsettled_until', '>', new Date())
      .execute()
    if (held.length === 0) await must(`POST /v1/marketplace/integrations/${id}/replay`, { state: 'owed' })
    await pause(500)
  }
}

async function readDebts(id: string): Promise<Debts> {
  const rows = await heed.db
    .selectFrom('deliveries')
    .innerJoin('people', 'people.id', 'deliveries.person_id')
    .select(['people.organization_user_id', 'deliveries.links', 'deliveries.state', 'deliveries.error'])
    .where('deliveries.integration_id', '=', id)
    .execute()
  return new Map(
    rows.map(({ organization_user_id, links, state, error }) => {
      const organizationUserId = organization_user_id ?? ''
      const debt = { organizationUserId, links, state, error: error ?? undefined }
      return [`key of ${organizationUserId}`, debt as never]
    }),
  )
}
