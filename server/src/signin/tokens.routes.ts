/** Tokens of a person over HTTP: a back end asks for one and hands it to the browser of who signed in there. */
import { z } from 'zod'
import type { PersonGrant, PersonTokens } from '../access/personTokens.ts'
import { organizationId, ownQuery as querystring } from '../access/shapes.ts'
import { delegate, organizationUserId } from '../collect/schema.ts'
import { invalid } from '../http/errors.ts'
import type { App } from '../http/server.ts'

export interface TokenGround {
  personTokens: PersonTokens
}

const DEFAULT_LIFETIME_SECONDS = 900
/** A token cannot be called back. */
const MAX_LIFETIME_SECONDS = 30 * 86_400
/** It travels in headers and addresses, which servers bound. */
const MAX_CHARACTERS = 4096

const freeForm = z.record(z.string(), z.unknown()).optional()
const validations = z
  .strictObject({
    email: z.strictObject({ enabled: z.boolean(), approval: z.boolean().optional() }).optional(),
  })
  .optional()
  .describe('`{email: {enabled: true}}`: events wait until the person confirms them by mail')

const tokenInput = z.strictObject({
  organization_id: organizationId,
  organization_user_id: organizationUserId.describe('Whose token it is'),
  lifetime: z
    .number()
    .int()
    .min(1)
    .max(MAX_LIFETIME_SECONDS)
    .default(DEFAULT_LIFETIME_SECONDS)
    .describe('In seconds'),
  permissions: z
    .array(z.enum(['read', 'write']))
    .min(1)
    .max(2)
    .default(['read', 'write'])
    .describe('`read`: status and events; `write`: new events'),
  metadata: freeForm.describe('Lives with the token alone: no event gets it. Its holder can read it'),
  event: z
    .strictObject({ metadata: freeForm, user: z.strictObject({ metadata: freeForm }).optional() })
    .optional()
    .describe('Put on every event that is made with the token'),
  delegate: delegate.optional().describe('Who acts for the person; one in an event’s body is ignored'),
  validations,
  validation: validations,
})
const tokenOutput = tokenInput.extend({
  id_token: z.string().describe('To be sent as `Authorization: Bearer`, or as `?token=`'),
  organization_id: z.string(),
})

export function tokenRoutes(app: App, { personTokens }: TokenGround): void {
  app.post(
    '/consents/tokens',
    {
      schema: {
        tags: ['consents/tokens'],
        summary: 'A token with which one person reads and changes their own choices',
        querystring,
        body: tokenInput,
        response: { 200: tokenOutput },
      },
    },
    async ({ caller, body }) => {
      const { lifetime, validation, ...rest } = body
      const sent = { ...rest, validations: body.validations ?? validation }
      if (JSON.stringify(sent).length > MAX_CHARACTERS)
        throw invalid({ body: `takes up to ${MAX_CHARACTERS} characters: a token travels in addresses` })
      const id_token = await personTokens.issue(grantOf(caller.organizationId, sent), lifetime)
      return { ...sent, lifetime, organization_id: caller.organizationId, id_token }
    },
  )
}

type Asked = Omit<z.infer<typeof tokenInput>, 'lifetime' | 'validation'>

const grantOf = (organizationId: string, asked: Asked): PersonGrant =>
  defined({
    organizationId,
    organizationUserId: asked.organization_user_id,
    permissions: [...new Set(asked.permissions)],
    eventMetadata: asked.event?.metadata,
    userMetadata: asked.event?.user?.metadata,
    metadata: asked.metadata,
    delegate: asked.delegate,
    validations: asked.validations,
  }) as PersonGrant

const defined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
