/** Heed's Salesforce integration on the stage. */
import { setTimeout as pause } from 'node:timers/promises'
import type { SandboxOrg } from '@heed/sandbox'
import type { Stage } from './stage.ts'

const LOOK_EVERY_MS = 20
const TIMEOUT_MS = 60 * 60_000

export interface Integration {
  id: string
  pause(paused: boolean): Promise<void>
  /** Nothing is owed any more. */
  settled(): Promise<void>
  /** Of whom Heed says: this did not work, or somebody should look. By e-mail address. */
  failed(): Promise<string[]>
}

export async function connectOrg(
  stage: Stage,
  org: Pick<SandboxOrg, 'url' | 'clientId' | 'clientSecret'>,
  { sobject = ['Lead'], mappings = [] as object[] } = {},
): Promise<Integration> {
  const { id } = await stage.call<{ id: string }>('POST', '/marketplace/integrations', {
    type_id: 'sf-sales-cloud',
    authentication: { url: org.url, client_id: org.clientId, client_secret: org.clientSecret },
    properties: { sobject },
    mappings: [
      { id: 'Newsletter__c', value: 'newsltr', type: 'pmp-widget-id' },
      { id: 'Topics__c', value: 'topicsT', type: 'pmp-widget-id' },
      ...mappings,
    ],
  })
  const { pool } = stage.database
  return {
    id,
    async pause(paused) {
      await stage.call('PATCH', `/marketplace/integrations/${id}`, { paused })
    },
    // Asked of the database: over the API each look would count everybody, and Heed would pay for it.
    async settled() {
      for (const until = Date.now() + TIMEOUT_MS; ; ) {
        const { rows } = await pool.query(
          `select from deliveries where organization_id = 'bench' and integration_id = $1 and state = 'owed' limit 1`,
          [id],
        )
        if (rows.length === 0) return
        if (Date.now() > until) throw new Error('something is still owed after an hour')
        await pause(LOOK_EVERY_MS)
      }
    },
    async failed() {
      const { rows } = await pool.query<{ email: string }>(
        `select p.organization_user_id as email
        from deliveries d join people p on p.organization_id = d.organization_id and p.id = d.person_id
        where d.organization_id = 'bench' and d.integration_id = $1 and (d.state <> 'delivered' or d.error is not null)`,
        [id],
      )
      return rows.map(({ email }) => email)
    },
  }
}
