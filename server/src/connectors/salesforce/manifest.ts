/** What the integration's request body may hold; whether it fits the org is asked at validation. */
import { z } from 'zod'
import { type Manifest, mappingItem } from '../contract.ts'
import { keyProblem, pemOf } from './key.ts'

const sobject = z.enum(['Lead', 'Contact', 'Account'])
export type SObject = z.infer<typeof sobject>

const fieldName = z.string().regex(/^[A-Za-z]\w{0,254}$/, 'is not an API name of a field')

const orgAddress = z
  .string()
  .transform((text, context) => {
    const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`)
    if (url && (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname && !url.username)
      return url.origin
    context.addIssue({
      code: 'custom',
      message: 'is not an address such as https://acme.my.salesforce.com',
    })
    return z.NEVER
  })
  .describe('The org’s own domain (My Domain); a path behind it is dropped')

const credential = z.string().min(1).max(1024)

interface BySecret {
  url: string
  client_id: string
  client_secret: string
}

export interface ByKey {
  url: string
  client_id: string
  username: string
  private_key: string
  audience?: string
}

export type Authentication = BySecret | ByKey

/**
 * One shape with what either way needs, not a union: its refusals name the field, and a change of the stored one, which
 * is merged field by field, can go from one way to the other (`client_secret: null`).
 */
export const authentication = z
  .strictObject({
    url: orgAddress,
    client_id: credential.describe('Consumer key of the external client app or connected app'),
    client_secret: credential.nullish().describe('Consumer secret: signs in by client credentials'),
    username: credential.nullish().describe('The user to act as: signs in by JWT bearer'),
    private_key: z
      .string()
      .max(16_384)
      .nullish()
      .describe('RSA key (PEM) whose certificate the app holds; with username'),
    audience: z
      .url()
      .nullish()
      .describe('Of the JWT; default https://login.salesforce.com, or test. for a sandbox’s domain'),
  })
  .transform((given, context): Authentication => {
    const { url, client_id, client_secret, username, private_key, audience } = given
    const refuse = (field: keyof typeof given, message: string) => {
      context.addIssue({ code: 'custom', path: [field], message })
      return z.NEVER
    }
    const isByKey = [username, private_key, audience].some(one => typeof one === 'string')
    if (client_secret && isByKey)
      return refuse(
        'client_secret',
        'goes without username, private_key and audience: set to null those of the way that is not used',
      )
    if (!isByKey)
      return client_secret ? { url, client_id, client_secret } : refuse('client_secret', 'is missing')
    if (!username) return refuse('username', 'is missing: a private_key signs in as a user')
    if (!private_key) return refuse('private_key', 'is missing')
    const pem = pemOf(private_key)
    const problem = keyProblem(pem)
    if (problem) return refuse('private_key', problem)
    return { url, client_id, username, private_key: pem, ...(audience ? { audience } : {}) }
  })

export const properties = z.strictObject({
  sobject: z
    .array(sobject)
    .min(1)
    .max(3)
    .refine(objects => new Set(objects).size === objects.length, 'names an object twice')
    .describe('Objects whose records are kept true'),
  match_field: z
    .union([fieldName, z.partialRecord(sobject, fieldName)])
    .optional()
    .describe('Field compared with organization_user_id, for all objects or per object; default Email'),
  create_object: sobject
    .optional()
    .describe('What an unknown person becomes under upsert_mode; default: the first object'),
  defaults: z
    .record(fieldName, z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe('Field values used only when a record is created'),
  regulation: z.string().min(1).max(64).default('gdpr').describe('Whose status is delivered'),
})
export type Properties = z.infer<typeof properties>

export const mapping = mappingItem.extend({
  id: fieldName.describe('Field of the object, by its API name'),
  sobject: sobject.optional().describe('Only for this object'),
})
export type Mapping = z.infer<typeof mapping>

export const manifest: Manifest = {
  id: 'sf-sales-cloud',
  name: 'Salesforce Sales & Service Cloud',
  authentication,
  properties,
  mapping,
  // Two full Composite calls of 5 x 200 rows.
  roundSize: 2_000,
  // Each round costs at least one call of an allowance that whole companies share (often 100,000 a day). At 100 changes a
  // second 70 people share a call, and the median choice is in the org half a second after it was acknowledged.
  roundIntervalMs: 650,
  // A job costs about eight calls whatever its size, and takes minutes during which its people wait.
  bulk: { from: 10_000, roundSize: 10_000 },
}

/**
 * Undefined: this object has no default and none was given. An account stands for a person only where the org has
 * person accounts, which have a field for it.
 */
export function matchFieldOf(
  { match_field }: Properties,
  object: SObject,
  description?: { field(name: string): unknown },
): string | undefined {
  const given = typeof match_field === 'string' ? match_field : match_field?.[object]
  if (given !== undefined || object !== 'Account') return given ?? 'Email'
  return description?.field('PersonEmail') ? 'PersonEmail' : undefined
}

export const createObjectOf = ({ create_object, sobject: [first] }: Properties): SObject =>
  create_object ?? (first as SObject)
