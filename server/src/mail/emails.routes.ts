/** An organization's own mails over HTTP. */
import { z } from 'zod'
import { idParams as params, ownQuery as querystring, refuseOtherId } from '../access/shapes.ts'
import { listQuery, pageInMemory, pageOf } from '../http/paging.ts'
import type { App } from '../http/server.ts'
import type { Database } from '../store/database.ts'
import {
  emailInput,
  emailOutput,
  emailPatch,
  previewInput,
  previewOutput,
  properties,
  storedPreviewInput,
} from './emails.schema.ts'
import { changeEmail, createEmail, deleteEmail, findEmail, listEmails, previewEmail } from './emails.ts'
import { placeholdersOf, templateIds, templates } from './templates.ts'

const tags = ['marketplace/emails']
const fields = ['id', 'organization_id', 'type_id', 'email_type', 'created_at', 'updated_at'] as const
const response = { 200: emailOutput }

const schemaOutput = z.object({
  didomi: z.object({
    schema: z.looseObject({}).describe('JSON Schema of `properties`'),
    email_types: z
      .array(z.object({ id: z.string(), about: z.string(), parameters: z.array(z.string()) }))
      .describe('Every mail, and what its texts may name'),
  }),
})
const propertiesSchema = {
  didomi: {
    schema: z.toJSONSchema(properties, { io: 'input' }),
    email_types: templateIds.map(id => ({
      id,
      about: templates[id].about,
      parameters: [...placeholdersOf(id)],
    })),
  },
}

export function emailRoutes(app: App, { db }: { db: Database }): void {
  app.post(
    '/marketplace/emails',
    {
      schema: { tags, summary: 'Write a mail in your own words', querystring, body: emailInput, response },
    },
    async ({ caller, body }) => createEmail(db, caller.organizationId, body),
  )
  app.get(
    '/marketplace/emails',
    {
      schema: {
        tags,
        summary: 'List your own mails',
        querystring: listQuery,
        response: { 200: pageOf(emailOutput) },
      },
    },
    async ({ caller, query }) => pageInMemory(await listEmails(db, caller.organizationId), query, fields),
  )
  app.get(
    '/marketplace/emails/properties-schema',
    {
      schema: {
        tags,
        summary: 'What `properties` may hold, and which mails there are',
        querystring,
        response: { 200: schemaOutput },
      },
    },
    async () => propertiesSchema,
  )
  app.post(
    '/marketplace/emails/preview',
    {
      schema: {
        tags,
        summary: 'A mail as a person would get it; nothing is sent',
        querystring,
        body: previewInput,
        response: { 200: previewOutput },
      },
    },
    async ({ caller, body }) => previewEmail(db, caller.organizationId, body),
  )
  app.post(
    '/marketplace/emails/:id/preview',
    {
      schema: {
        tags,
        summary: 'One of your mails as a person would get it; nothing is sent',
        params,
        querystring,
        body: storedPreviewInput,
        response: { 200: previewOutput },
      },
    },
    async ({ caller, params, body }) => {
      const { email_type, properties } = await findEmail(db, caller.organizationId, params.id)
      return previewEmail(db, caller.organizationId, { ...body, email_type, properties })
    },
  )
  app.get(
    '/marketplace/emails/:id',
    { schema: { tags, summary: 'One of your mails', params, querystring, response } },
    async ({ caller, params }) => findEmail(db, caller.organizationId, params.id),
  )
  app.patch(
    '/marketplace/emails/:id',
    {
      schema: {
        tags,
        summary: 'Change a mail; `properties` is replaced as a whole',
        params,
        querystring,
        body: emailPatch,
        response,
      },
    },
    async ({ caller, params, body }) => {
      refuseOtherId(body, params)
      return changeEmail(db, caller.organizationId, params.id, body)
    },
  )
  app.delete(
    '/marketplace/emails/:id',
    {
      schema: {
        tags,
        summary: 'Delete a mail: from then on it says what Heed says',
        params,
        querystring,
        response,
      },
    },
    async ({ caller, params }) => deleteEmail(db, caller.organizationId, params.id),
  )
}
