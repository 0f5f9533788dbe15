/** Links over HTTP: a back end makes one, a person opens it. Opening shows, the button acts: scanners open every link. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { newId } from '../access/ids.ts'
import { findOrganization } from '../access/organizations.ts'
import { organizationId, ownQuery as querystring } from '../access/shapes.ts'
import { organizationUserId } from '../collect/schema.ts'
import { invalid, Refusal } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import { languageTag } from '../mail/emails.schema.ts'
import { type ActGround, act, check, isDone, undo } from './act.ts'
import { allowedAddress, takeAddress } from './addresses.ts'
import { looksAhead } from './forms.ts'
import {
  type Shown,
  sendExpired,
  sendNotUnsubscribe,
  sendQuestion,
  sendReceipt,
  sendUndone,
  sendUnknown,
} from './links.pages.ts'
import { createLink, findLink, type Link } from './links.ts'
import { leadOn, type Speech, speechFor, type ThemeGround } from './page.ts'
import { show } from './show.ts'
import type { WordingGround } from './statement.ts'

export interface LinkGround extends ActGround, ThemeGround, WordingGround {
  publicUrl(): string
}

const tags = ['consents/links']
const DEFAULT_LIFETIME_SECONDS = 900
/** So that what was once mailed can still unsubscribe. */
const MAX_LIFETIME_SECONDS = 400 * 86_400
const MAX_EVENT_CHARACTERS = 64 * 1024

const linkInput = z.strictObject({
  organization_id: organizationId,
  organization_user_id: organizationUserId.describe('Whose choice it is'),
  action: z.enum(['event.create', 'event.update']),
  event: z
    .record(z.string(), z.unknown())
    .refine(event => JSON.stringify(event).length <= MAX_EVENT_CHARACTERS, 'is larger than 64 KiB')
    .describe(
      'The event to be made; for `event.update` its id and what changes, such as `status: confirmed`',
    ),
  redirect_url: z
    .string()
    .optional()
    .describe('Where the person goes afterwards: Heed, or one of `redirect_hosts`'),
  lifetime: z
    .number()
    .int()
    .min(1)
    .max(MAX_LIFETIME_SECONDS)
    .default(DEFAULT_LIFETIME_SECONDS)
    .describe('In seconds'),
  language: languageTag.optional().describe('In which language the person is spoken to'),
  act_on_open: z
    .boolean()
    .default(false)
    .describe(
      'Acts when it is opened. Programs that check mails open links too: people may “choose” without knowing',
    ),
})
const linkOutput = linkInput.extend({
  id: z.string(),
  organization_id: z.string(),
  url: z.string().describe('Opaque: says nothing of the person'),
  expires_at: z.string(),
  warnings: z.array(z.string()).optional(),
})
const ACT_ON_OPEN_WARNING =
  'act_on_open: programs that check mails open every link in them, and this one acts when it is opened. Without it a page asks first.'

export function linkRoutes(app: App, ground: LinkGround): void {
  const { db, vault } = ground
  app.post(
    '/consents/links',
    {
      schema: {
        tags,
        summary: 'An address with which a person makes or confirms one choice',
        querystring,
        body: linkInput,
        response: { 200: linkOutput },
      },
    },
    async ({ caller, body }) => {
      const organization = await findOrganization(db, caller.organizationId)
      const { action, event, redirect_url, lifetime, language } = body
      const redirectUrl =
        redirect_url === undefined
          ? undefined
          : takeAddress(redirect_url, organization, ground.publicUrl(), 'redirect_url')
      const { id } = event
      if (action === 'event.update' && typeof id !== 'string')
        throw invalid({ 'event.id': 'names the event that is to be changed' })
      if (id !== undefined && typeof id !== 'string') throw invalid({ 'event.id': 'is not a text' })
      const eventId = id ?? newId()
      await check(ground, {
        organization_id: caller.organizationId,
        organization_user_id: body.organization_user_id,
        action,
        event_id: eventId,
        event,
      })
      const link = await createLink(db, vault, {
        organizationId: caller.organizationId,
        organizationUserId: body.organization_user_id,
        action,
        eventId,
        event,
        redirectUrl,
        language,
        actsOnOpen: body.act_on_open,
        createdBy: caller.keyId,
        lifetimeSeconds: lifetime,
      })
      return {
        ...body,
        id: link.id,
        organization_id: caller.organizationId,
        url: `${ground.publicUrl()}${pathOf(link.token)}`,
        expires_at: link.expiresAt.toISOString(),
        ...(body.act_on_open ? { warnings: [ACT_ON_OPEN_WARNING] } : {}),
      }
    },
  )
}

