/** zod at the edge: every issue becomes a path and a sentence. */
import type { z } from 'zod'
import { invalid, type Refusal } from './errors.ts'

type Issues = z.core.$ZodIssue[]

/** Held against a schema. zod ends in a full stack where it finds more faults than fit there: those are one fault then. */
export function parseBy<T extends z.ZodType>(schema: T, data: unknown): Parsed<z.infer<T>> {
  try {
    const { success, data: value, error } = schema.safeParse(data)
    return success ? { value } : { issues: error.issues }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return {
      issues: [{ code: 'custom', path: [], input: data, message: 'has more faults than can be named' }],
    }
  }
}

type Parsed<T> = { value: T; issues?: undefined } | { issues: Issues }

export const refusalOf = (issues: Issues, prefix = ''): Refusal => invalid(errorsOf(issues, prefix))

/** `[99].consents.purposes[0].id` -> message. An unknown field is named itself, not the object that holds it. */
export function errorsOf(issues: Issues, prefix = ''): Record<string, string> {
  const errors: Record<string, string> = {}
  // The first says more: a text in place of a list is also "too long" for it.
  const add = (path: string, message: string): void => {
    errors[path] ??= message
  }
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys) add(prefix + pathOf([...issue.path, key], prefix), 'is not a known field')
    else if (issue.code === 'invalid_union' && issue.errors.length > 0)
      for (const [path, message] of Object.entries(
        errorsOf(nearest(issue.errors), prefix + pathOf(issue.path, prefix)),
      ))
        add(path, message)
    else add(prefix + pathOf(issue.path, prefix) || 'body', messageOf(issue))
  }
  return errors
}

/** zod's own words in plain ones; what a schema says itself stays. The issue alone does not say that nothing was there. */
export const messageOf = ({ message }: z.core.$ZodIssue): string =>
  message
    .replace(/^Invalid input: expected \w+, received undefined$/, 'is missing')
    .replace(
      /^Invalid input: expected (\w+), received (\w+)$/,
      (_, expected: string, received: string) => `must be ${typeName(expected)}, not ${typeName(received)}`,
    )
    .replace(
      /^Invalid option: expected one of (.+)$/,
      (_, options: string) => `must be one of ${options.replaceAll('|', ', ')}`,
    )
    .replace(
      /^Too (?:small|big): expected \w+ to (be|have) ([<>]=?)/,
      (_, verb: string, sign: string) => `must ${verb} ${BOUNDS[sign]} `,
    )

const typeName = (type: string): string => TYPES[type] ?? type

const TYPES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

const BOUNDS: Record<string, string> = {
  '>=': 'at least',
  '<=': 'at most',
  '>': 'more than',
  '<': 'less than',
}

/** Of a union's alternatives, the one that failed deepest is what the caller meant. */
const nearest = (alternatives: Issues[]): Issues =>
  alternatives.reduce((best, issues) => (depth(issues) > depth(best) ? issues : best))

const depth = (issues: Issues): number => Math.max(0, ...issues.map(issue => issue.path.length))

export function pathOf(path: readonly PropertyKey[], before = ''): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number'
        ? `${text}[${step}]`
        : text || before
          ? `${text}.${String(step)}`
          : String(step),
    '',
  )
}
