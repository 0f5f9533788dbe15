/** Which published page an address names, in which language, and who opened it. */
import type { FastifyRequest } from 'fastify'
import type { PersonGrant } from '../access/personTokens.ts'
import { notFound } from '../http/errors.ts'
import { chooseLanguage } from '../http/languages.ts'
import { findPerson, type UserRow } from '../record/people.ts'
import type { Registers } from '../resolve/status.ts'
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'
import { chosenLanguage } from './language.ts'
import type { Shown } from './shown.ts'

/** The page's choices are about this regulation. */
export const REGULATION = 'gdpr'

export interface Visit extends Shown {
  organizationId: string
  widgetId: string
  /** The address asks for the language: nothing else is asked then. */
  isLanguageAsked: boolean
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
  const isLanguageAsked = text(request.query.lang) !== undefined
  const path = `/c/${encodeURIComponent(organizationId)}/${encodeURIComponent(widgetId)}`
  return { ...published, organizationId, widgetId, language, isLanguageAsked, path }
}

/** Who is signed in. */
export interface Guest {
  grant: PersonGrant
  /** Undefined: nothing has been recorded of them yet. */
  person: UserRow | undefined
}

/** In the language that the person has chosen, where the address asks for none. */
export function asChosen(visit: Visit, { person }: Guest): Visit {
  if (visit.isLanguageAsked) return visit
  const language = chosenLanguage(visit.snapshot, registersOf(person))
  return language === undefined ? visit : { ...visit, language }
}

/** For an address that leads back to the page: who has not asked for a language gets the one that is right there. */
export const askedLanguage = ({ isLanguageAsked, language }: Visit): Record<string, string> =>
  isLanguageAsked ? { lang: language } : {}

export const personOf = (db: Database, grant: PersonGrant): Promise<UserRow | undefined> =>
  findPerson(db, grant.organizationId, { organizationUserId: grant.organizationUserId })

export const registersOf = (person: UserRow | undefined): Registers =>
  person?.status.regulations[REGULATION] ?? {}

/** Of a query, where it is one text. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= 8192 ? value : undefined
