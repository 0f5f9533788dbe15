/** What the target itself says, over HTTP: the connection test, its fields, and what a delivery would write. */
import { z } from 'zod'
import { type Check, type Source, TargetError } from '../connectors/contract.ts'
import type { App } from '../http/server.ts'
import { type ConfigureGround, rehearse } from './configure.ts'
import { endRest, type IntegrationRow } from './integration.ts'
import { preview, previewOutput } from './preview.ts'
import { readingsOf } from './readings.ts'
import { integrationOf, organization, params, querystring, refuseTarget, tags } from './routes.shapes.ts'
import { integrationPatch } from './schema.ts'
import type { Sessions } from './sessions.ts'

const MAX_PEOPLE_PER_CALL = 100

export function targetRoutes(app: App, ground: ConfigureGround): void {
  const { db, libraries, sessions } = ground

  app.post(
    '/marketplace/integrations/:id/test',
    {
      schema: {
        tags,
        summary: 'Connect with the stored credentials and hold the mapping against the target',
        description: 'Where all is well, an integration that holds tries at once.',
        params,
        querystring,
        response: {
          200: z.object({
            ok: z.boolean(),
            checks: z.array(
              z.object({
                name: z.string(),
                ok: z.boolean(),
                message: z.string(),
                cure: z.string().optional(),
              }),
            ),
          }),
        },
      },
    },
    async request => {
      const found = await integrationOf(db, request)
      const { sources, unknown } = readingsOf(await libraries.fresh(found.organization_id), found.mappings)
      const checks = await checksOf(sessions, found, sources)
      for (const i of unknown)
        checks.push({
          name: `mappings[${i}]`,
          ok: false,
          message: 'points at nothing in the library',
          cure: 'Choose an element of the tree.',
        })
      const ok = checks.every(check => check.ok)
      if (ok) await endRest(db, found)
      return { ok, checks }
    },
  )

  app.get(
    '/marketplace/integrations/:id/fields',
    {
      schema: {
        tags,
        summary: 'Writable fields of the target',
        params,
        querystring: z.strictObject({ ...organization, search: z.string().max(255).optional() }),
        response: {
          200: z.object({
            data: z.array(
              z.object({
                sobject: z.string(),
                id: z.string(),
                label: z.string(),
                type: z.string(),
                length: z.number().optional(),
                values: z.array(z.string()).optional(),
              }),
            ),
          }),
        },
      },
    },
    async request => {
      const found = await integrationOf(db, request)
      const fields = await fieldsOf(sessions, found, request.query.search).catch(refuseTarget)
      return {
        data: fields.map(({ object, values, ...field }) => ({
          sobject: object,
          ...field,
          ...(values ? { values: [...values] } : {}),
        })),
      }
    },
  )

  app.post(
    '/marketplace/integrations/:id/preview',
    {
      schema: {
        tags,
        summary: 'What would be written, and what is there now; writes nothing',
        description: 'With mappings, properties or upsert_mode: as if they had been saved.',
        params,
        querystring,
        body: z.strictObject({
          organization_user_id: z.array(z.string().min(1).max(1024)).min(1).max(MAX_PEOPLE_PER_CALL),
          ...integrationPatch.pick({ properties: true, mappings: true, upsert_mode: true }).shape,
        }),
        response: { 200: previewOutput },
      },
    },
    async request => {
      const { organization_user_id: ids, ...change } = request.body
      const integration = await integrationOf(db, request)
      const isRehearsal = Object.keys(change).length > 0
      const meant = isRehearsal ? await rehearse(ground, integration, change) : integration
      return preview(ground, meant, ids, isRehearsal).catch(refuseTarget)
    },
  )
}

/**
 * By a session of its own: a secret that was changed in the target shows at once, not when the running session's token ends.
 * Credentials that cannot be opened are a finding, too.
 */
async function checksOf(
  sessions: Sessions,
  integration: IntegrationRow,
  sources: ReadonlyMap<string, Source>,
): Promise<Check[]> {
  try {
    const session = sessions.fresh(integration)
    try {
      return [...(await session.check(sources))]
    } finally {
      await session.close()
    }
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return [{ name: 'Credentials', ok: false, message: error.message, cure: error.cure }]
  }
}

const fieldsOf = async (sessions: Sessions, integration: IntegrationRow, search: string | undefined) =>
  sessions.of(integration).session.fields(search)
