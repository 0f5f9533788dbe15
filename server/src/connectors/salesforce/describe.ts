/** What the org says about its objects: fields, types, what the integration user may do with them. Cached for a while. */
import { z } from 'zod'
import type { Client } from './client.ts'
import { CallError } from './errors.ts'

const fieldAnswer = z.object({
  name: z.string(),
  label: z.string().default(''),
  type: z.string(),
  length: z.number().default(0),
  /** Decimal places of a number. */
  scale: z.number().optional(),
  nillable: z.boolean().default(true),
  createable: z.boolean().default(false),
  updateable: z.boolean().default(false),
  defaultedOnCreate: z.boolean().default(false),
  unique: z.boolean().default(false),
  externalId: z.boolean().default(false),
  /** Can be searched by an index. */
  idLookup: z.boolean().default(false),
  caseSensitive: z.boolean().default(false),
  calculated: z.boolean().default(false),
  filterable: z.boolean().default(true),
  encrypted: z.boolean().default(false),
  restrictedPicklist: z.boolean().default(false),
  /** Objects to whose records it can lead. */
  referenceTo: z.array(z.string()).default([]),
  picklistValues: z.array(z.object({ value: z.string(), active: z.boolean().default(true) })).nullish(),
})

const describeAnswer = z.object({
  name: z.string(),
  createable: z.boolean().default(false),
  updateable: z.boolean().default(false),
  queryable: z.boolean().default(true),
  fields: z.array(fieldAnswer),
})

export type FieldDescription = z.infer<typeof fieldAnswer>

export interface Description {
  name: string
  createable: boolean
  updateable: boolean
  queryable: boolean
  /** API names are compared without regard to case, as Salesforce does. */
  field(name: string): FieldDescription | undefined
  fields: readonly FieldDescription[]
}

export interface Descriptions {
  /** Undefined: the object is not there, or hidden from the integration user. */
  of(object: string, maxAgeMs?: number): Promise<Description | undefined>
  forget(): void
  /** A value did not fit: asked for again after a minute, since somebody may have mended the field by then. */
  doubt(): void
}

const CHANGED = new Set([
  'INVALID_FIELD',
  'INVALID_FIELD_FOR_INSERT_UPDATE',
  'JSON_PARSER_ERROR',
  'INVALID_TYPE',
])
/** Whether a refusal says that the org's fields are not what their description was. */
export const tellsOfChange = (code: string): boolean => CHANGED.has(code)

/** At most 1,440 calls a day and object, should values never fit. */
const DOUBTED_LIFETIME_MS = 60_000

export function createDescriptions(client: Client, now: () => Date, lifetimeMs: number): Descriptions {
  const cache = new Map<
    string,
    { askedAtMs: number; answer: Promise<Description | undefined>; isDoubted?: true }
  >()
  return {
    forget: () => cache.clear(),
    doubt() {
      for (const cached of cache.values()) cached.isDoubted = true
    },
    of(object, maxAgeMs = lifetimeMs) {
      const cached = cache.get(object)
      const nowMs = now().getTime()
      const lifeMs = cached?.isDoubted ? Math.min(maxAgeMs, DOUBTED_LIFETIME_MS) : maxAgeMs
      if (cached && nowMs - cached.askedAtMs < lifeMs) return cached.answer
      const answer = describe(client, object).catch(error => {
        cache.delete(object)
        throw error
      })
      cache.set(object, { askedAtMs: nowMs, answer })
      return answer
    },
  }
}

async function describe(client: Client, object: string): Promise<Description | undefined> {
  const body = await client
    .send('describe', { method: 'GET', path: `/sobjects/${object}/describe` })
    .catch(error => {
      if (error instanceof CallError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_TYPE'))
        return undefined
      throw error
    })
  if (body === undefined) return undefined
  const answer = describeAnswer.safeParse(body)
  if (!answer.success)
    throw new CallError('SERVER_ERROR', `the description of ${object} has an unknown shape`)
  return descriptionOf(answer.data)
}

export function descriptionOf(raw: z.input<typeof describeAnswer>): Description {
  const { name, createable, updateable, queryable, fields } = describeAnswer.parse(raw)
  const byName = new Map(fields.map(field => [field.name.toLowerCase(), field]))
  return {
    name,
    createable,
    updateable,
    queryable,
    fields,
    field: wanted => byName.get(wanted.toLowerCase()),
  }
}

const allowedByField = new WeakMap<FieldDescription, ReadonlySet<string>>()

/** Undefined: any text is allowed. Inactive values are refused by a restricted picklist. Asked for each value of a round. */
export function allowedValues(field: FieldDescription): ReadonlySet<string> | undefined {
  if (!field.restrictedPicklist) return undefined
  let allowed = allowedByField.get(field)
  if (!allowed) {
    const active = (field.picklistValues ?? []).filter(({ active }) => active)
    allowed = new Set(active.map(({ value }) => value))
    allowedByField.set(field, allowed)
  }
  return allowed
}

export const isPicklist = ({ type }: FieldDescription): boolean => type === 'picklist' || type === 'combobox'
