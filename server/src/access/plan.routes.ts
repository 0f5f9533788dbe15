/** What an organization may use, over HTTP. One record of each kind, under the organization's own id. */
import { z } from 'zod'
import { notFound } from '../http/errors.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { languages } from './languages.ts'
import { findOrganization } from './organizations.ts'
import { premiumFeatures, quotas } from './plan.ts'
import {
  organizationId,
  outputTimes,
  idParams as params,
  ownQuery as querystring,
  readOnlyTimes,
  refuseOtherId,
  sameId,
} from './shapes.ts'

const VERSION = 1

export function planRoutes(app: App, { db }: { db: Database }): void {
  recordRoutes(app, db, {
    path: 'quotas',
    what: 'How much the organization may have of each',
    values: quotas,
    value: z.number().describe('At most so many'),
  })
  recordRoutes(app, db, {
    path: 'premium-features',
    what: 'What is switched on for the organization: everything',
    values: premiumFeatures,
    value: z.boolean().describe('Always true'),
  })
  for (const method of ['PATCH', 'PUT'] as const)
    app.route({
      method,
      url: '/premium-features/:id',
      schema: {
        tags: ['premium-features'],
        summary: 'Taken as it is: everything is on, and stays so',
        params,
        querystring,
        body: featuresInput,
        response: { 200: recordOutput(premiumFeatures, z.boolean()) },
      },
      handler: async ({ caller, params, body }) => {
        refuseOtherId(body, params)
        return readOwn(db, caller.organizationId, params.id, 'premium-features', premiumFeatures)
      },
    })
  app.get(
    '/languages',
    {
      schema: {
        tags: ['languages'],
        summary: 'Languages that texts can be given in',
        querystring,
        response: {
          200: z.object({
            available: z.array(z.string()).describe('Language tags'),
            default: z.string().describe('The one to fall back to'),
            defaultCountries: z
              .record(z.string(), z.string())
              .describe('Language to the country that is meant without one'),
          }),
        },
      },
    },
    async () => languages,
  )
}

interface RecordKind<V> {
  path: 'quotas' | 'premium-features'
  what: string
  values: Record<string, V>
  value: z.ZodType<V>
}

const featuresInput = z.strictObject({
  id: sameId,
  organization_id: organizationId,
  ...readOnlyTimes,
  ...Object.fromEntries(
    Object.keys(premiumFeatures).map(name => [name, z.literal(true, 'is on and stays so').optional()]),
  ),
})

const recordOutput = <V>(values: Record<string, V>, value: z.ZodType<V>) =>
  z.object({
    id: z.string().describe('The organization’s id'),
    organization_id: z.string().describe('Whose it is'),
    ...outputTimes,
    ...Object.fromEntries(Object.keys(values).map(name => [name, value])),
  })

async function readOwn<V>(
  db: Database,
  organizationId: string,
  id: string,
  path: string,
  values: Record<string, V>,
) {
  if (id !== organizationId) throw notFound(path)
  const { created_at, updated_at } = await findOrganization(db, organizationId)
  return { id, organization_id: id, created_at, updated_at, version: VERSION, ...values }
}

function recordRoutes<V>(app: App, db: Database, { path, what, values, value }: RecordKind<V>): void {
  const tags = [path]
  const output = recordOutput(values, value)
  app.get(
    `/${path}`,
    {
      schema: {
        tags,
        summary: `${what}, in a list of one`,
        querystring: listQuery,
        response: { 200: pageOf(output) },
      },
    },
    async ({ caller: { organizationId }, query }) => {
      const record = await readOwn(db, organizationId, organizationId, path, values)
      return pageInMemory([record], query, Object.keys(record) as (keyof typeof record)[])
    },
  )
  app.get(
    `/${path}/:id`,
    { schema: { tags, summary: what, params, querystring, response: { 200: output } } },
    async ({ caller, params }) => readOwn(db, caller.organizationId, params.id, path, values),
  )
}
