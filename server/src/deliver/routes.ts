/** Integrations and their deliveries over HTTP. */
import { sql } from 'kysely'
import { z } from 'zod'
import { flag, organizationId } from '../access/shapes.ts'
import { TargetError } from '../connectors/contract.ts'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import { type ConfigureGround, changeIntegration, createIntegration } from './configure.ts'
import { readDeliveries, replay } from './deliveries.ts'
import { explain, explanation } from './explain.ts'
import { type IntegrationRow, readIntegration, readIntegrations } from './integration.ts'
import { preview, previewOutput } from './preview.ts'
import { readingsOf } from './readings.ts'
import {
  deliveryOutput,
  deliveryState,
  integrationInput,
  integrationOutput,
  integrationOutputOf,
  integrationPatch,
} from './schema.ts'
import { findSubject } from './subject.ts'

const tags = ['marketplace/integrations']
const MAX_PEOPLE_PER_CALL = 100
const organization = { organization_id: organizationId }
const params = z.object({ id: z.string().min(1).max(64) })
const querystring = z.strictObject(organization)
const people = z.array(z.string().min(1).max(1024)).min(1)

export function deliverRoutes(app: App, ground: ConfigureGround & { onOwed(): void }): void {
  const { db, libraries, sessions, onOwed } = ground

  app.post(
    '/marketplace/integrations',
    {
      schema: {
        tags,
        summary: 'Create an integration',
        querystring,
        body: integrationInput,
        response: { 200: integrationOutput },
      },
    },
    async request =>
      integrationOutputOf(await createIntegration(ground, request.caller.organizationId, request.body)),
  )

  app.get(
    '/marketplace/integrations',
    {
      schema: {
        tags,
        summary: 'List integrations',
        querystring: listQuery,
        response: { 200: pageOf(integrationOutput) },
      },
    },
    async request => {
      const rows = await readIntegrations(db, request.caller.organizationId)
      const fields = [
        'id',
        'type_id',
        'name',
        'enabled',
        'paused',
        'upsert_mode',
        'created_at',
        'updated_at',
      ] as const
      return pageInMemory(rows.map(integrationOutputOf), request.query, fields)
    },
  )

  app.get(
    '/marketplace/integrations/:id',
    {
      schema: { tags, summary: 'One integration', params, querystring, response: { 200: integrationOutput } },
    },
    async request => integrationOutputOf(await find(request)),
  )

  app.patch(
    '/marketplace/integrations/:id',
    {
      schema: {
        tags,
        summary: 'Change an integration',
        params,
        querystring,
        body: integrationPatch,
        response: { 200: integrationOutput },
      },
    },
    async request => {
      const changed = await changeIntegration(
        ground,
        request.caller.organizationId,
        request.params.id,
        request.body,
      )
      onOwed()
      return integrationOutputOf(changed)
    },
  )

  app.delete(
    '/marketplace/integrations/:id',
    {
      schema: {
        tags,
        summary: 'Delete an integration and what it owed',
        params,
        querystring,
        response: { 200: integrationOutput },
      },
    },
    async request => {
      const found = await find(request)
      await sql`delete from integrations where organization_id = ${found.organization_id} and id = ${found.id}`.execute(
        db,
      )
      return integrationOutputOf(found)
    },
  )

  app.post(
    '/marketplace/integrations/:id/test',
    {
      schema: {
        tags,
        summary: 'Connect with the stored credentials and hold the mapping against the target',
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
      const found = await find(request)
      const { sources, unknown } = readingsOf(await libraries.fresh(found.organization_id), found.mappings)
      const checks = [...(await sessions.of(found).session.check(sources))]
      for (const i of unknown)
        checks.push({
          name: `mappings[${i}]`,
          ok: false,
          message: 'points at nothing in the library',
          cure: 'Choose an element of the tree.',
        })
      return { ok: checks.every(check => check.ok), checks }
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
      const { session } = sessions.of(await find(request))
      const fields = await session.fields(request.query.search).catch(refuseTarget)
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
        params,
        querystring,
        body: z.strictObject({ organization_user_id: people.max(MAX_PEOPLE_PER_CALL) }),
        response: { 200: previewOutput },
      },
    },
    async request =>
      preview(ground, await find(request), request.body.organization_user_id).catch(refuseTarget),
  )

  app.get(
    '/marketplace/integrations/:id/deliveries',
    {
      schema: {
        tags,
        summary: 'What is owed to whom, and what became of it',
        params,
        querystring: z.strictObject({
          ...organization,
          state: deliveryState.optional(),
          organization_user_id: z.string().optional(),
          $limit: z.coerce.number().int().min(0).max(100).default(50),
          $skip: z.coerce.number().int().min(0).default(0),
        }),
        response: { 200: pageOf(deliveryOutput) },
      },
    },
    async request => {
      const { organization_id, id } = await find(request)
      const { state, organization_user_id, $limit: limit, $skip: skip } = request.query
      const filter = {
        organizationId: organization_id,
        integrationId: id,
        state,
        organizationUserId: organization_user_id,
      }
      const { total, data } = await readDeliveries(db, { ...filter, limit, skip })
      return { total, limit, skip, data }
    },
  )

  app.post(
    '/marketplace/integrations/:id/replay',
    {
      schema: {
        tags,
        summary: 'Owe people again: some, those in a state, or all',
        params,
        querystring,
        body: z.strictObject({
          organization_user_id: people.max(10_000).optional(),
          state: deliveryState.optional(),
          all: z.boolean().optional(),
        }),
        response: { 200: z.object({ owed: z.number().describe('How many people are owed by this') }) },
      },
    },
    async request => {
      const { organization_id: organizationId, id: integrationId } = await find(request)
      const { organization_user_id: organizationUserIds, state, all } = request.body
      if (!organizationUserIds && !state && !all)
        throw invalid({ all: 'one of organization_user_id, state and all must be given' })
      const owed = await replay(db, { organizationId, integrationId, organizationUserIds, state })
      onOwed()
      return { owed }
    },
  )

  app.get(
    '/consents/users/:id/explain',
    {
      schema: {
        tags: ['consents/users'],
        summary: 'Each field of the target back to the event that set it',
        params: z.object({ id: z.string().min(1).max(1024) }),
        querystring: z.strictObject({
          ...organization,
          integration_id: z.string(),
          $by_organization_user_id: flag.default(false),
        }),
        response: { 200: explanation },
      },
    },
    async request => {
      const { organizationId } = request.caller
      const { integration_id, $by_organization_user_id: byUserId } = request.query
      const integration = await readIntegration(db, organizationId, integration_id)
      if (!integration) throw notFound('integration')
      const { id } = request.params
      const person = await findSubject(db, organizationId, byUserId ? { organizationUserId: id } : { id })
      if (!person) throw notFound('user')
      return explain(ground, integration, person)
    },
  )

  async function find(request: {
    caller: { organizationId: string }
    params: { id: string }
  }): Promise<IntegrationRow> {
    const found = await readIntegration(db, request.caller.organizationId, request.params.id)
    if (!found) throw notFound('integration')
    return found
  }
}

/** The target is away or refuses us: the caller learns what it said. */
function refuseTarget(error: unknown): never {
  if (!(error instanceof TargetError)) throw error
  throw new Refusal('unavailable', `${error.code}: ${error.message} ${error.cure}`, {}, { cause: error })
}
