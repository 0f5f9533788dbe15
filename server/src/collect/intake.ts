/** From what was sent to an event that the record room takes. */
import type { Vault } from '../access/vault.ts'
import { invalid } from '../http/errors.ts'
import { errorsOf, parseBy } from '../http/validation.ts'
import type { Libraries } from '../library/libraries.ts'
import type { Library } from '../library/library.ts'
import type { NewEvent, RecordedEvent } from '../record/event.ts'
import type { Consents } from '../resolve/event.ts'
import { proofsOf } from './proofs.ts'
import { type EventInput, type EventOutput, eventInput } from './schema.ts'
import { findUnknownIds, propagate } from './validate.ts'

const MAX_EVENTS_PER_REQUEST = 100

export interface Intake {
  /** All events valid, or an error that names index and field of each fault. */
  take(organizationId: string, sent: unknown): Promise<NewEvent[]>
  /** For consents that come by another way than a new event. */
  checkConsents(organizationId: string, consents: Consents): Promise<Consents>
}

export function createIntake(libraries: Libraries, vault: Vault): Intake {
  async function check(
    organizationId: string,
    find: (library: Library) => Record<string, string>,
  ): Promise<Library> {
    const library = await libraries.of(organizationId)
    if (Object.keys(find(library)).length === 0) return library
    // Another node may have added the id a moment ago.
    const fresh = await libraries.fresh(organizationId)
    const errors = find(fresh)
    if (Object.keys(errors).length > 0) throw invalid(errors)
    return fresh
  }
  return {
    async take(organizationId, sent) {
      const inputs = parse(sent)
      const prefix = (i: number) => (Array.isArray(sent) ? `[${i}].` : '')
      const library = await check(organizationId, library =>
        Object.assign(
          {},
          ...inputs.map((input, i) => prefixed(prefix(i), findUnknownIds(library, input.consents))),
        ),
      )
      return inputs.map(input => newEventOf(organizationId, input, propagate(library, input.consents), vault))
    },
    async checkConsents(organizationId, consents) {
      const library = await check(organizationId, library => findUnknownIds(library, consents))
      return propagate(library, consents)
    },
  }
}

function parse(sent: unknown): EventInput[] {
  if (Array.isArray(sent) && sent.length === 0) throw invalid({ body: 'holds no event' })
  if (Array.isArray(sent) && sent.length > MAX_EVENTS_PER_REQUEST)
    throw invalid({ body: `takes up to ${MAX_EVENTS_PER_REQUEST} events, not ${sent.length}` })
  const errors: Record<string, string> = {}
  const inputs = (Array.isArray(sent) ? sent : [sent]).map((one, i) => {
    const parsed = parseBy(eventInput, one)
    if (!parsed.issues) return parsed.value
    Object.assign(errors, errorsOf(parsed.issues, Array.isArray(sent) ? `[${i}]` : ''))
    return undefined
  })
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return inputs as EventInput[]
}

const prefixed = (prefix: string, errors: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(errors).map(([path, message]) => [prefix + path, message]))

function newEventOf(organizationId: string, input: EventInput, consents: Consents, vault: Vault): NewEvent {
  const {
    id,
    created_at,
    updated_at,
    organization_id,
    user,
    regulation,
    status,
    proofs: uris,
    ...content
  } = input
  const { id: userId, ...profile } = user ?? {}
  const proofs = proofsOf(uris)
  return {
    id,
    organizationId,
    userId,
    organizationUserId: user?.organization_user_id,
    createdAt: created_at === undefined ? undefined : new Date(created_at),
    regulation,
    status,
    body: {
      ...content,
      ...(proofs.length > 0
        ? { proofs_id: [...(content.proofs_id ?? []), ...proofs.map(proof => proof.id)] }
        : {}),
      consents,
      ...(Object.keys(profile).length > 0 ? { user: profile } : {}),
    },
    proofs,
    digest:
      id === undefined
        ? undefined
        : vault.digest(canonical({ ...input, updated_at: undefined, organization_id: undefined })),
  }
}

/** The same content gives the same text, in whatever order its keys came. */
export const canonical = (content: unknown): string =>
  JSON.stringify(content, (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : value,
  )

export function eventOutputOf(event: RecordedEvent): EventOutput {
  const { user, consents, ...content } = event.body
  return {
    id: event.id,
    organization_id: event.organizationId,
    created_at: event.createdAt.toISOString(),
    updated_at: event.updatedAt.toISOString(),
    regulation: event.regulation as EventOutput['regulation'],
    status: event.status,
    user: { id: event.personId, ...user },
    // The public description requires `vendors` to be there.
    consents: { ...consents, vendors: consents.vendors ?? {} } as EventOutput['consents'],
    ...content,
  }
}
