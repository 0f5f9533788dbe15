/** Ways to sign in over HTTP. */
import { z } from 'zod'
import {
  organizationId,
  outputTimes,
  idParams as params,
  ownQuery as querystring,
  readOnly,
  readOnlyTimes,
  refuseOtherId,
  sameId,
} from '../access/shapes.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import {
  changeProvider,
  createProvider,
  deleteProvider,
  findProvider,
  listProviders,
  providerTypes,
} from './providers.ts'

const tags = ['auth-providers']
const fields = ['id', 'organization_id', 'type', 'is_default', 'created_at', 'updated_at', 'version'] as const

const type = z.enum(providerTypes).describe('`otp`: a code of six digits by mail; `message`: a link by mail')
const isDefault = z.boolean().describe('Taken where a request names none; only one is')
const providerOutput = z.object({
  id: z.string(),
  organization_id: z.string(),
  type,
  is_default: isDefault,
  ...outputTimes,
})
const response = { 200: providerOutput }
const providerInput = z.strictObject({
  id: readOnly,
  ...readOnlyTimes,
  organization_id: organizationId,
  type,
  is_default: isDefault.default(false),
})
const providerPatch = providerInput.extend({
  id: sameId,
  type: type.optional(),
  is_default: isDefault.optional(),
})

export interface ProviderGround {
  db: Database
}

export function providerRoutes(app: App, { db }: ProviderGround): void {
  app.post(
    '/auth-providers',
    {
      schema: {
        tags,
        summary: 'Add a way to sign in; without any, people get one-time codes',
        querystring,
        body: providerInput,
        response,
      },
    },
    async ({ caller, body: { type, is_default } }) =>
      createProvider(db, caller.organizationId, { type, is_default }),
  )
  app.get(
    '/auth-providers',
    {
      schema: {
        tags,
        summary: 'Ways to sign in',
        querystring: listQuery,
        response: { 200: pageOf(providerOutput) },
      },
    },
    async ({ caller, query }) => pageInMemory(await listProviders(db, caller.organizationId), query, fields),
  )
  app.get(
    '/auth-providers/:id',
    { schema: { tags, summary: 'One way to sign in', params, querystring, response } },
    async ({ caller, params }) => findProvider(db, caller.organizationId, params.id),
  )
  app.patch(
    '/auth-providers/:id',
    {
      schema: {
        tags,
        summary: 'Change a way to sign in',
        params,
        querystring,
        body: providerPatch,
        response,
      },
    },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      return changeProvider(db, caller.organizationId, params.id, body)
    },
  )
  app.delete(
    '/auth-providers/:id',
    { schema: { tags, summary: 'Remove a way to sign in', params, querystring, response } },
    async ({ caller, params }) => deleteProvider(db, caller.organizationId, params.id),
  )
}
