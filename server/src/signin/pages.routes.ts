/** The sign-in page: an address, then a code or a mail. Works without JavaScript. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  findOrganization,
  findOrganizationByPublicKey,
  type OrganizationOutput,
} from '../access/organizations.ts'
import { Refusal } from '../http/errors.ts'
import { html } from '../http/html.ts'
import type { App } from '../http/server.ts'
import { fill } from '../http/texts.ts'
import { mailAddress } from '../mail/emails.schema.ts'
import { refuseForeignForms } from './forms.ts'
import { sendUnknown } from './links.pages.ts'
import { leadOn, type Speech, sendPage, speechFor, type ThemeGround } from './page.ts'
import { address, lang, way } from './shapes.ts'
import { openState, type State } from './state.ts'
import {
  codePath,
  providerOf,
  redeem,
  SESSION_SECONDS,
  sendCode,
  sendLink,
  targetOf,
  type WaysGround,
  withToken,
} from './ways.ts'

const signInQuery = z.object({ ...way, to: address })
/** With what is said once the mail is on its way. */
const shownQuery = signInQuery.extend({ sent: z.string().max(1).optional() })
const codeQuery = z.object({ state: z.string().max(8192), lang })
const config = { open: true }
const hidden = { hide: true }

/** @param app takes forms */
export function signInPages(app: App, ground: WaysGround & ThemeGround): void {
  app.get('/auth/sign-in', { config, schema: { ...hidden, querystring: shownQuery } }, (request, reply) =>
    withTarget(request, reply, ({ speech, organization }) =>
      request.query.sent === undefined
        ? askForAddress(reply, speech, organization)
        : sayLinkSent(reply, speech),
    ),
  )

  app.post(
    '/auth/sign-in',
    {
      config,
      schema: { ...hidden, querystring: signInQuery, body: z.object({ email: z.string().max(300) }) },
    },
    (request, reply) =>
      withTarget(request, reply, async ({ speech, organization, to }) => {
        refuseForeignForms(request, ground.publicUrl())
        const { language, say } = speech
        const email = mailAddress.safeParse(request.body.email.trim())
        if (!email.success)
          return askForAddress(reply, speech, organization, { status: 400, fault: say.badEmail })
        const { auth_provider_id: providerId } = request.query
        // This page is always told a language; the address that it leads to, only where somebody asked for one.
        const isLanguageAsked = new URL(to).searchParams.has('lang')
        const asking = {
          ...{ organization, email: email.data, language, isLanguageAsked },
          ...{ ip: request.ip, to, providerId },
        }
        const { type } = await providerOf(ground, organization.id, providerId)
        try {
          // Led on, so that going back later meets a page and not a form to be sent again.
          if (type === 'otp') return leadOn(reply, codePath(await sendCode(ground, asking), language))
          await sendLink(ground, asking)
        } catch (error) {
          if (!isTooOften(error)) throw error
          return askForAddress(reply, speech, organization, { status: 429, fault: say.tooOften })
        }
        return leadOn(reply, `${request.originalUrl}&sent=`)
      }),
  )

  app.get(
    '/auth/sign-in/code',
    { config, schema: { ...hidden, querystring: codeQuery } },
    async (request, reply) => {
      const { state } = request.query
      const known = openState(ground.vault, state)
      const speech = await themed(speechFor(request), known?.to)
      if (!known) return sendUnknown(reply, speech)
      const organization = await findOrganization(ground.db, known.organizationId)
      return askForCode(reply, speech, organization, { ...known, state })
    },
  )

  app.post(
    '/auth/sign-in/code',
    {
      config,
      schema: {
        ...hidden,
        querystring: z.object({ lang }),
        body: z.object({ state: z.string().max(8192), code: z.string().max(32) }),
      },
    },
    async (request, reply) => {
      refuseForeignForms(request, ground.publicUrl())
      const { state, code } = request.body
      const known = openState(ground.vault, state)
      const speech = await themed(speechFor(request), known?.to)
      if (!known) return sendUnknown(reply, speech)
      const organization = await findOrganization(ground.db, known.organizationId)
      const again = { ...known, state }
      try {
        const signedIn = await enter(organization, known, request, code.replace(/\s/g, ''))
        if (!signedIn)
          return askForCode(reply, speech, organization, {
            ...again,
            status: 400,
            fault: speech.say.codeWrong,
          })
        if (known.to) return leadOn(reply, signedIn(known.to))
        return sendPage(reply, speech, { title: speech.say.doneTitle, body: '' })
      } catch (error) {
        if (error instanceof Refusal && error.kind === 'forbidden')
          return refuse(reply, speech, organization, organization.auth_enabled ? 'notKnown' : 'signInOff')
        if (!isTooOften(error)) throw error
        return askForCode(reply, speech, organization, {
          ...again,
          status: 429,
          fault: known.isMailed ? speech.say.tooOften : `${speech.say.tooOften} ${speech.say.useMail}`,
        })
      }
    },
  )

  /** As the page that the person comes from looks. */
  const themed = async (speech: Speech, to: string | undefined): Promise<Speech> => ({
    ...speech,
    themePath: to && (await ground.themeOf?.(to)),
  })

  async function enter(
    organization: OrganizationOutput,
    { email, to, isMailed = false }: State,
    { ip }: FastifyRequest,
    code: string,
  ): Promise<((to: string) => string) | undefined> {
    // The list may have changed since the address was taken.
    if (to) targetOf(ground, organization, to)
    const grant = await redeem(ground, { organization, email, ip, code, isMailed })
    if (!grant) return undefined
    const token = await ground.personTokens.seal(grant, SESSION_SECONDS)
    return to => withToken(to, token)
  }

  interface Target {
    speech: Speech
    organization: OrganizationOutput
    to: string
  }

  /** Without a place to go on to there is nothing to sign in to. */
  async function withTarget(
    request: FastifyRequest<{ Querystring: z.infer<typeof signInQuery> }>,
    reply: FastifyReply,
    serve: (target: Target) => unknown,
  ): Promise<unknown> {
    const speech = speechFor(request as FastifyRequest)
    const { key, to: named } = request.query
    const target = await findOrganizationByPublicKey(ground.db, key)
      .then(organization => ({ organization, to: targetOf(ground, organization, named) }))
      .catch(error => {
        if (error instanceof Refusal && error.kind === 'invalid_request') return undefined
        throw error
      })
    if (!target?.to) return sendUnknown(reply, speech)
    const { organization, to } = target
    if (!organization.auth_enabled) return refuse(reply, speech, organization, 'signInOff')
    return serve({ speech: await themed(speech, to), organization, to })
  }
}

