/** Deliveries over HTTP: what is owed to whom, owing again, and why a field holds what it holds. */
import { z } from 'zod'
import { flag } from '../access/shapes.ts'
import { invalid, noSuchUser, notFound } from '../http/errors.ts'
import { pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { ConfigureGround } from './configure.ts'
import { readDeliveries } from './deliveries.ts'
import { explain, explanation } from './explain.ts'
import { failures, readFailures } from './failures.ts'
import { readIntegration } from './integration.ts'
import { replay } from './replay.ts'
import { integrationOf, organization, params, querystring, tags } from './routes.shapes.ts'
import { deliveryOutput, deliveryState } from './schema.ts'
import { findSubject } from './subject.ts'

const people = z.array(z.string().min(1).max(1024)).min(1)

export function deliveryRoutes(app: App, ground: ConfigureGround & { onOwed(): void }): void {
  const { db, onOwed } = ground

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
          withdrawal: flag
            .optional()
            .describe('Only those whose withdrawal the target does not hold, or only the others'),
          code: z.string().max(255).optional().describe('Of their error'),
          organization_user_id: z.string().optional(),
          $limit: z.coerce.number().int().min(0).max(100).default(50),
          $skip: z.coerce.number().int().min(0).default(0),
        }),
        response: { 200: pageOf(deliveryOutput) },
      },
    },
    async request => {
      const { organization_id, id } = await integrationOf(db, request)
      const { state, withdrawal, code, organization_user_id, $limit: limit, $skip: skip } = request.query
      const filter = {
        organizationId: organization_id,
        integrationId: id,
        state,
        withdrawal,
        code,
        organizationUserId: organization_user_id,
      }
      const { total, data } = await readDeliveries(db, { ...filter, limit, skip })
      return { total, limit, skip, data }
    },
  )

  app.get(
    '/marketplace/integrations/:id/failures',
    {
      schema: {
        tags,
        summary: 'Why people failed: each cause once, with how many and its cure',
        params,
        querystring,
        response: { 200: failures },
      },
    },
    async request => readFailures(db, await integrationOf(db, request)),
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
      const { organization_id: organizationId, id: integrationId } = await integrationOf(db, request)
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
      if (!person) throw noSuchUser()
      return explain(ground, integration, person)
    },
  )
}
