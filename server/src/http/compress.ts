/**
 * Answers go out compressed. BREACH learns a secret of a compressed answer by putting guesses beside it, through what the
 * answer repeats of the request, in requests that it makes the victim's browser send. Pages of people are compressed
 * all the same: they hold no secret that opens anything (forms are known by their origin, not by a token in the page), repeat
 * nothing of the request, and the session's cookie does not go along with what other sites fetch or embed (SameSite=Lax). What
 * does hold one, tokens and the state of a sign-in, is sent as it is.
 */
import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import type { FastifyInstance } from 'fastify'

/** Below it is one packet either way. */
const LEAST_BYTES = 1024
/** The best takes 40 times as long as this for a few percent. */
const BROTLI_QUALITY = 4

const HOLDS_SECRETS = /^\/(sessions|auth|secrets|consents\/tokens|consents\/links)(\/|$)/

export async function compressAnswers(app: FastifyInstance): Promise<void> {
  app.addHook('onRoute', route => {
    if (HOLDS_SECRETS.test(route.url)) route.compress = false
  })
  await app.register(compress, {
    // What comes in stays as it is: a body's limit is on what was sent.
    globalDecompression: false,
    threshold: LEAST_BYTES,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
  })
}
