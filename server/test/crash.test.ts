import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandboxOrg } from '@heed/sandbox'
import { sql } from 'kysely'
import { LEASE_SECONDS } from '../src/deliver/claim.ts'
import { rebuildStatuses } from '../src/record/rebuild.ts'
import { openDatabase } from '../src/store/database.ts'
import { startEmbedded } from '../src/store/embedded.ts'
import { cloneDatabase } from './database.ts'
import { eventually, testSecretKey } from './heed.ts'
import { type HeedProcess, startHeedProcess, temporaryDataDir } from './process.ts'

const KILLS = 3
const PEOPLE = 60
const SENDERS = 8
const ACKNOWLEDGED_PER_LIFE = 250

const key = { HEED_ORGANIZATION: 'acme', HEED_API_KEY: 'k', HEED_API_SECRET: 'a-long-secret' }

async function client(url: string) {
  const post = async (path: string, body: unknown, token?: string) => {
    const answer = await fetch(`${url}/v1${path}`, {
      method: path === '/config-trees' ? 'PUT' : 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    // biome-ignore lint/suspicious/noExplicitAny: a test reads answers as JavaScript does
    return (await answer.json()) as any
  }
  const { access_token } = await post('/sessions', {
    type: 'api-key',
    key: key.HEED_API_KEY,
    secret: key.HEED_API_SECRET,
  })
  return (path: string, body: unknown) => post(path, body, access_token)
}

test('killed at any moment under load, Heed has every acknowledged event and the org ends equal to the statuses', async () => {
  const org = await startSandboxOrg({ latencyMs: 20 })
  const dataDir = await temporaryDataDir()
  // Embedded, or on the server that the tests are given: there a dead node's claims come back when their lease is over.
  const given = process.env.DATABASE_URL ? await cloneDatabase() : undefined
  const database = given
    ? { DATABASE_URL: given.url, HEED_SECRET_KEY: testSecretKey.toString('base64') }
    : { DATA_DIR: dataDir }
  const env = { ...database, HEED_ALLOWED_HOSTS: new URL(org.url).host, ...key }
  const emails = Array.from({ length: PEOPLE }, (_, i) => `person-${i}@acme.test`)
  // Every third is unknown to the org, so that kills also fall between creating a record and remembering it.
  emails.forEach((Email, i) => {
    if (i % 3) org.insert('Lead', { LastName: 'P', Company: 'C', Email })
  })

  const acknowledged: { id: string; email: string; enabled: boolean; at: string }[] = []
  let n = 0
  let heed: HeedProcess = await startHeedProcess(env)
  let post = await client(heed.url)
  await post('/metadata/purposes', { id: 'newsletter', description: { en: 'Newsletter' } })
  await post('/config-trees', { selected_purposes: [{ id: 'newsltr', purpose_id: 'newsletter' }] })
  await post('/marketplace/integrations', {
    type_id: 'sf-sales-cloud',
    authentication: { url: org.url, client_id: org.clientId, client_secret: org.clientSecret },
    properties: { sobject: ['Lead'] },
    mappings: [
      { id: 'Newsletter__c', value: 'newsltr', type: 'pmp-widget-id' },
      { id: 'Consent_Event__c', value: 'newsltr', type: 'event_id' },
    ],
    upsert_mode: true,
  })

  for (let life = 0; life <= KILLS; life++) {
    const goal = acknowledged.length + ACKNOWLEDGED_PER_LIFE
    const send = async () => {
      while (acknowledged.length < goal) {
        const i = n++
        const event = {
          id: `event-${i}`,
          email: emails[i % PEOPLE] as string,
          enabled: i % 7 < 3,
          at: new Date(1_700_000_000_000 + i * 1000).toISOString(),
        }
        await post('/consents/events', {
          id: event.id,
          created_at: event.at,
          user: { organization_user_id: event.email },
          consents: { purposes: [{ id: 'newsletter', enabled: event.enabled }] },
        })
        acknowledged.push(event)
      }
    }
    const senders = Array.from({ length: SENDERS }, () => send().catch(() => undefined))
    if (life === KILLS) {
      await Promise.all(senders)
      break
    }
    await eventually(() => acknowledged.length >= goal - ACKNOWLEDGED_PER_LIFE / 2)
    assert.equal(await heed.end('SIGKILL'), 'SIGKILL')
    await Promise.all(senders)
    heed = await startHeedProcess(env)
    post = await client(heed.url)
  }

  const { db, close } = openDatabase(given?.url ?? (await startEmbedded(dataDir)).url, 2)

  const log = await db.selectFrom('log').select('event_id').execute()
  const recorded = new Set(log.map(row => row.event_id))
  assert.deepEqual(
    acknowledged.filter(({ id }) => !recorded.has(id)),
    [],
  )
  assert.deepEqual((await rebuildStatuses(db, { checkOnly: true })).differing, [])

  const rows = await db.selectFrom('people').select(['organization_user_id', 'status']).execute()
  const wanted = new Map(
    rows.map(row => {
      const { regulations } = row.status as {
        regulations: { gdpr: Record<string, [boolean, number, string]> }
      }
      return [row.organization_user_id, regulations.gdpr['purposes/newsletter/enabled']]
    }),
  )
  assert.equal(wanted.size, PEOPLE)
  // Whom a killed process may have been creating is not created again until its call must have ended: as if that time were over.
  await sql`update creations set claimed_at = now() - interval '11 minutes'`.execute(db)
  await eventually(
    () =>
      org.records('Lead').every(({ Email, Newsletter__c, Consent_Event__c }) => {
        const [enabled, , eventId] = wanted.get(String(Email)) ?? []
        return Newsletter__c === enabled && Consent_Event__c === eventId
      }) && org.records('Lead').length >= PEOPLE,
    (LEASE_SECONDS + 60) * 1000,
  )
  assert.equal(org.records('Lead').length, PEOPLE, 'exactly one record per person')
  await close()
  assert.equal(await heed.end('SIGTERM'), 0)
  await org.close()
  await given?.drop()
})
