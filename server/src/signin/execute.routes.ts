/**
 * Digest links: addresses that a mailing tool builds itself, with a secret. Opening one shows, its button acts, as with
 * links made here. The digest is over the person's id alone: whoever has one may say anything for that person.
 */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { newId } from '../access/ids.ts'
import { findOrganizationByPublicKey, type OrganizationOutput } from '../access/organizations.ts'
import { findSecret } from '../access/secrets.ts'
import { organizationUserId } from '../collect/schema.ts'
import { invalid, Refusal } from '../http/errors.ts'
import { readJson } from '../http/json.ts'
import { isObject } from '../http/objects.ts'
import type { App } from '../http/server.ts'
import { findPerson, isAnybody } from '../record/people.ts'
import type { Consents } from '../resolve/event.ts'
import { act, check, isDone } from './act.ts'
import { takeAddress } from './addresses.ts'
import { algorithms, isSigned } from './digests.ts'
import { type Shown, sendNotUnsubscribe, sendQuestion, sendReceipt, sendUnknown } from './links.pages.ts'
import { form, type LinkGround, pathOf } from './links.routes.ts'
import { createLink, type Link, markUsed } from './links.ts'
import { leadOn, speechFor } from './page.ts'
import { show } from './show.ts'
import { isUnsubscribe } from './statement.ts'

/** How long what was said can be undone at the receipt. */
const RECEIPT_SECONDS = 7 * 86_400
const MAX_EVENT_CHARACTERS = 12_000
const CREATED_BY = 'digest'
/** What ids go on with. */
const MORE_OF_AN_ID = /^[\p{L}\p{N}@._+%=-]/u

const querystring = z.strictObject({
  key: z.string().max(128).describe('The organization’s public API key'),
  auth_algorithm: z.enum(algorithms).describe('`hash-md5` only where the organization’s `md5_links` is on'),
  auth_sid: z.string().max(255).describe('Id of the secret'),
  auth_digest: z
    .string()
    .regex(/^([0-9a-fA-F]{2}){16,64}$/, 'takes hexadecimal digits')
    .describe(
      'hmac-*: over organization_user_id + salt, with the secret; hash-*: organization_user_id + secret + salt',
    ),
  auth_salt: z.string().max(255).default(''),
  organization_user_id: organizationUserId,
  action: z.enum(['event.create', 'event.update']),
  event: z.string().max(MAX_EVENT_CHARACTERS).describe('The event as JSON'),
  redirect_url: z.string().max(2000).optional().describe('Heed, or one of the organization’s redirect_hosts'),
  lang: z.string().max(35).optional(),
})
type Query = z.infer<typeof querystring>
type Request = FastifyRequest<{ Querystring: Query }>

const tags = ['consents/links']