export const pathOf = (token: string): string => `/v1/consents/links/${token}`

const params = z.object({ token: z.string().max(128) })
const openQuery = z.object({ lang: z.string().max(35).optional() })
/** What was said once it was undone, said again in another language. */
const shownQuery = openQuery.extend({ undone: z.string().max(1).optional() })
export const form = z
  .object({ undo: z.string().optional(), 'List-Unsubscribe': z.string().optional() })
  .nullish()
  .transform(fields => fields ?? {})

/** @param app takes forms */
export function linkPages(app: App, ground: LinkGround): void {
  const { db, vault } = ground
  const config = { open: true }

  app.get(
    '/consents/links/:token',
    {
      config,
      schema: { tags, summary: 'Shows what the link will do', security: [], params, querystring: shownQuery },
    },
    async (request, reply) => {
      const link = await findLink(db, vault, request.params.token)
      const speech = speechFor(request, link?.language)
      if (!link) return sendUnknown(reply, speech)
      if (hasExpired(link)) return expired(reply, speech, link)
      const shown = await show(ground, link, speech)
      if (await isDone(db, link)) return sendReceipt(reply, speech, shown, ground.publicUrl())
      if (request.query.undone !== undefined) return sendUndone(reply, speech, shown, request.originalUrl)
      if (!link.acts_on_open || !isOpenedByHand(request))
        return sendQuestion(reply, speech, shown, leadsTo(link, shown))
      if (!(await canAct(link))) return sendUnknown(reply, speech)
      return finish(reply, speech, shown, leadsTo(link, shown))
    },
  )

  app.post(
    '/consents/links/:token',
    {
      config,
      schema: {
        tags,
        summary:
          'Does what the link says; `List-Unsubscribe=One-Click` (RFC 8058) only where it unsubscribes',
        security: [],
        params,
        querystring: openQuery,
        body: form,
      },
    },
    async (request, reply) => {
      const link = await findLink(db, vault, request.params.token)
      const speech = speechFor(request, link?.language)
      if (!link) return sendUnknown(reply, speech)
      if (hasExpired(link)) return expired(reply, speech, link)
      const shown = await show(ground, link, speech)
      if (request.body.undo) {
        if (!shown.isUnsubscribe) return sendNotUnsubscribe(reply, speech)
        if (link.used_at) await undo(ground, link)
        return sendUndone(reply, speech, shown, `${pathOf(request.params.token)}?undone=`)
      }
      const isOneClick = request.body['List-Unsubscribe'] === 'One-Click'
      if (isOneClick && !shown.isUnsubscribe) return sendNotUnsubscribe(reply, speech)
      if (!(await canAct(link))) return sendUnknown(reply, speech)
      // Nobody reads the answer to one click, and RFC 8058 forbids to lead it on.
      return finish(reply, speech, shown, isOneClick ? undefined : leadsTo(link, shown))
    },
  )

  /** The organization's list as it is now: a host that left it since gets nobody any more. */
  const leadsTo = ({ redirect_url }: Link, { organization }: Shown): string | undefined =>
    redirect_url === null ? undefined : allowedAddress(redirect_url, organization, ground.publicUrl())

  const finish = (reply: FastifyReply, speech: Speech, shown: Shown, to: string | undefined): FastifyReply =>
    to ? leadOn(reply, to) : sendReceipt(reply, speech, shown, ground.publicUrl())

  /** False where its event is not there any more. */
  async function canAct(link: Link): Promise<boolean> {
    try {
      await act(ground, link)
      return true
    } catch (error) {
      if (error instanceof Refusal && (error.kind === 'not_found' || error.kind === 'conflict')) return false
      throw error
    }
  }

  async function expired(reply: FastifyReply, speech: Speech, link: Link): Promise<FastifyReply> {
    const organization = await findOrganization(db, link.organization_id)
    return sendExpired(reply, speech, organization, ground.publicUrl())
  }
}

const hasExpired = (link: Link): boolean => link.expires_at <= new Date()

const isOpenedByHand = (request: FastifyRequest): boolean => request.method === 'GET' && !looksAhead(request)
