/** What an organization may use, over HTTP. One record of each kind, under the organization's own id. */
import { z } from 'zod'
import { notFound } from '../http/errors.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { languages } from './languages.ts'
import { findOrganization } from './organizations.ts'
import { premiumFeatures, quotas } from './plan.ts'
import { outputTimes, idParams as params, ownQuery as querystring } from './shapes.ts'

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

function recordRoutes<V>(app: App, db: Database, { path, what, values, value }: RecordKind<V>): void {
  const tags = [path]
  const output = z.object({
    id: z.string().describe('The organization’s id'),
    organization_id: z.string().describe('Whose it is'),
    ...outputTimes,
    ...Object.fromEntries(Object.keys(values).map(name => [name, value])),
  })
  const read = async (organizationId: string) => {
    const { created_at, updated_at } = await findOrganization(db, organizationId)
    return {
      id: organizationId,
      organization_id: organizationId,
      created_at,
      updated_at,
      version: VERSION,
      ...values,
    }
  }
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
    async ({ caller, query }) => {
      const record = await read(caller.organizationId)
      return pageInMemory([record], query, Object.keys(record) as (keyof typeof record)[])
    },
  )
  app.get(
    `/${path}/:id`,
    { schema: { tags, summary: what, params, querystring, response: { 200: output } } },
    async ({ caller, params }) => {
      if (params.id !== caller.organizationId) throw notFound(path)
      return read(params.id)
    },
  )
}