function refuse(
  reply: FastifyReply,
  speech: Speech,
  { name }: OrganizationOutput,
  why: 'signInOff' | 'notKnown',
): FastifyReply {
  const { say } = speech
  const body = html`<p>${fill(say[why], { organization: name })}</p>`
  return sendPage(reply, speech, { status: 403, title: say.signInTitle, body })
}

interface Trouble {
  status?: number
  fault?: string
}

function askForAddress(
  reply: FastifyReply,
  speech: Speech,
  { name }: OrganizationOutput,
  { status, fault }: Trouble = {},
): FastifyReply {
  const { say } = speech
  const body = html`<p>${fill(say.signInText, { organization: name })}</p>
<form method="post">
<label for="email">${say.emailLabel}</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" dir="ltr"${describedBy(fault)}>
${faultOf(fault)}
<p>${say.mailComes}</p>
<button>${say.send}</button>
</form>`
  return sendPage(reply, speech, { ...(status ? { status } : {}), title: say.signInTitle, body })
}

function sayLinkSent(reply: FastifyReply, speech: Speech): FastifyReply {
  const { say } = speech
  return sendPage(reply, speech, {
    title: say.sentTitle,
    body: html`<p>${say.sentText}</p>
<p>${say.noMail}</p>`,
  })
}

function askForCode(
  reply: FastifyReply,
  speech: Speech,
  { public_api_key: key }: OrganizationOutput,
  { state, to, providerId, status, fault }: Trouble & Pick<State, 'to' | 'providerId'> & { state: string },
): FastifyReply {
  const { say, language } = speech
  const again = new URLSearchParams({
    key,
    ...(to === undefined ? {} : { to }),
    ...(providerId === undefined ? {} : { auth_provider_id: providerId }),
    lang: language,
  })
  const body = html`<p>${say.codeText}</p>
<form method="post" action="/v1/auth/sign-in/code?lang=${language}">
<input type="hidden" name="state" value="${state}">
<label for="code">${say.codeLabel}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="12" dir="ltr"${describedBy(fault)}>
${faultOf(fault)}
<button>${say.codeSend}</button>
</form>
<p>${say.noMail}</p>
<p><a href="/v1/auth/sign-in?${again.toString()}">${say.again}</a></p>`
  return sendPage(reply, speech, {
    ...(status ? { status } : {}),
    title: say.codeTitle,
    body,
    leadsTo: to,
    path: codePath(state, language),
  })
}

const describedBy = (fault: string | undefined) =>
  fault && html` aria-invalid="true" aria-describedby="fault"`
const faultOf = (fault: string | undefined) =>
  fault && html`<p id="fault" class="fault" role="alert">${fault}</p>`

const isTooOften = (error: unknown): boolean => error instanceof Refusal && error.kind === 'too_many_requests'
