/** Lists as the public API has them: `$limit`, `$skip`, `$sort[field]=1|-1`, `field=value`, `{total,limit,skip,data}`. */
import { z } from 'zod'
import { invalid } from './errors.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

export interface Page<T> {
  total: number
  limit: number
  skip: number
  data: T[]
}

const wholeNumber = z.coerce.number().int().min(0)

export const listQuery = z.looseObject({
  organization_id: z.string().optional().describe('The organization; defaults to the one of the token'),
  $limit: wholeNumber.max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('Number of results'),
  $skip: wholeNumber.default(0).describe('Number of results to skip'),
  $sort: z
    .record(
      z.string(),
      z.coerce.number().refine(n => n === 1 || n === -1, 'takes 1 or -1'),
    )
    .optional()
    .describe('1 ascending, -1 descending'),
})
export type ListQuery = z.infer<typeof listQuery>

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ total: z.number(), limit: z.number(), skip: z.number(), data: z.array(item) })

/** Operators of the public API: `field=a`, `field[$in]=a&field[$in]=b`, `field[$gte]=`, `field[$lte]=` ... */
type Operator = '$in' | '$nin' | '$gt' | '$gte' | '$lt' | '$lte' | '$ne'
const operators: Record<Operator, (value: unknown, given: unknown) => boolean> = {
  $in: (value, given) => list(given).includes(String(value)),
  $nin: (value, given) => !list(given).includes(String(value)),
  $gt: (value, given) => compare(value, given) > 0,
  $gte: (value, given) => compare(value, given) >= 0,
  $lt: (value, given) => compare(value, given) < 0,
  $lte: (value, given) => compare(value, given) <= 0,
  $ne: (value, given) => String(value) !== String(given),
}
const list = (given: unknown): string[] => (Array.isArray(given) ? given : [given]).map(String)

/**
 * One page of a list that fits in memory (the library, keys, integrations: hundreds).
 * @param query a parsed `listQuery`; filters on fields that items do not have are refused
 * @param fields what may be filtered and sorted by
 */
export function pageInMemory<T extends object>(
  all: readonly T[],
  query: ListQuery,
  fields: readonly (keyof T & string)[],
): Page<T> {
  const { organization_id: _, $limit, $skip, $sort, ...filters } = query
  let found = [...all]
  for (const [name, given] of Object.entries(filters)) {
    if (name === '$translations' || name === '$with') continue
    const field = fields.find(known => known === name)
    if (!field)
      throw invalid({ [name]: name.startsWith('$') ? 'is not a known operator' : 'cannot be filtered by' })
    found = found.filter(matcher(name, given, field))
  }
  for (const [name, direction] of Object.entries($sort ?? {}).reverse()) {
    const field = fields.find(known => known === name)
    if (!field) throw invalid({ [`$sort.${name}`]: 'cannot be sorted by' })
    found.sort((a, b) => direction * compare(a[field], b[field]))
  }
  return { total: found.length, limit: $limit, skip: $skip, data: found.slice($skip, $skip + $limit) }
}

function matcher<T extends object>(name: string, given: unknown, field: keyof T): (item: T) => boolean {
  if (typeof given !== 'object' || given === null) return item => String(item[field]) === String(given)
  if (Array.isArray(given)) return item => list(given).includes(String(item[field]))
  const tests = Object.entries(given).map(([operator, wanted]) => {
    if (!(operator in operators)) throw invalid({ [`${name}.${operator}`]: 'is not a known operator' })
    return (item: T) => operators[operator as Operator](item[field], wanted)
  })
  return item => tests.every(test => test(item))
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** @param b of the same field, or as a query says it */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number') return a - Number(b)
  const [left, right] = [String(a), String(b)]
  if (TIME.test(left)) return Date.parse(left) - Date.parse(right)
  return left < right ? -1 : left > right ? 1 : 0
}
