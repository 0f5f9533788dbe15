/** What a person's own token opens beside their choices: since when each is recorded, where it is in force, and what was before. */
import { z } from 'zod'
import { organizationId, personToken } from '../access/shapes.ts'
import type { Caller } from '../access/tokens.ts'
import { createInForce, type Place } from '../deliver/inForce.ts'
import { notFound, Refusal } from '../http/errors.ts'
import { chooseLanguage } from '../http/languages.ts'
import { pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Libraries } from '../library/libraries.ts'
import type { RecordedEvent } from '../record/event.ts'
import { readEventsOf, recordedEventOf } from '../record/log.ts'
import { findPerson, type UserRow } from '../record/people.ts'
import { registerParts } from '../resolve/status.ts'
import type { Database } from '../store/database.ts'
import { readPublished } from '../widgets/deployments.ts'
import { sentencesOf } from './changes.ts'
import { REGULATION, registersOf } from './visit.ts'
import { waitingOf } from './waiting.ts'
import { type Wording, wordingsOf } from './wording.ts'

interface OwnGround {
  /** For what each view of the page asks: statements are planned once. */
  lookups: Database
  libraries: Libraries
}

const tags = ['consents/users']
const own = { config: { person: 'read', anyOrigin: true } } as const

const standing = z.object({
  purpose_id: z.string(),
  preference_id: z.string().optional().describe('Absent: the purpose itself'),
  event_id: z.string().describe('The event that says so'),
  recorded_at: z.iso.datetime(),
  places: z.array(
    z.object({
      name: z.string().describe('The integration’s'),
      state: z
        .enum(['there', 'on_its_way', 'unknown', 'stuck'])
        .describe('unknown: no record of the person there yet; stuck: somebody must mend something first'),
      since: z.iso.datetime().optional().describe('Where it is there'),
    }),
  ),
})

const waitingChoice = standing.pick({ purpose_id: true, preference_id: true })

const statement = z.object({
  id: z.string(),
  created_at: z.iso.datetime(),
  status: z.enum(['confirmed', 'pending_approval']),
  by: z.string().optional().describe('The delegate who said it for the person'),
  language: z.string().describe('Of the sentences'),
  wording: z
    .object({ version: z.number() })
    .optional()
    .describe('The version of the widget that was shown, where its text is known'),
  sentences: z.array(z.string()).describe('One per choice, in the words that were shown'),
})

export function ownRoutes(app: App, { lookups, libraries }: OwnGround): void {
  const inForce = createInForce(lookups, libraries)
  const query = { organization_id: organizationId, token: personToken }

  app.get(
    '/consents/standing',
    {
      ...own,
      schema: {
        tags,
        summary: 'Since when each choice is recorded and where it is in force, for the person of the token',
        querystring: z.strictObject(query),
        response: {
          200: z.object({
            organization_user_id: z.string().describe('Of the person'),
            data: z.array(standing),
            waiting: z.array(waitingChoice).describe('What waits for the person’s confirmation by mail'),
          }),
        },
      },
    },
    async ({ caller }) => {
      const person = await personOf(caller)
      const organization_user_id = caller.person?.organizationUserId ?? ''
      const registers = registersOf(person)
      const waiting = caller.person ? (await waitingOf(lookups, caller.person, registers)).choices : []
      const waitingChoices = [...waiting].flatMap(([path, waits]) =>
        waits === 'asked' ? (choiceAt(path) ?? []) : [],
      )
      if (!person) return { organization_user_id, data: [], waiting: waitingChoices }
      const choices = new Map(Object.entries(registers).filter(([path]) => choiceAt(path)))
      const places = await inForce.of(
        { organizationId: person.organization_id, id: person.id },
        REGULATION,
        choices,
      )
      return {
        organization_user_id,
        data: [...choices].flatMap(([path, [, at, eventId]]) => {
          const choice = choiceAt(path)
          if (!choice) return []
          const recorded_at = new Date(at).toISOString()
          return [
            { ...choice, event_id: eventId, recorded_at, places: (places.get(path) ?? []).map(placeOf) },
          ]
        }),
        waiting: waitingChoices,
      }
    },
  )

  app.get(
    '/consents/history',
    {
      ...own,
      schema: {
        tags,
        summary: 'What the person of the token chose, newest first, in the words that were shown then',
        querystring: z.strictObject({
          ...query,
          widget_id: z.string().max(64),
          lang: z.string().max(35).optional(),
          $limit: z.coerce.number().int().min(1).max(50).default(10),
          $skip: z.coerce.number().int().min(0).max(1_000_000).default(0),
        }),
        response: { 200: pageOf(statement) },
      },
    },
    async request => {
      const { widget_id: widgetId, lang: asked, $limit: limit, $skip: skip } = request.query
      const { organizationId } = request.caller
      const person = await personOf(request.caller)
      const published = await readPublished(lookups, organizationId, widgetId)
      if (!published) throw notFound('preference centre')
      if (!person) return { total: 0, limit, skip, data: [] }
      const { languages: available, defaultLanguage: fallback } = published.snapshot
      const acceptLanguage = request.headers['accept-language']
      const language = chooseLanguage({ asked, acceptLanguage, available, fallback })
      const { total, rows } = await readEventsOf(lookups, {
        ...{ organizationId, personId: person.id, regulations: [REGULATION], limit, skip },
        statuses: ['confirmed', 'pending_approval'],
      })
      const { snapshot } = published
      const events = rows.map(recordedEventOf)
      const told = await wordingsOf(lookups, events, { organizationId, snapshot, language })
      return { total, limit, skip, data: told.map(statementOf) }
    },
  )

  async function personOf({ organizationId, person }: Caller): Promise<UserRow | undefined> {
    if (!person) throw new Refusal('forbidden', 'only a person’s own token opens this')
    return findPerson(lookups, organizationId, { organizationUserId: person.organizationUserId })
  }
}

function choiceAt(path: string): { purpose_id: string; preference_id?: string } | undefined {
  const [kind, purpose_id, name, preference_id, ...more] = registerParts(path)
  if (kind !== 'purposes' || purpose_id === undefined || more.length > 0) return undefined
  if (name === 'enabled' && preference_id === undefined) return { purpose_id }
  return name === 'values' && preference_id !== undefined ? { purpose_id, preference_id } : undefined
}

const states = { there: 'there', 'on its way': 'on_its_way', unknown: 'unknown', stuck: 'stuck' } as const

const placeOf = ({ name, state, since }: Place) => ({
  name,
  state: states[state],
  ...(since ? { since: since.toISOString() } : {}),
})

const statementOf = ({
  id,
  createdAt,
  status,
  body: { consents, delegate },
  wording,
}: RecordedEvent & { wording: Wording }) => ({
  ...{ id, created_at: createdAt.toISOString(), status, language: wording.language },
  ...(delegate ? { by: delegate.name ?? delegate.id } : {}),
  ...(wording.version === undefined ? {} : { wording: { version: wording.version } }),
  sentences: sentencesOf(consents, wording),
})
