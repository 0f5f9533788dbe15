/** Bodies that a browser's form or a mail program sends, for the routes of this room alone. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalid, Refusal } from '../http/errors.ts'
import { isStorable } from '../http/json.ts'

const BODY_LIMIT_BYTES = 16 * 1024

const URL_ENCODED = 'application/x-www-form-urlencoded'

export function parseForms(app: FastifyInstance): void {
  // Whatever type a mail program gives to its one click, or none: an unsubscription must not fail by that.
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser(
    ['multipart/form-data', '*'],
    { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
    async (request: { headers: Record<string, unknown> }, text: string | Buffer) => {
      const sent = String(request.headers['content-type'] ?? '')
      const type = /^multipart\/form-data\b/i.test(sent) ? sent : URL_ENCODED
      const form = await new Response(text, { headers: { 'content-type': type } })
        .formData()
        .catch(() => undefined)
      const fields = Object.fromEntries([...(form ?? [])].filter(([, value]) => typeof value === 'string'))
      if (!form || !Object.values(fields).every(value => isStorable(String(value))))
        throw invalid({ body: 'is not a form' })
      return fields
    },
  )
}

/** A browser that fetches ahead, or a preview, says so. */
export const looksAhead = ({ headers }: FastifyRequest): boolean =>
  ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some(name =>
    /prefetch|prerender|preview/i.test(String(headers[name])),
  )

/**
 * A form of ours, not one of a page elsewhere. Our pages say no referrer, so browsers send `Origin: null` with their forms:
 * `Sec-Fetch-Site` speaks where it is there.
 */
export function refuseForeignForms({ headers }: FastifyRequest, publicUrl: string): void {
  const site = headers['sec-fetch-site']
  const { origin } = headers
  const isOwn =
    site !== undefined
      ? site === 'same-origin' || site === 'none'
      : origin === undefined || origin === 'null' || origin === new URL(publicUrl).origin
  if (!isOwn) throw new Refusal('forbidden', 'the form was sent from another site')
}
