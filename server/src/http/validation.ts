/** zod at the edge: every issue becomes a path and a sentence. */
import type { z } from 'zod'
import { invalid, type Refusal } from './errors.ts'

type Issues = z.core.$ZodIssue[]

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

/** zod calls it "expected string, received undefined"; the issue itself does not say that nothing was there. */
const messageOf = ({ code, message }: z.core.$ZodIssue): string =>
  code === 'invalid_type' && message.endsWith('received undefined') ? 'is missing' : message

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
