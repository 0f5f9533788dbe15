/**
 * Segment's own Salesforce destination, as published, driven as its pipeline drives it: an event at a time for
 * streaming, batches of 5,000 (its default) for Bulk API 2.0. Nothing of it is changed.
 *
 * It accepts https addresses below salesforce.com alone. So it is given such an address, and this process's connections
 * for https go to the sandbox in plain: they are the only thing that is not as in production, and cheaper than TLS.
 */
import http from 'node:http'
import https from 'node:https'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { type Change, chunksOf, eachOf, type Peer, type Task } from './peer.ts'
import { retrying } from './retry.ts'

/** The pipeline's own figure is not public; this is what Salesforce lets an org have of long requests. */
const EVENTS_AT_A_TIME = 25
const BATCH = 5_000

interface Destination {
  onEvent(event: object, settings: object): Promise<unknown>
  onBatch(events: readonly object[], settings: object): Promise<{ multistatus?: { status: number }[] }[]>
}

// Installed for the bench alone, so its types are not there when the project is checked. The package's own entry needs a
// module that it does not declare (xml-js): its Salesforce destination is taken directly, the kit from where it takes it.
const load = createRequire(import.meta.url)
const { Destination: Kit } = load('@segment/actions-core') as {
  Destination: new (definition: object) => Destination
}
const { default: definition } = load('@segment/action-destinations/dist/destinations/salesforce') as {
  default: object
}

function open({ url, accessToken }: Task, mapping: object) {
  const { hostname, port } = new URL(url)
  const plain = new http.Agent()
  plain.createConnection = () => connect(Number(port), hostname)
  https.globalAgent = Object.assign(plain, { protocol: 'https:' }) as unknown as https.Agent
  const settings = {
    instanceUrl: 'https://bench.my.salesforce.com/',
    oauth: { access_token: accessToken },
    subscriptions: [{ subscribe: 'type = "identify"', partnerAction: 'lead', mapping }],
  }
  return { destination: new Kit(definition), settings }
}

const fields = {
  customFields: {
    Newsletter__c: { '@path': '$.traits.newsletter' },
    Topics__c: { '@path': '$.traits.topics' },
  },
}

const eventOf = ({ email, newsletter, topics }: Change, leadId?: string): object => ({
  type: 'identify',
  userId: email,
  traits: { email, newsletter, topics, leadId },
})

/** What the errors of Segment's kit say is tried again (408, 423, 429, 5xx but 501), and broken connections. */
function isWorthAnotherTry(error: unknown): boolean {
  const { status, response } = error as { status?: number; response?: { status?: number } }
  const code = response?.status ?? status
  return code === undefined || code === 408 || code === 423 || code === 429 || (code >= 500 && code !== 501)
}

/** `perform`: a query and a write per event. */
export const streaming: Peer = async task => {
  const { destination, settings } = open(task, {
    operation: 'update',
    traits: { Email: { '@path': '$.traits.email' } },
    ...fields,
  })
  const failed = new Set<string>()
  await eachOf(task.changes, EVENTS_AT_A_TIME, async change => {
    await retrying(isWorthAnotherTry, () => destination.onEvent(eventOf(change), settings)).catch(() =>
      failed.add(change.email),
    )
  })
  return failed
}

/** `performBatch`: a Bulk API 2.0 job per batch, which updates by the record's id and is not asked what became of it. */
export const bulk: Peer = async task => {
  const { destination, settings } = open(task, {
    operation: 'update',
    enable_batching: true,
    bulkUpdateRecordId: { '@path': '$.traits.leadId' },
    traits: { Email: { '@path': '$.traits.email' } },
    ...fields,
  })
  const failed = new Set<string>()
  for (const batch of chunksOf(task.changes, BATCH)) {
    const events = batch.map(change => eventOf(change, task.bulkIds[change.email]))
    try {
      const results = await retrying(isWorthAnotherTry, () => destination.onBatch(events, settings))
      for (const { multistatus = [] } of results)
        multistatus.forEach(({ status }, i) => {
          if (status >= 400) failed.add((batch[i] as Change).email)
        })
    } catch {
      for (const { email } of batch) failed.add(email)
    }
  }
  return failed
}
