/** Sign-in for the code of a page on a customer's site: what is asked for and answered as the public API has it. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findOrganizationByPublicKey } from '../access/organizations.ts'
import { organizationUserId } from '../collect/schema.ts'
import { invalid, Refusal } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import { looksAhead } from './forms.ts'
import { speechFor } from './page.ts'
import { address, way } from './shapes.ts'
import {
  type Asking,
  codePath,
  providerOf,
  redeem,
  refuseWhereOff,
  SESSION_SECONDS,
  sendCode,
  sendLink,
  targetOf,
  type WaysGround,
  withToken,
} from './ways.ts'

const tags = ['auth']
const email = z.string().trim().pipe(mailAddress)

const asked = { ...way, privacy_center_url: address }
const codeAnswer = z.object({
  redirect_url: z.string().describe('A page that asks for the code'),
  callback: z.string().describe('Where the code is to be sent'),
})
/** Asking sends a mail: nothing may ask ahead, keep the answer, or ask without meaning it. */
const sends = {
  config: { open: true, anyOrigin: true },
  exposeHeadRoute: false,
  preHandler: async (request: FastifyRequest) => {
    if (looksAhead(request)) throw new Refusal('forbidden', 'a mail is not asked for ahead')
  },
}
const noStore = { 'cache-control': 'no-store' }

export function protocolRoutes(app: App, ground: WaysGround): void {
  app.get(
    '/auth/protocols/otp/generate',
    {
      ...sends,
      schema: {
        tags,
        summary: 'Sends a code of six digits, valid for five minutes',
        security: [],
        querystring: z.strictObject({ ...asked, email }),
        response: { 200: codeAnswer },
      },
    },
    async (request, reply) => {
      reply.headers(noStore)
      return generate(request, await askingOf(request, request.query.email))
    },
  )

  app.post(
    '/auth/protocols/otp/verify',
    {
      config: { open: true, anyOrigin: true },
      schema: {
        tags,
        summary: 'A person’s token for a code',
        security: [],
        querystring: z.strictObject(asked),
        body: z.strictObject({
          code: z.string().max(16).or(z.number().int()),
          organization_user_id: organizationUserId.describe('The e-mail address'),
        }),
        response: {
          200: z.object({
            id_token: z.string(),
            organization_id: z.string(),
            organization_user_id: z.string(),
            lifetime: z.number(),
            redirect_url: z.string().optional().describe('The privacy center, with the token'),
          }),
        },
      },
    },
    async (request, reply) => {
      reply.headers(noStore)
      const { code, organization_user_id: sent } = request.body
      const organization = await findOrganizationByPublicKey(ground.db, request.query.key)
      const to = targetOf(ground, organization, request.query.privacy_center_url)
      const grant = await redeem(ground, {
        organization,
        email: sent.trim(),
        ip: request.ip,
        code: String(code).trim().padStart(6, '0'),
        isMailed: false,
      })
      if (!grant) throw invalid({ code: 'is wrong or has expired; after five tries a new one is needed' })
      const id_token = await ground.personTokens.issue(grant, SESSION_SECONDS)
      return {
        id_token,
        organization_id: organization.id,
        organization_user_id: grant.organizationUserId,
        lifetime: SESSION_SECONDS,
        ...(to ? { redirect_url: withToken(to, id_token) } : {}),
      }
    },
  )

  app.get(
    '/auth/protocols/message/callback',
    {
      ...sends,
      schema: {
        tags,
        summary: 'Sends a link that opens the person’s preferences',
        security: [],
        querystring: z.strictObject({ ...asked, channel: z.literal('email').default('email'), id: email }),
        response: { 200: z.object({ channel: z.string() }) },
      },
    },
    async (request, reply) => {
      reply.headers(noStore)
      await sendLink(ground, await askingOf(request, request.query.id))
      return { channel: request.query.channel }
    },
  )

  app.get(
    '/auth/initiate',
    {
      ...sends,
      schema: {
        tags,
        summary: 'Sends what the organization’s way to sign in needs: a code or a link',
        security: [],
        querystring: z.strictObject({
          ...asked,
          channel: z.literal('email').optional(),
          email: email.optional(),
          id: email.optional(),
        }),
        response: {
          200: codeAnswer.partial().extend({
            type: z.enum(['otp', 'message']),
            auth_provider_id: z.string().optional(),
          }),
        },
      },
    },
    async (request, reply) => {
      reply.headers(noStore)
      const named = request.query.email ?? request.query.id
      if (named === undefined) throw invalid({ email: 'must be given' })
      const asking = await askingOf(request, named)
      const { id, type } = await providerOf(ground, asking.organization.id, request.query.auth_provider_id)
      const chosen = { type, ...(id === undefined ? {} : { auth_provider_id: id }) }
      if (type === 'otp') return { ...chosen, ...(await generate(request, asking)) }
      await sendLink(ground, asking)
      return chosen
    },
  )

  async function askingOf(
    request: FastifyRequest<{
      Querystring: {
        key: string
        privacy_center_url?: string | undefined
        auth_provider_id?: string | undefined
        lang?: string | undefined
      }
    }>,
    email: string,
  ): Promise<Asking> {
    const { key, privacy_center_url, auth_provider_id } = request.query
    const organization = await findOrganizationByPublicKey(ground.db, key)
    refuseWhereOff(organization)
    if (auth_provider_id !== undefined) await providerOf(ground, organization.id, auth_provider_id)
    const { language } = speechFor(request as FastifyRequest)
    return {
      organization,
      email,
      language,
      isLanguageAsked: request.query.lang !== undefined,
      ip: request.ip,
      to: targetOf(ground, organization, privacy_center_url),
      providerId: auth_provider_id,
    }
  }

  async function generate(
    request: FastifyRequest<{ Querystring: { key: string } }>,
    asking: Asking,
  ): Promise<z.infer<typeof codeAnswer>> {
    const state = await sendCode(ground, asking)
    const verify = new URLSearchParams({ key: request.query.key })
    return {
      redirect_url: `${ground.publicUrl()}${codePath(state, asking.language)}`,
      callback: `${ground.publicUrl()}/v1/auth/protocols/otp/verify?${verify}`,
    }
  }
}
