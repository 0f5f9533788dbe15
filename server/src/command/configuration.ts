/** An integration as a file: read, checked, its credentials taken from the environment. */
import { z } from 'zod'
import { exported, fromEnvironment } from '../deliver/export.ts'

/** What npm writes before the output of a command that was run without `-s`. */
const NPM_BANNER = /^\s*(> .*\n)+/

const SECRET = /secret|private_key|password|token/i

const configurationFile = z.strictObject({
  ...exported.partial({ id: true, upsert_mode: true, daily_call_share: true, audit: true }).shape,
  authentication: z
    .record(z.string(), z.union([fromEnvironment, z.string()]))
    .superRefine((fields, context) => {
      for (const [field, value] of Object.entries(fields))
        if (typeof value === 'string' && SECRET.test(field))
          context.addIssue({
            code: 'custom',
            path: [field],
            message: 'is a secret: name an environment variable, {"$env": "NAME"}',
          })
    }),
})
export type ConfigurationFile = z.infer<typeof configurationFile>

export function parseConfiguration(text: string): ConfigurationFile {
  let value: unknown
  try {
    value = JSON.parse(text.replace(NPM_BANNER, ''))
  } catch (cause) {
    throw new Error(`the file is not JSON: ${(cause as Error).message}`, { cause })
  }
  const parsed = configurationFile.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
}

/** Undefined: none of the variables is set, and what is stored may stay. */
export function credentialsOf(
  { authentication }: ConfigurationFile,
  env: Record<string, string | undefined>,
): Record<string, string> | undefined {
  const named = Object.values(authentication).flatMap(value =>
    typeof value === 'string' ? [] : [value.$env],
  )
  const missing = named.filter(name => !env[name])
  if (named.length > 0 && missing.length === named.length) return undefined
  if (missing.length > 0) throw new Error(`not set in the environment: ${missing.join(', ')}`)
  return Object.fromEntries(
    Object.entries(authentication).map(([field, value]) => [
      field,
      typeof value === 'string' ? value : (env[value.$env] as string),
    ]),
  )
}
