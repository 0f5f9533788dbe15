/** API keys over HTTP. */
import { z } from 'zod'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { changeKey, createKey, deleteKey, findKey, listKeys } from './keys.ts'
import {
  description,
  name,
  organizationId,
  idParams as params,
  ownQuery as querystring,
  readOnly,
  refuseOtherId,
  sameId,
} from './shapes.ts'
import type { Vault } from './vault.ts'

const tags = ['keys']
const fields = [
  'id',
  'organization_id',
  'name',
  'description',
  'enabled',
  'is_internal',
  'created_at',
] as const

const keyOutput = z.object({
  id: z.string().describe('What a session is asked for with'),
  organization_id: z.string().describe('Whose key it is'),
  name: z.string().describe('What tells it from other keys'),
  description: z.string().describe('What it is for'),
  enabled: z.boolean().describe('A disabled key gets no new token; tokens already issued live on'),
  is_internal: z.boolean().describe('Left out of lists unless they ask for it'),
  created_at: z.string().describe('When it was created (ISO 8601)'),
})
const keyWithSecret = keyOutput.extend({
  secret: z.string().describe('Shown here and never again'),
})
const response = { 200: keyOutput }

const keyInput = z.strictObject({
  id: readOnly,
  created_at: readOnly,
  organization_id: organizationId,
  name: name.default('').describe('What tells it from other keys'),
  description: description.default('').describe('What it is for'),
  enabled: z.boolean().default(true).describe('A disabled key gets no token'),
  is_internal: z.boolean().default(false).describe('Left out of lists unless they ask for it'),
})
const keyPatch = z.strictObject({
  id: sameId,
  created_at: readOnly,
  is_internal: readOnly,
  organization_id: organizationId,
  name: name.optional().describe('What tells it from other keys'),
  description: description.optional().describe('What it is for'),
  enabled: z.boolean().optional().describe('A disabled key gets no new token; tokens already issued live on'),
})

export function keyRoutes(app: App, { db, vault }: { db: Database; vault: Vault }): void {
  app.post(
    '/keys',
    {
      schema: {
        tags,
        summary: 'Create an API key; its secret is shown here and never again',
        querystring,
        body: keyInput,
        response: { 200: keyWithSecret },
      },
    },
    async ({ caller, body: { name, description, enabled, is_internal } }) =>
      createKey(db, vault, caller.organizationId, { name, description, enabled, is_internal }),
  )
  app.get(
    '/keys',
    {
      schema: {
        tags,
        summary: 'List API keys; internal ones only where asked for by `is_internal=true`',
        querystring: listQuery,
        response: { 200: pageOf(keyOutput) },
      },
    },
    async ({ caller, query }) => {
      const keys = await listKeys(db, caller.organizationId)
      const shown = 'is_internal' in query ? keys : keys.filter(key => !key.is_internal)
      return pageInMemory(shown, query, fields)
    },
  )
  app.get(
    '/keys/:id',
    { schema: { tags, summary: 'One API key', params, querystring, response } },
    async ({ caller, params }) => findKey(db, caller.organizationId, params.id),
  )
  for (const method of ['PATCH', 'PUT'] as const)
    app.route({
      method,
      url: '/keys/:id',
      schema: { tags, summary: 'Change an API key', params, querystring, body: keyPatch, response },
      handler: async ({ caller, params, body }) => {
        refuseOtherId(body, params)
        return changeKey(db, caller.organizationId, params.id, body)
      },
    })
  app.delete(
    '/keys/:id',
    { schema: { tags, summary: 'Delete an API key', params, querystring, response } },
    async ({ caller, params }) => deleteKey(db, caller.organizationId, params.id),
  )
}
