/** Sessions over HTTP: a token for a key and its secret. */
import { z } from 'zod'
import { invalid, Refusal } from '../http/errors.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { authenticate } from './keys.ts'
import type { Rate } from './rate.ts'
import { readOnly } from './shapes.ts'
import { senderOf } from './throttle.ts'
import type { Tokens } from './tokens.ts'
import type { Vault } from './vault.ts'

export interface SessionGround {
  db: Database
  vault: Vault
  tokens: Tokens
  rate?: Rate
}

const sessionInput = z.strictObject({
  type: z.string().max(64).describe('`api-key`'),
  key: z.string().max(255).describe('Id of the API key'),
  secret: z.string().max(1024).describe('Its secret'),
  access_token: readOnly,
})
const sessionOutput = z.object({
  type: z.string().describe('`api-key`'),
  key: z.string().describe('Id of the API key'),
  access_token: z.string().describe('To be sent as `Authorization: Bearer`; lasts one hour'),
})

export function sessionRoutes(app: App, { db, vault, tokens, rate }: SessionGround): void {
  app.post(
    '/sessions',
    {
      config: { open: true },
      schema: {
        tags: ['sessions'],
        summary: 'A token of one hour for an API key and its secret',
        security: [],
        body: sessionInput,
        response: { 200: sessionOutput },
      },
    },
    async ({ body: { type, key, secret }, ip }, reply) => {
      // Guessing a secret is as slow as any other use; by key and sender, so that it keeps nobody else from signing in.
      const taken = rate?.take(`key ${key} by ${senderOf(ip)}`)
      if (taken) reply.headers(taken.headers)
      if (taken && !taken.allowed)
        throw new Refusal('too_many_requests', 'too many sessions were asked for with this key')
      const caller = type === 'api-key' ? await authenticate(db, vault, key, secret) : undefined
      if (!caller) throw invalid({ key: 'no enabled key of this type has this id and secret' })
      return { type, key, access_token: await tokens.issue(caller) }
    },
  )
}