/** @param app takes forms */
export function executePages(app: App, ground: LinkGround): void {
  const { db, vault } = ground
  const config = { open: true }

  app.get(
    '/consents/execute',
    { config, schema: { tags, summary: 'Shows what a digest link will do', security: [], querystring } },
    async (request, reply) => {
      const speech = speechFor(request as FastifyRequest)
      const link = await linkOf(request)
      if (!link) return sendUnknown(reply, speech)
      return sendQuestion(reply, speech, await show(ground, link, speech), link.redirect_url ?? undefined)
    },
  )

  app.post(
    '/consents/execute',
    {
      config,
      schema: {
        tags,
        summary: 'Does what a digest link says; `List-Unsubscribe=One-Click` only where it unsubscribes',
        security: [],
        querystring,
        body: form,
      },
    },
    async (request, reply) => {
      const speech = speechFor(request as FastifyRequest)
      const link = await linkOf(request)
      if (!link) return sendUnknown(reply, speech)
      const shown = await show(ground, link, speech)
      const isOneClick = request.body['List-Unsubscribe'] === 'One-Click'
      if (isOneClick && !shown.isUnsubscribe) return sendNotUnsubscribe(reply, speech)
      const action = await actOnce(link, shown)
      return link.redirect_url && !isOneClick
        ? leadOn(reply, link.redirect_url)
        : sendReceipt(
            reply,
            speech,
            { ...shown, action, isUnsubscribe: action !== undefined && shown.isUnsubscribe },
            ground.publicUrl(),
          )
    },
  )

  /** As a link of its own, one for each event, so that it can be undone; gives its path. Whoever is out already is told so however often they ask. */
  async function actOnce(link: Link, { isUnsubscribe }: Shown): Promise<string | undefined> {
    try {
      await act(ground, link)
    } catch (error) {
      const isTooOften = error instanceof Refusal && error.kind === 'too_many_requests'
      if (isTooOften && isUnsubscribe && (await isDone(db, { ...link, used_at: new Date() })))
        return undefined
      throw error
    }
    const { id, token } = await createLink(db, vault, {
      organizationId: link.organization_id,
      organizationUserId: link.organization_user_id,
      action: link.action,
      eventId: link.event_id,
      event: link.event,
      createdBy: CREATED_BY,
      lifetimeSeconds: RECEIPT_SECONDS,
      token: vault
        .digest(JSON.stringify(['receipt', link.organization_id, link.event_id]))
        .toString('base64url'),
    })
    await markUsed(db, { ...link, id })
    return pathOf(token)
  }

  /** undefined where the digest does not speak for the person: nobody learns why. */
  async function linkOf({ query, log }: Request): Promise<Link | undefined> {
    const organization = await unlessRefused(findOrganizationByPublicKey(db, query.key))
    if (!organization) return undefined
    if (query.auth_algorithm === 'hash-md5') {
      if (!organization.md5_links)
        throw invalid({
          auth_algorithm: 'hash-md5 is not taken: use hmac-sha256, or switch on md5_links for a while',
        })
      log.warn(
        { organizationId: organization.id },
        'a digest link signed by MD5 was taken: MD5 protects nobody',
      )
    }
    const secret = await unlessRefused(findSecret(db, vault, organization.id, query.auth_sid))
    const { auth_algorithm: algorithm, organization_user_id, auth_salt: salt } = query
    const signed = { algorithm, organizationUserId: organization_user_id, salt }
    if (!secret || !isSigned(signed, secret.secret, query.auth_digest)) return undefined
    if (await isSomebodyElses(organization.id, query)) return undefined
    const link = await deedOf(organization, query)
    if (algorithm.startsWith('hmac-') && MORE_OF_AN_ID.test(salt) && !takesBack(link))
      throw invalid({
        auth_salt:
          'could be the end of another id, so the link can only take back: begin the salt with a character that stands in no id, such as ":"',
      })
    await check(ground, link)
    return link
  }

  /**
   * HMAC is over id and salt in one text, as the public API has it: `customer-12` with the salt `x` reads like `customer-1` with
   * the salt `2x`. It speaks for the longest id that somebody has; and where a salt can be taken for the end of an id, it only
   * takes back, since whoever has that id may not be known yet.
   */
  async function isSomebodyElses(organizationId: string, query: Query): Promise<boolean> {
    const { organization_user_id: id, auth_salt: salt, auth_algorithm } = query
    if (salt === '' || !auth_algorithm.startsWith('hmac-')) return false
    const longer = Array.from(salt, (_, i) => id + salt.slice(0, i + 1))
    return isAnybody(db, organizationId, longer)
  }

  async function deedOf(organization: OrganizationOutput, query: Query): Promise<Link> {
    const event = readJson(query.event, 'event')
    if (!isObject(event)) throw invalid({ event: 'is not a JSON object' })
    const { id } = event
    if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > 255))
      throw invalid({ 'event.id': 'is not an id' })
    if (query.action === 'event.update' && id === undefined)
      throw invalid({ 'event.id': 'names the event that is to be changed' })
    return {
      id: newId(),
      organization_id: organization.id,
      organization_user_id: query.organization_user_id,
      action: query.action,
      event_id: id ?? (await eventIdOf(organization.id, query)),
      event,
      redirect_url:
        query.redirect_url === undefined
          ? null
          : takeAddress(query.redirect_url, organization, ground.publicUrl(), 'redirect_url'),
      language: null,
      acts_on_open: false,
      expires_at: new Date(Date.now() + RECEIPT_SECONDS * 1000),
      used_at: null,
    }
  }

  /**
   * The same while nothing is said for the person, so that pressing twice at once states once; another afterwards, since the
   * same address must unsubscribe again whoever has subscribed again.
   */
  async function eventIdOf(organizationId: string, query: Query): Promise<string> {
    const { organization_user_id: organizationUserId, event } = query
    const person = await findPerson(db, organizationId, { organizationUserId })
    if (!person) return newId()
    return vault.digest(JSON.stringify(['digest link', person.id, person.version, event])).toString('hex')
  }
}

const takesBack = ({ action, event }: Link): boolean =>
  action === 'event.create' && isUnsubscribe(event.consents as Consents | undefined)

const unlessRefused = <T>(found: Promise<T>): Promise<T | undefined> =>
  found.catch(error => {
    if (error instanceof Refusal && ['not_found', 'invalid_request'].includes(error.kind)) return undefined
    throw error
  })
