/** What the environment sets. A wrong value stops the start with one line that names it. */

import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { type DailyLimits, defaultDailyLimits } from './access/personLimits.ts'
import { messageOf } from './http/validation.ts'
import { DEFAULT_SIGN_IN_MAILS_AN_HOUR } from './signin/mailLimits.ts'

const onOff = z.enum(['on', 'off'])
const aDay = z.coerce.number().int().min(1).max(1_000_000)
const nonEmpty = z.string().min(1)

const environment = z.object({
  PORT: z.coerce.number('takes a number').int().min(0).max(65535).default(8080),
  HOST: nonEmpty.default('127.0.0.1'),
  DATA_DIR: nonEmpty.optional(),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'takes postgresql://user:password@host/database' })
    .optional(),
  HEED_ORGANIZATION: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'takes letters, digits, _ and -')
    .optional(),
  HEED_API_KEY: z.string().min(1).max(128).optional(),
  HEED_API_SECRET: z.string().min(8, 'takes 8 characters or more').max(256).optional(),
  HEED_SAMPLE: onOff.optional(),
  HEED_SECRET_KEY: z
    .string()
    .refine(text => Buffer.from(text, 'base64').length === 32, 'takes 32 bytes in base64')
    .optional(),
  HEED_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'takes https://host' }).optional(),
  HEED_ALLOWED_HOSTS: z.string().default(''),
  HEED_TRUSTED_PROXIES: z
    .string()
    .regex(/^[0-9a-fA-F:./,\s]*$/, 'takes addresses or networks such as 10.0.0.0/8, joined by commas')
    .default(''),
  HEED_RATE_LIMIT: z
    .string()
    .regex(/^(off|[1-9]\d*\/[1-9]\d*)$/, "takes REQUESTS/SECONDS, such as 100/15, or 'off'")
    .default('100/15'),
  HEED_WITHDRAWAL_THRESHOLD_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400 * 30)
    .default(900),
  HEED_LOOK_SECONDS: z.coerce.number().int().min(10).max(86_400).default(300),
  HEED_SMTP_URL: z
    .url({ protocol: /^smtps?$/, hostname: /./, error: 'takes smtp://user:password@host:port or smtps://' })
    .optional(),
  HEED_MAIL_FROM: z
    .string()
    .regex(/^([^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, 'takes Name <address>')
    .optional(),
  HEED_MAIL_RETENTION_DAYS: z.coerce.number().int().min(1).max(365).default(7),
  HEED_PERSON_EVENTS_A_DAY: aDay.default(defaultDailyLimits.events),
  HEED_PERSON_PROOFS_A_DAY: aDay.default(defaultDailyLimits.proofs),
  HEED_PERSON_COPIES_A_DAY: aDay.default(defaultDailyLimits.copies),
  HEED_SIGN_IN_MAILS_AN_HOUR: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(DEFAULT_SIGN_IN_MAILS_AN_HOUR),
  HEED_UNNAMED_PROOF_DAYS: z.coerce.number().int().min(1).max(365).default(7),
  HEED_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

export interface RateLimit {
  requests: number
  windowSeconds: number
}

export interface Settings {
  /** 0 takes any free port. */
  port: number
  host: string
  dataDir: string
  /** Absent: the embedded server. */
  databaseUrl: string | undefined
  bootstrap: { organization: string; key: string; secret: string } | undefined
  sample: boolean
  /** 32 bytes; absent: generated in the data directory. */
  secretKey: Buffer | undefined
  /** Absent: the address that Heed listens at. */
  publicUrl: string | undefined
  /** `host` or `host:port` that outbound calls may reach although private, and over plain http. */
  allowedHosts: readonly string[]
  /** Addresses or networks whose `X-Forwarded-For` says who calls. */
  trustedProxies: readonly string[]
  rateLimit: RateLimit | undefined
  /** From this age on a withdrawal that is still on its way turns `/ready` yellow. */
  withdrawalThresholdSeconds: number
  /** Between two looks for records that appeared in a target. */
  lookEverySeconds: number
  mail: {
    /** Absent: nothing is sent. */
    smtpUrl: string | undefined
    from: string
    /** How long a mail is kept after it was sent. */
    retentionDays: number
    /** The sample's mailbox shows what was sent. */
    keepsContent: boolean
  }
  /** What a person's token may do in a day. */
  dailyLimits: DailyLimits
  /** To people whom one organization does not know. */
  signInMailsAnHour: number
  /** How long an uploaded proof waits for an event that names it. */
  unnamedProofDays: number
  logLevel: string
}

export class SettingError extends Error {
  override name = 'SettingError'
}

export function readSettings(env: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new SettingError(issue ? `${issue.path.join('.')}: ${messageOf(issue)}` : '')
  }
  const e = parsed.data
  if (e.DATABASE_URL && !e.HEED_SECRET_KEY)
    throw new SettingError('HEED_SECRET_KEY: must be given together with DATABASE_URL (32 bytes in base64)')
  const sample = e.HEED_SAMPLE
    ? e.HEED_SAMPLE === 'on'
    : !(e.DATABASE_URL || e.HEED_ORGANIZATION || e.HEED_API_KEY || e.HEED_API_SECRET)
  return {
    port: e.PORT,
    host: e.HOST,
    dataDir: dataDir(e),
    databaseUrl: e.DATABASE_URL,
    bootstrap: bootstrap(e.HEED_ORGANIZATION, e.HEED_API_KEY, e.HEED_API_SECRET),
    sample,
    secretKey: e.HEED_SECRET_KEY ? Buffer.from(e.HEED_SECRET_KEY, 'base64') : undefined,
    publicUrl: e.HEED_PUBLIC_URL?.replace(/\/+$/, ''),
    allowedHosts: listOf(e.HEED_ALLOWED_HOSTS.toLowerCase()),
    trustedProxies: listOf(e.HEED_TRUSTED_PROXIES),
    rateLimit: rateLimit(e.HEED_RATE_LIMIT),
    withdrawalThresholdSeconds: e.HEED_WITHDRAWAL_THRESHOLD_SECONDS,
    lookEverySeconds: e.HEED_LOOK_SECONDS,
    mail: {
      smtpUrl: e.HEED_SMTP_URL,
      from: e.HEED_MAIL_FROM ?? `Heed <no-reply@${hostOf(e.HEED_PUBLIC_URL) ?? e.HOST}>`,
      retentionDays: e.HEED_MAIL_RETENTION_DAYS,
      keepsContent: sample,
    },
    dailyLimits: {
      events: e.HEED_PERSON_EVENTS_A_DAY,
      proofs: e.HEED_PERSON_PROOFS_A_DAY,
      copies: e.HEED_PERSON_COPIES_A_DAY,
    },
    signInMailsAnHour: e.HEED_SIGN_IN_MAILS_AN_HOUR,
    unnamedProofDays: e.HEED_UNNAMED_PROOF_DAYS,
    logLevel: e.HEED_LOG_LEVEL,
  }
}

const hostOf = (url: string | undefined): string | undefined => url && new URL(url).hostname

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

function bootstrap(organization?: string, key?: string, secret?: string): Settings['bootstrap'] {
  if (!organization && !key && !secret) return undefined
  if (organization && key && secret) return { organization, key, secret }
  const missing = Object.entries({
    HEED_ORGANIZATION: organization,
    HEED_API_KEY: key,
    HEED_API_SECRET: secret,
  })
    .filter(([, value]) => !value)
    .map(([name]) => name)
  throw new SettingError(
    `${missing[0]}: must be given too: the three of HEED_ORGANIZATION, HEED_API_KEY and HEED_API_SECRET go together`,
  )
}

function rateLimit(text: string): RateLimit | undefined {
  if (text === 'off') return undefined
  const [requests, windowSeconds] = text.split('/').map(Number) as [number, number]
  return { requests, windowSeconds }
}

/**
 * As root the embedded server runs as an unprivileged user, who must be able to reach its files:
 * below a directory that only root can enter, `./data` cannot serve.
 */
function dataDir({ DATA_DIR, DATABASE_URL }: z.infer<typeof environment>): string {
  const here = resolve(DATA_DIR ?? 'data')
  const closed = process.getuid?.() === 0 ? closedAbove(here) : undefined
  if (closed === undefined || DATABASE_URL !== undefined) return here
  if (DATA_DIR === undefined) return '/var/lib/heed'
  throw new SettingError(
    `DATA_DIR: as root the database runs as an unprivileged user, who cannot enter ${closed}: chmod o+x it, or choose another`,
  )
}

/** The nearest directory on the way to this one that only its owner and group can enter. */
export function closedAbove(path: string): string | undefined {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return at
    if (at === dirname(at)) return undefined
  }
}
