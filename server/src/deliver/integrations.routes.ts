/** Integrations over HTTP: create, change, watch. */
import { z } from 'zod'
import { flag } from '../access/shapes.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import { type ConfigureGround, changeIntegration, createIntegration } from './configure.ts'
import { exported, exportOf } from './export.ts'
import { readIntegrations } from './integration.ts'
import { removeIntegration } from './remove.ts'
import { integrationOf, organization, params, querystring, tags } from './routes.shapes.ts'
import { integrationInput, integrationOutput, integrationOutputOf, integrationPatch } from './schema.ts'
import { readStanding, standing } from './standing.ts'

const savingQuery = z.strictObject({
  ...organization,
  $dry_run: flag.default(false).describe('Everything is checked against the target, nothing is saved'),
})

export function integrationRoutes(
  app: App,
  ground: ConfigureGround & { onOwed(): void; withdrawalThresholdSeconds: number },
): void {
  const { db, vault, onOwed, withdrawalThresholdSeconds } = ground

  app.post(
    '/marketplace/integrations',
    {
      schema: {
        tags,
        summary: 'Create an integration',
        querystring: savingQuery,
        body: integrationInput,
        response: { 200: integrationOutput },
      },
    },
    async request =>
      integrationOutputOf(
        await createIntegration(ground, request.caller.organizationId, request.body, request.query.$dry_run),
      ),
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
    async request => integrationOutputOf(await integrationOf(db, request)),
  )

  app.patch(
    '/marketplace/integrations/:id',
    {
      schema: {
        tags,
        summary: 'Change an integration',
        params,
        querystring: savingQuery,
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
        request.query.$dry_run,
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
      const found = await integrationOf(db, request)
      await removeIntegration(db, found)
      return integrationOutputOf(found)
    },
  )

  app.get(
    '/marketplace/integrations/:id/export',
    {
      schema: {
        tags,
        summary:
          'The integration as a file for version control; credentials are named by environment variables',
        params,
        querystring,
        response: { 200: exported },
      },
    },
    async request => exportOf(vault, await integrationOf(db, request)),
  )

  app.get(
    '/marketplace/integrations/:id/status',
    {
      schema: {
        tags,
        summary: 'How it goes: what is owed, the oldest withdrawal on its way, the budget, what is under way',
        params,
        querystring,
        response: { 200: standing },
      },
    },
    async request => readStanding(db, await integrationOf(db, request), withdrawalThresholdSeconds),
  )
}
