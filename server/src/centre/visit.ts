/** Which published page an address names, in which language, and who opened it. */
import type { FastifyRequest } from 'fastify'
import type { PersonGrant } from '../access/personTokens.ts'
import { notFound } from '../http/errors.ts'
import { chooseLanguage } from '../http/languages.ts'
import { findPerson, type UserRow } from '../record/people.ts'
import type { Registers } from '../resolve/status.ts'
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'
import type { Shown } from './page.ts'

/** The page's choices are about this regulation. */
export const REGULATION = 'gdpr'

export interface Visit extends Shown {
  organizationId: string
  widgetId: string
}

export type Query = Record<string, unknown>
export type PageRequest = FastifyRequest<{
  Params: { organization: string; widget: string; version?: string }
  Querystring: Query
}>

export async function visitOf(lookups: Database, request: PageRequest): Promise<Visit> {
  const { organization: organizationId, widget: widgetId } = request.params
  const published = await readPublished(lookups, organizationId, widgetId)
  if (!published || published.snapshot.headless) throw notFound('preference centre')
  const { languages: available, defaultLanguage: fallback } = published.snapshot
  const language = chooseLanguage({
    asked: text(request.query.lang),
    acceptLanguage: request.headers['accept-language'],
    available,
    fallback,
  })
  const path = `/c/${encodeURIComponent(organizationId)}/${encodeURIComponent(widgetId)}`
  return { ...published, organizationId, widgetId, language, path }
}

export const personOf = (db: Database, grant: PersonGrant): Promise<UserRow | undefined> =>
  findPerson(db, grant.organizationId, { organizationUserId: grant.organizationUserId })

export const registersOf = (person: UserRow | undefined): Registers =>
  person?.status.regulations[REGULATION] ?? {}

/** Of a query, where it is one text. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= 8192 ? value : undefined
