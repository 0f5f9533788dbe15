/** How every page of the preference centre is sent: under which policy, and what is said where something fails. */
import type { FastifyError, FastifyReply } from 'fastify'
import { errorKinds, heard } from '../http/errors.ts'
import type { Html } from '../http/html.ts'
import { chooseLanguage } from '../http/languages.ts'
import type { App } from '../http/server.ts'
import { faultPage } from './page.ts'
import { spokenLanguages } from './texts.ts'
import { type PageRequest, text } from './visit.ts'

const SECURITY = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https: data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

export function answerAsPages(pages: App): void {
  pages.addHook('onSend', async (_, reply) => {
    for (const [name, value] of Object.entries(SECURITY))
      if (!reply.hasHeader(name)) reply.header(name, value)
  })
  // Programs get what they get everywhere.
  pages.setErrorHandler((error: FastifyError, request: PageRequest, reply) => {
    if (!request.headers.accept?.includes('text/html')) throw error
    const { kind, headers } = heard(error, request)
    const language = chooseLanguage({
      asked: text(request.query.lang),
      acceptLanguage: request.headers['accept-language'],
      available: spokenLanguages,
      fallback: 'en',
    })
    const isForm = request.method === 'POST'
    return send(reply.headers(headers), faultPage(language, kind, isForm), errorKinds[kind].status)
  })
}

export const send = (reply: FastifyReply, page: Html, status = 200): FastifyReply =>
  reply
    .status(status)
    .headers({ 'content-type': 'text/html; charset=utf-8' })
    .serializer(body => body as string)
    .send(page.text)
