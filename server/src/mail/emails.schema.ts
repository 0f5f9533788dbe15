/** What an organization's own mail looks like in requests and answers. */
import { domainToASCII } from 'node:url'
import { z } from 'zod'
import { organizationId, outputTimes, readOnly, readOnlyTimes, sameId } from '../access/shapes.ts'
import { templateIds } from './templates.ts'

const MAX_HTML = 200_000
/** Many times what mails have. What nests more of them takes seconds to read. */
const MAX_TAGS = 5000
const MAX_SUBJECT = 500
const MAX_LANGUAGES = 100
const MAX_REPLY_TO = 10
const MAX_PARAMETER = 10_000

/** A domain in any script is taken (`ana@käse.example`): mail servers know it by its ASCII form. */
export const mailAddress = z
  .string()
  .max(254)
  .refine(address => z.email().safeParse(withAsciiDomain(address)).success, 'is not an e-mail address')

function withAsciiDomain(address: string): string {
  const domain = address.lastIndexOf('@') + 1
  return address.slice(0, domain) + domainToASCII(address.slice(domain))
}
export const languageTag = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'is not a language tag such as de or pt-BR')

const translated = (text: z.ZodString) => {
  const perLanguage = z.record(languageTag, text).refine(texts => {
    const { length } = Object.keys(texts)
    return length > 0 && length <= MAX_LANGUAGES
  }, `takes 1 to ${MAX_LANGUAGES} languages`)
  return z.union([text, perLanguage])
}

const htmlText = z
  .string()
  .min(1)
  .max(MAX_HTML)
  .refine(html => html.split('<').length - 1 <= MAX_TAGS, `holds more than ${MAX_TAGS} tags`)

export const properties = z.strictObject({
  html: translated(htmlText).describe(
    'A text, or one per language; parameters are written {{url}}; a part of a document is put into a whole one',
  ),
  subject: translated(z.string().min(1).max(MAX_SUBJECT)).describe(
    'A text, or one per language; takes parameters too',
  ),
  reply_to: z.array(mailAddress).max(MAX_REPLY_TO).default([]).describe('Where answers go'),
})

const typeId = z.literal('didomi').describe('Who sends it: Heed, by the mail server that is set')
const emailType = z.enum(templateIds).describe('Which mail')

export const emailInput = z.strictObject({
  id: readOnly,
  ...readOnlyTimes,
  organization_id: organizationId,
  type_id: typeId,
  email_type: emailType,
  properties,
})
export const emailPatch = z.strictObject({
  ...emailInput.shape,
  id: sameId,
  type_id: typeId.optional(),
  email_type: emailType.optional(),
  properties: properties.optional().describe('Replaced as a whole'),
})
export const emailOutput = z.object({
  id: z.string().describe('Its id'),
  organization_id: z.string().describe('Whose mail it is'),
  type_id: typeId,
  email_type: emailType,
  properties,
  ...outputTimes,
})

const asked = {
  organization_id: organizationId,
  language: languageTag.default('en').describe('`de-AT` finds `de`'),
  parameters: z
    .record(z.string(), z.string().max(MAX_PARAMETER))
    .default({})
    .describe('What is put in; made up where it is missing'),
}
export const storedPreviewInput = z.strictObject(asked)
export const previewInput = z.strictObject({
  ...asked,
  type_id: typeId.optional(),
  email_type: emailType,
  properties: properties.optional().describe('A draft; without it, what the organization sends now'),
})
export const previewOutput = z.object({
  subject: z.string(),
  html: z.string().describe('The whole document'),
  text: z.string().describe('The same for mail programs without HTML'),
})
