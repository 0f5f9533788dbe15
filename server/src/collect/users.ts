/** People over HTTP: the latest status of each, per regulation. */
import { z } from 'zod'
import { flag, organizationId, personToken } from '../access/shapes.ts'
import type { Caller } from '../access/tokens.ts'
import type { Vault } from '../access/vault.ts'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import { regulation } from '../library/regulations.ts'
import type { RecordedEvent } from '../record/event.ts'
import { findPerson, readPeople, type UserRow } from '../record/people.ts'
import { changePerson, erasePerson } from '../record/profile.ts'
import type { Writer } from '../record/writer.ts'
import { consentsOf, profileOf } from '../resolve/consents.ts'
import type { Database } from '../store/database.ts'
import { canonical, type Intake } from './intake.ts'
import { ownId, refuseOthers } from './person.ts'
import { consents, userPatch } from './schema.ts'

export interface UsersGround {
  db: Database
  intake: Intake
  vault: Vault
  writer: Writer
  onOwed(): void
}

const PAGE_SIZE = 100
const tags = ['consents/users']

const userOutput = z.object({
  id: z.string(),
  organization_id: z.string(),
  organization_user_id: z.string().optional(),
  version: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  country: z.string().optional(),
  last_seen_country: z.string().optional(),
  consents,
})

const organization = { organization_id: organizationId }
const oneRegulation = { regulation: regulation.default('gdpr') }

const one = {
  params: z.object({ id: z.string().min(1).max(1024) }),
  querystring: z.strictObject({
    ...organization,
    ...oneRegulation,
    $by_organization_user_id: flag.default(false).describe('The path holds your id of the person'),
    $generate_tcfcs: flag.default(false).describe('Taken and ignored'),
  }),
}

export function usersRoutes(app: App, { db, intake, vault, writer, onOwed }: UsersGround): void {
  app.get(
    '/consents/users',
    {
      config: { person: 'read', anyOrigin: true },
      schema: {
        tags,
        summary: `People with their status, ${PAGE_SIZE} a page; \`cursor\` null: the last page`,
        querystring: z.strictObject({
          ...organization,
          ...oneRegulation,
          token: personToken,
          organization_user_id: z.string().optional(),
          $cursor: z.string().max(1024).optional(),
          $limit: z.coerce.number().int().min(1).max(PAGE_SIZE).default(PAGE_SIZE),
        }),
        response: {
          200: z.object({ limit: z.number(), data: z.array(userOutput), cursor: z.string().nullable() }),
        },
      },
    },
    async request => {
      const { organizationId } = request.caller
      const { regulation, $cursor, $limit: limit } = request.query
      const organizationUserId = ownId(request.caller, request.query.organization_user_id)
      if (organizationUserId !== undefined) {
        const found = await findPerson(db, organizationId, { organizationUserId })
        return { limit, data: found ? [userOutputOf(found, regulation)] : [], cursor: null }
      }
      const rows = await readPeople(db, organizationId, afterOf($cursor), limit + 1)
      const page = rows.slice(0, limit)
      const cursor = rows.length > limit ? cursorOf(page.at(-1) as UserRow) : null
      return { limit, data: page.map(row => userOutputOf(row, regulation)), cursor }
    },
  )

  app.post(
    '/consents/users',
    {
      schema: {
        tags,
        summary: 'A new person, and what they have chosen; one event says both',
        querystring: one.querystring.omit({ $by_organization_user_id: true }),
        body: userPatch,
        response: { 200: userOutput },
      },
    },
    async ({ caller: { organizationId, keyId }, query: { regulation }, body }) => {
      const receivedAt = new Date()
      const { organization_id: _, version: __, consents, ...user } = body
      const named = [
        ...(user.id === undefined ? [] : [{ id: user.id }]),
        ...(user.organization_user_id === undefined
          ? []
          : [{ organizationUserId: user.organization_user_id }]),
      ]
      for (const by of named)
        if (await findPerson(db, organizationId, by))
          throw new Refusal('conflict', 'this person is known already: change them by PATCH')
      const events = await intake.take(organizationId, { regulation, user, consents })
      const [made] = await writer.append({ organizationId, keyId, events, delivers: true, receivedAt })
      const person = await findPerson(db, organizationId, { id: (made as RecordedEvent).personId })
      if (!person) throw notFound('user')
      return userOutputOf(person, regulation)
    },
  )

  app.get(
    '/consents/users/:id',
    {
      config: { person: 'read', anyOrigin: true },
      schema: {
        tags,
        summary: 'One person',
        params: one.params,
        querystring: one.querystring.extend({ token: personToken }),
        response: { 200: userOutput },
      },
    },
    async request => userOutputOf(await find(request), request.query.regulation),
  )

  app.patch(
    '/consents/users/:id',
    {
      schema: {
        tags,
        summary: 'Change what is known of a person',
        ...one,
        body: userPatch,
        response: { 200: userOutput },
      },
    },
    async request => {
      const { id: personId } = await find(request)
      const { id, organization_id, version, organization_user_id, consents, ...profile } = request.body
      const changed = await changePerson(db, {
        ...request.caller,
        personId,
        version,
        organizationUserId: organization_user_id,
        body: {
          consents: consents ? await intake.checkConsents(request.caller.organizationId, consents) : {},
          user: { ...profile, ...(organization_user_id === undefined ? {} : { organization_user_id }) },
        },
        digest: vault.digest(canonical(request.body)),
      })
      onOwed()
      return userOutputOf(changed, request.query.regulation)
    },
  )

  app.delete(
    '/consents/users/:id',
    {
      schema: {
        tags,
        summary: 'Erase a person: what was recorded of them goes, that it was recorded stays',
        description:
          'A withdrawal that an integration is still owed is delivered nevertheless: until then their id and what they withdrew are kept for it, and nothing else.',
        ...one,
        response: { 200: userOutput },
      },
    },
    async request => {
      const { id: personId } = await find(request)
      const erased = await erasePerson(db, { ...request.caller, personId, digest: vault.digest('') })
      return userOutputOf(erased, request.query.regulation)
    },
  )

  async function find(request: {
    caller: Caller
    params: { id: string }
    query: { $by_organization_user_id: boolean }
  }): Promise<UserRow> {
    const { id } = request.params
    const by = request.query.$by_organization_user_id ? { organizationUserId: id } : { id }
    const found = await findPerson(db, request.caller.organizationId, by)
    return refuseOthers(request.caller, found)
  }
}

const cursorOf = (row: UserRow): string => Buffer.from(row.id).toString('base64url')

function afterOf(cursor: string | undefined): string {
  if (cursor === undefined) return ''
  const after = Buffer.from(cursor, 'base64url').toString()
  if (after === '' || after.includes('\0')) throw invalid({ $cursor: 'is not a cursor that a page gave' })
  return after
}

const userOutputOf = (row: UserRow, regulation: string): z.input<typeof userOutput> => ({
  id: row.id,
  organization_id: row.organization_id,
  ...(row.organization_user_id === null ? {} : { organization_user_id: row.organization_user_id }),
  version: row.version,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  ...(profileOf(row.status.user) as { metadata: Record<string, unknown> }),
  consents: consentsOf(row.status.regulations[regulation] ?? {}) as z.input<typeof consents>,
})
