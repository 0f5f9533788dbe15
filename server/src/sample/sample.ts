/**
 * What the first start shows: the organization Acme with a library and some hundreds of people, a Salesforce sandbox org
 * that holds most of them, the integration between the two, and a light stream of new choices. All of it goes in through
 * the API, as a user's would.
 */
import { type SandboxOrg, startSandboxOrg } from '@heed/sandbox'
import { ensureKey } from '../access/keys.ts'
import { ensureOrganization } from '../access/organizations.ts'
import { createPersonTokens } from '../access/personTokens.ts'
import type { Vault } from '../access/vault.ts'
import { type Call, createCaller } from '../command/caller.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { choiceOf, integration, preferences, purposes, tree, widget } from './choices.ts'
import { EMBED, embedRoutes } from './embed.ts'
import { sampleKey } from './key.ts'
import { MAILBOX, mailboxRoutes } from './mailbox.ts'
import { PEOPLE, type SamplePerson, samplePerson } from './people.ts'

const CENTRE = `/c/${sampleKey.organizationId}/${widget.id}`
const SANDBOX_PORT = 8090
const STREAM_INTERVAL_MS = 3_000
const EVENTS_PER_REQUEST = 100

export interface Sample {
  allowedHosts: string[]
  links: { name: string; url: string; about: string }[]
  mount(app: App): void
  /**
   * @param address where Heed listens
   * @param publicUrl where people find it
   */
  fill(address: string, publicUrl: string): Promise<void>
  describe(publicUrl: string): string
  close(): Promise<void>
}

export async function startSample(db: Database, vault: Vault): Promise<Sample> {
  await ensureOrganization(db, { id: sampleKey.organizationId, name: 'Acme' })
  await ensureKey(db, vault, { ...sampleKey, name: 'Sample' })
  const org = await startOrg()
  let stream: NodeJS.Timeout | undefined
  return {
    allowedHosts: [new URL(org.url).host],
    links: [
      { name: 'Salesforce sandbox org', url: org.url, about: 'Its records, changing live' },
      { name: 'Preference centre', url: CENTRE, about: 'Where a person sees and changes what they chose' },
      { name: 'Shop', url: EMBED, about: 'The same preferences as a part of somebody else’s page' },
      { name: 'Mailbox', url: MAILBOX, about: 'The mails to the made-up people' },
    ],
    mount(app) {
      const { organizationId } = sampleKey
      mailboxRoutes(app, { db, organizationId })
      embedRoutes(app, { organizationId, widgetId: widget.id, personTokens: createPersonTokens(vault) })
    },
    async fill(address, publicUrl) {
      const call = createCaller(`${address}/v1`, sampleKey)
      fillOrg(org)
      await fillLibrary(call)
      await publishCentre(call, publicUrl)
      await connect(call, org)
      await importPeople(call)
      stream = setInterval(() => void changeSomeMind(call).catch(() => undefined), STREAM_INTERVAL_MS).unref()
    },
    describe: publicUrl => `
Nothing is configured, so a sample is loaded: the organization acme with ${PEOPLE} made-up people.

  Heed                    ${publicUrl}
  API documentation       ${publicUrl}/docs
  Salesforce sandbox org  ${org.url}
  Preference centre       ${publicUrl}${CENTRE}
  Shop that embeds it     ${publicUrl}${EMBED}
  Mailbox                 ${publicUrl}${MAILBOX}

  API key                 ${sampleKey.id}
  API secret              ${sampleKey.secret}

Every ${STREAM_INTERVAL_MS / 1000} seconds somebody changes their mind: watch the sandbox org. Ctrl-C stops.`,
    async close() {
      clearInterval(stream)
      await org.close()
    },
  }
}

/** At its usual port where that is free, so that a page left open goes on after a restart. */
async function startOrg(): Promise<SandboxOrg> {
  return startSandboxOrg({ port: SANDBOX_PORT }).catch(() => startSandboxOrg())
}

/** Mostly leads and contacts; some both, some twice, some converted, some unknown to the org. */
function fillOrg(org: SandboxOrg): void {
  for (let n = 0; n < PEOPLE; n++) {
    const person = samplePerson(n)
    const kind = n % 20
    if (kind < 11) insertLead(org, person)
    if (kind >= 10 && kind < 17) insertContact(org, person)
    if (kind === 17) for (let copies = 0; copies < 2; copies++) insertLead(org, person)
    if (kind === 18) org.convertLead(insertLead(org, person))
    // kind 19: nobody; upsert_mode creates a lead
  }
}

const insertLead = (
  org: SandboxOrg,
  { firstName: FirstName, lastName: LastName, email: Email, n }: SamplePerson,
): string => org.insert('Lead', { FirstName, LastName, Email, Company: `Company ${n % 40}` })

const insertContact = (
  org: SandboxOrg,
  { firstName: FirstName, lastName: LastName, email: Email }: SamplePerson,
): string => org.insert('Contact', { FirstName, LastName, Email })

async function fillLibrary(call: Call): Promise<void> {
  const { data } = await call<{ data: unknown[] }>('GET', '/preferences?$limit=1')
  if (data.length > 0) return
  for (const purpose of purposes) await call('POST', '/metadata/purposes', purpose)
  for (const preference of preferences) await call('POST', '/preferences', preference)
  await call('PUT', '/config-trees', tree)
}

async function publishCentre(call: Call, publicUrl: string): Promise<void> {
  await call('PATCH', `/organizations/${sampleKey.organizationId}`, {
    preference_center_url: `${publicUrl}${CENTRE}`,
  })
  const { data } = await call<{ data: { id: string }[] }>('GET', '/widgets')
  if (data.some(({ id }) => id === widget.id)) return
  await call('POST', '/widgets', widget)
  await call('POST', '/widgets/deployments', { widget_id: widget.id })
}

/** The sandbox org is new at every start: a known integration gets its address, and everyone is owed again. */
async function connect(call: Call, org: SandboxOrg): Promise<void> {
  const { data } = await call<{ data: { id: string }[] }>('GET', '/marketplace/integrations')
  const [known] = data
  const body = integration(org)
  if (!known) return void (await call('POST', '/marketplace/integrations', body))
  await call('PATCH', `/marketplace/integrations/${known.id}`, { authentication: body.authentication })
  await call('POST', `/marketplace/integrations/${known.id}/replay`, { all: true })
}

async function importPeople(call: Call): Promise<void> {
  for (let n = 0; n < PEOPLE; n += EVENTS_PER_REQUEST) {
    const events = Array.from({ length: Math.min(EVENTS_PER_REQUEST, PEOPLE - n) }, (_, i) => ({
      id: `sample-${n + i}`,
      created_at: new Date(Date.UTC(2026, 0, 1) + (n + i) * 3600_000).toISOString(),
      ...choiceOf(samplePerson(n + i), n + i),
    }))
    await call('POST', '/consents/events', events)
  }
}

/** Not that of the first, Ana: the README changes it, and shows what became of that. */
async function changeSomeMind(call: Call): Promise<void> {
  const seed = Math.floor(Math.random() * 1_000_000)
  await call('POST', '/consents/events', choiceOf(samplePerson(1 + (seed % (PEOPLE - 1))), seed))
}
