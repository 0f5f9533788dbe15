/** The organization over HTTP: everyone sees their own alone. */
import { z } from 'zod'
import { notFound } from '../http/errors.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import { changeOrganization, findOrganization } from './organizations.ts'
import {
  name,
  organizationId,
  outputTimes,
  idParams as params,
  ownQuery as querystring,
  readOnly,
  readOnlyTimes,
  refuseOtherId,
  sameId,
} from './shapes.ts'

const tags = ['organizations']
const fields = [
  ...(['id', 'name', 'website', 'public_api_key', 'double_opt_in', 'md5_links'] as const),
  ...(['created_at', 'updated_at', 'version'] as const),
]

/** What the public API's organization has besides, and Heed has no use for. */
const notKept = Object.fromEntries(
  [
    ...['industry_id', 'analytics_url', 'organization_group_id', 'organization_group_name'],
    ...['salesforce_account_id', 'validate_purpose_id', 'disable_preferences_in_consents', 'self_register'],
    ...['allow_tcf_with_custom_text', 'iab_tcf_cmp_id', 'allow_chat_support'],
  ].map(name => [name, readOnly]),
)

const organizationOutput = z.object({
  id: z.string().describe('What `organization_id` names'),
  name: z.string().describe('Its name'),
  website: z.string().optional().describe('Its website'),
  public_api_key: z
    .string()
    .describe('Names the organization where there is no secret: in browsers, in mails'),
  redirect_hosts: z
    .array(z.string())
    .describe('Where people may be sent, with their token: `host` or `host:port`'),
  preference_center_url: z.string().optional().describe('Where people go on to from links and mails'),
  md5_links: z.boolean().describe('Whether digest links that are signed by MD5 are taken'),
  double_opt_in: z.boolean().describe('Whether pending events of an e-mail address are confirmed by mail'),
  confirmation_days: z.number().describe('How long a pending event waits for its confirmation'),
  auth_enabled: z.boolean().describe('Whether people can sign in by mail'),
  auth_allow_user_creation: z.boolean().describe('Whether whoever is not known can sign in too'),
  auth_message_priority: z
    .array(z.string())
    .describe('Channels of messages, the most important first: `email`'),
  confirmation_reminders: z.number().describe('How often a person is reminded of it; 0: never'),
  confirmation_reminder_days: z.number().describe('How long after the mail before'),
  ...outputTimes,
})
const response = { 200: organizationOutput }

const website = z.url({ protocol: /^https?$/, hostname: z.regexes.hostname }).max(2000)
const host = z
  .string()
  .trim()
  .toLowerCase()
  .max(255)
  .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/, {
    error: 'takes host or host:port, without a path',
  })
const organizationInput = z.strictObject({
  id: sameId,
  organization_id: organizationId,
  name: name.min(1).describe('Its name'),
  website: website.nullish().describe('Its website; null takes it away'),
  redirect_hosts: z.array(host).max(100).optional().describe('Replaces the list'),
  preference_center_url: website.nullish().describe('At Heed or one of `redirect_hosts`; null takes it away'),
  md5_links: z
    .boolean()
    .optional()
    .describe('Off by default: MD5 protects nobody. For links that are on their way'),
  double_opt_in: z.boolean().optional(),
  confirmation_days: z.number().int().min(1).max(365).optional(),
  auth_enabled: z.boolean().optional(),
  auth_allow_user_creation: z.boolean().optional(),
  auth_message_priority: z
    .array(z.enum(['email']))
    .max(1)
    .optional()
    .describe('There is no channel but `email`'),
  confirmation_reminders: z.number().int().min(0).max(3).optional(),
  confirmation_reminder_days: z.number().int().min(1).max(90).optional(),
  public_api_key: readOnly,
  ...readOnlyTimes,
  ...notKept,
})
const organizationPatch = organizationInput.extend({ name: organizationInput.shape.name.optional() })

export function organizationRoutes(app: App, { db }: { db: Database }): void {
  app.get(
    '/organizations',
    {
      schema: {
        tags,
        summary: 'The organization of the token, in a list of one',
        querystring: listQuery,
        response: { 200: pageOf(organizationOutput) },
      },
    },
    async ({ caller, query }) =>
      pageInMemory([await findOrganization(db, caller.organizationId)], query, fields),
  )
  app.get(
    '/organizations/:id',
    { schema: { tags, summary: 'The organization of the token', params, querystring, response } },
    async ({ caller, params }) => findOrganization(db, own(caller, params.id)),
  )
  app.patch(
    '/organizations/:id',
    {
      schema: {
        tags,
        summary: 'Change what it is and how its people are led',
        params,
        querystring,
        body: organizationPatch,
        response,
      },
    },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      return changeOrganization(db, own(caller, params.id), body)
    },
  )
  app.put(
    '/organizations/:id',
    {
      schema: {
        tags,
        summary: 'Replace name and website',
        params,
        querystring,
        body: organizationInput,
        response,
      },
    },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      return changeOrganization(db, own(caller, params.id), {
        ...body,
        website: body.website ?? null,
      })
    },
  )
}

function own(caller: { organizationId: string }, id: string): string {
  if (id !== caller.organizationId) throw notFound('organization')
  return id
}
