/** Consent events over HTTP. */
import { z } from 'zod'
import type { PersonLimits } from '../access/personLimits.ts'
import { flag, organizationId, personToken } from '../access/shapes.ts'
import { invalid, notFound, Refusal } from '../http/errors.ts'
import { pageOf } from '../http/paging.ts'
import { type App, EVENTS_BODY_LIMIT_BYTES, validateByZod } from '../http/server.ts'
import { regulation } from '../library/regulations.ts'
import { readEventsOf, readStanding, recordedEventOf } from '../record/log.ts'
import { findPerson } from '../record/people.ts'
import { changeEvent, deleteEvent } from '../record/revise.ts'
import type { Writer } from '../record/writer.ts'
import { takeEvents } from './dailyLimit.ts'
import { deleteEventsRoute } from './deleteEvents.routes.ts'
import { withConfirmations } from './doubleOptIn.ts'
import { type HoldingGround, holdBack } from './heldBack.ts'
import { canonical, eventOutputOf, type Intake } from './intake.ts'
import { asGranted, ownId, refuseOthers } from './person.ts'
import { proofsOf } from './proofs.ts'
import { eventInput, eventOutput, eventPatch, eventStatus } from './schema.ts'

export interface CollectGround extends HoldingGround {
  intake: Intake
  writer: Writer
  personLimits: PersonLimits
  /** After a change that may have made something due. */
  onOwed(): void
  /** After an event that its person is asked to confirm. */
  onPending(): void
}

const tags = ['consents/events']
const organization = { organization_id: organizationId }
const someOf = <T extends z.ZodType<string>>(item: T) =>
  z.union([
    item.transform(one => [one]),
    z
      .strictObject({ $in: z.union([z.array(item), item.transform(one => [one])]) })
      .transform(({ $in }) => $in),
  ])

export function collectRoutes(app: App, ground: CollectGround): void {
  const { db, intake, writer, vault, personLimits, onOwed, onPending } = ground
  app.post(
    '/consents/events',
    {
      config: { person: 'write', anyOrigin: true },
      bodyLimit: EVENTS_BODY_LIMIT_BYTES,
      // Parsed by the intake, which names the event in an array; declared here for the description alone.
      validatorCompiler: part => (part.httpPart === 'body' ? data => ({ value: data }) : validateByZod(part)),
      schema: {
        tags,
        summary: 'Record one event or up to 100: all of them or none',
        querystring: z.strictObject({
          ...organization,
          token: personToken,
          $disable_integrations: flag.default(false).describe('Record without delivering'),
          $generate_tcfcs: flag.default(false).describe('Taken and ignored'),
        }),
        body: z.union([eventInput, z.array(eventInput).max(100)]),
        response: { 200: z.union([eventOutput, z.array(eventOutput)]) },
      },
    },
    async request => {
      const { organizationId, keyId } = request.caller
      const receivedAt = new Date()
      if (request.caller.person && request.query.$disable_integrations)
        throw new Refusal('forbidden', 'a person’s token does not keep integrations from a choice')
      const sent = await intake.take(organizationId, await asGranted(db, request.caller, request.body))
      const { person } = request.caller
      if (person) {
        await takeEvents(ground, person, sent)
        await personLimits.take(person, 'proofs', sent.flatMap(({ proofs }) => proofs).length)
      }
      const held = await Promise.all(sent.map(event => holdBack(ground, request.caller, event)))
      const events = await withConfirmations(
        db,
        request.caller,
        held.flat(),
        request.caller.person && request.headers['accept-language']?.split(/[,;]/)[0]?.trim(),
      )
      const delivers = !request.query.$disable_integrations
      const recorded = await writer.append({ organizationId, keyId, events, delivers, receivedAt })
      if (events.some(event => event.confirmation)) onPending()
      const answers = new Set(held.map((_, i) => held.slice(0, i).flat().length))
      const answer = recorded.filter((_, i) => answers.has(i)).map(eventOutputOf)
      return Array.isArray(request.body) ? answer : (answer[0] as (typeof answer)[0])
    },
  )

  app.get(
    '/consents/events',
    {
      config: { person: 'read', anyOrigin: true },
      schema: {
        tags,
        summary: 'A person’s events, newest first',
        querystring: z.strictObject({
          ...organization,
          token: personToken,
          user_id: z.string().optional(),
          organization_user_id: z.string().optional(),
          status: someOf(eventStatus).default(['confirmed']),
          regulation: someOf(regulation).default(['gdpr']),
          $limit: z.coerce.number().int().min(0).max(100).default(50),
          $skip: z.coerce.number().int().min(0).default(0),
        }),
        response: { 200: pageOf(eventOutput) },
      },
    },
    async request => {
      const { organizationId } = request.caller
      const { user_id, status, regulation, $limit: limit, $skip: skip } = request.query
      const organization_user_id = ownId(request.caller, request.query.organization_user_id)
      if (request.caller.person && user_id !== undefined)
        refuseOthers(request.caller, await findPerson(db, organizationId, { id: user_id }))
      const by =
        organization_user_id !== undefined
          ? { organizationUserId: organization_user_id }
          : { id: user_id ?? '' }
      if (organization_user_id === undefined && user_id === undefined)
        throw invalid({ organization_user_id: 'either this or user_id must be given' })
      const person = await findPerson(db, organizationId, by)
      if (!person) return { total: 0, limit, skip, data: [] }
      const filter = {
        organizationId,
        personId: person.id,
        statuses: status,
        regulations: regulation,
        limit,
        skip,
      }
      const { total, rows } = await readEventsOf(db, filter)
      return { total, limit, skip, data: rows.map(row => eventOutputOf(recordedEventOf(row))) }
    },
  )

  const one = {
    params: z.object({ id: z.string().max(255) }),
    querystring: z.strictObject({
      ...organization,
      user_id: z.string().optional(),
      organization_user_id: z.string().optional(),
      $disable_integrations: flag.default(false),
    }),
  }

  app.get(
    '/consents/events/:id',
    { schema: { tags, summary: 'One event as it stands', ...one, response: { 200: eventOutput } } },
    async request => {
      const [row] = await readStanding(db, [
        { organizationId: request.caller.organizationId, id: request.params.id },
      ])
      if (!row || row.action === 'deleted' || row.body === null) throw notFound('event')
      return eventOutputOf(recordedEventOf(row))
    },
  )

  app.patch(
    '/consents/events/:id',
    {
      schema: {
        tags,
        summary: 'Change or confirm an event',
        ...one,
        body: eventPatch,
        response: { 200: eventOutput },
      },
    },
    async request => {
      const { organizationId } = request.caller
      const { status, consents, proofs, ...body } = request.body
      const changed = await changeEvent(db, revisionOf(request, canonical(request.body)), {
        status,
        proofs: proofsOf(proofs),
        body: consents ? { ...body, consents: await intake.checkConsents(organizationId, consents) } : body,
      })
      onOwed()
      return eventOutputOf(changed)
    },
  )

  app.delete(
    '/consents/events/:id',
    { schema: { tags, summary: 'Delete an event; the person’s status is added up anew without it', ...one } },
    async (request, reply) => {
      await deleteEvent(db, revisionOf(request, ''))
      onOwed()
      return reply.status(204).send()
    },
  )

  deleteEventsRoute(app, ground)

  const revisionOf = (
    request: {
      caller: { organizationId: string; keyId: string }
      params: { id: string }
      query: { $disable_integrations: boolean }
    },
    content: string,
  ) => ({
    ...request.caller,
    id: request.params.id,
    digest: vault.digest(content),
    delivers: !request.query.$disable_integrations,
  })
}
