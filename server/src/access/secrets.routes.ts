/** Secrets over HTTP. */
import { z } from 'zod'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { changeSecret, createSecret, deleteSecret, findSecret, listSecrets } from './secrets.ts'
import {
  description,
  name,
  organizationId,
  outputTimes,
  idParams as params,
  ownQuery as querystring,
  readOnly,
  readOnlyTimes,
  refuseOtherId,
  sameId,
} from './shapes.ts'
import type { Vault } from './vault.ts'

const tags = ['secrets']
const fields = [
  'id',
  'organization_id',
  'name',
  'description',
  'created_at',
  'updated_at',
  'version',
] as const

const secretOutput = z.object({
  id: z.string().describe('Names the secret in what is signed with it'),
  organization_id: z.string().describe('Whose secret it is'),
  name: z.string().describe('What tells it from other secrets'),
  description: z.string().describe('What it is for'),
  secret: z.string().describe('The value itself, made by Heed'),
  ...outputTimes,
})
const response = { 200: secretOutput }

const secretInput = z.strictObject({
  id: readOnly,
  secret: readOnly,
  ...readOnlyTimes,
  organization_id: organizationId,
  name: name.min(1).describe('What tells it from other secrets'),
  description: description.default('').describe('What it is for'),
})
const secretPatch = z.strictObject({
  ...secretInput.shape,
  id: sameId,
  name: secretInput.shape.name.optional(),
  description: description.optional().describe('What it is for'),
})

export function secretRoutes(app: App, { db, vault }: { db: Database; vault: Vault }): void {
  app.post(
    '/secrets',
    {
      schema: {
        tags,
        summary: 'Create a secret; its value is made here',
        querystring,
        body: secretInput,
        response,
      },
    },
    async ({ caller, body: { name, description } }) =>
      createSecret(db, vault, caller.organizationId, { name, description }),
  )
  app.get(
    '/secrets',
    {
      schema: {
        tags,
        summary: 'List secrets',
        querystring: listQuery,
        response: { 200: pageOf(secretOutput) },
      },
    },
    async ({ caller, query }) =>
      pageInMemory(await listSecrets(db, vault, caller.organizationId), query, fields),
  )
  app.get(
    '/secrets/:id',
    { schema: { tags, summary: 'One secret', params, querystring, response } },
    async ({ caller, params }) => findSecret(db, vault, caller.organizationId, params.id),
  )
  for (const method of ['PATCH', 'PUT'] as const)
    app.route({
      method,
      url: '/secrets/:id',
      schema: {
        tags,
        summary: 'Rename a secret; its value stays',
        params,
        querystring,
        body: secretPatch,
        response,
      },
      handler: async ({ caller, params, body }) => {
        refuseOtherId(body, params)
        return changeSecret(db, vault, caller.organizationId, params.id, body)
      },
    })
  app.delete(
    '/secrets/:id',
    {
      schema: { tags, summary: 'Delete a secret; it cannot be brought back', params, querystring, response },
    },
    async ({ caller, params }) => deleteSecret(db, vault, caller.organizationId, params.id),
  )
}
