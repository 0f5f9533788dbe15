/** What goes wrong with a page of this room is said by a page, to whoever looks at pages. */
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { errorKinds, heard } from '../http/errors.ts'
import { html } from '../http/html.ts'
import { sendPage, speechFor } from './page.ts'

/** Programs get what they get everywhere. */
export function sayFaults(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request: FastifyRequest, reply) => {
    if (!request.headers.accept?.includes('text/html')) throw error
    const { kind, errors, headers } = heard(error, request)
    const speech = speechFor(request)
    const { say } = speech
    const { status } = errorKinds[kind]
    const isLink = kind === 'invalid_request' || kind === 'not_found'
    const text = isLink ? say.unknownText : kind === 'too_many_requests' ? say.tooOften : say.failed
    const faults = isLink ? Object.entries(errors) : []
    // For who made the address: whoever opened it cannot mend it.
    const list = html`<ul lang="en" dir="ltr">
${faults.map(([path, message]) => html`<li><code>${path}</code> ${message}</li>`)}
</ul>`
    return sendPage(reply.headers(headers), speech, {
      status,
      title: isLink ? say.unknownTitle : say.signInTitle,
      body: html`<p>${text}</p>
${faults.length > 0 && list}`,
    })
  })
}
