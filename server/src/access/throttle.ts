/** How often somebody may do something. Counted in the database, so that it holds across nodes. */
import { isIPv6 } from 'node:net'
import { sql } from 'kysely'
import { Refusal } from '../http/errors.ts'
import type { Database, Runner } from '../store/database.ts'
import type { Vault } from './vault.ts'

interface Limit {
  times: number
  seconds: number
}

const QUARTER_HOUR = 900
const DAY = 86_400

/** Mails to one address: a code may be tried five times, so a day leaves a guess 100 in a million. */
export const perAddress: readonly Limit[] = [
  { times: 5, seconds: QUARTER_HOUR },
  { times: 20, seconds: DAY },
]
/** A whole office may come from one address. */
export const perSender: readonly Limit[] = [{ times: 60, seconds: QUARTER_HOUR }]

/** Counts one more, or as many as given; throws too_many_requests. Outside any transaction: what was tried counts, also where it failed. */
export async function throttle(
  db: Database,
  vault: Vault,
  organizationId: string,
  subject: string,
  limits: readonly Limit[],
  count = 1,
): Promise<void> {
  for (const { times, seconds } of limits) {
    const { taken, secondsLeft } = await countTries(db, vault, organizationId, { subject, seconds, count })
    if (taken > times) throw tooOften(secondsLeft)
  }
}

/** How many there are by now in the running window, and how long it still runs. */
export async function countTries(
  db: Database,
  vault: Vault,
  organizationId: string,
  { subject, seconds, count = 1 }: { subject: string; seconds: number; count?: number },
): Promise<{ taken: number; secondsLeft: number }> {
  const hash = vault.hashSecret(`throttle\n${seconds}\n${subject}`)
  const { rows } = await sql<{ taken: number; seconds_left: number }>`
    insert into throttles as t (organization_id, subject, taken, ends_at)
    values (${organizationId}, ${hash}, ${count}, now() + ${seconds} * interval '1 second')
    on conflict (organization_id, subject) do update set
      taken = case when t.ends_at <= now() then excluded.taken else least(t.taken + excluded.taken, 1000000000) end,
      ends_at = case when t.ends_at <= now() then excluded.ends_at else t.ends_at end
    returning taken, ceil(extract(epoch from ends_at - now()))::integer as seconds_left`.execute(db)
  const { taken, seconds_left } = rows[0] as { taken: number; seconds_left: number }
  return { taken, secondsLeft: seconds_left }
}

const tooOften = (secondsLeft: number): Refusal =>
  new Refusal(
    'too_many_requests',
    'this was tried too often; try again later',
    {},
    { headers: { 'retry-after': String(secondsLeft) } },
  )

/** Whoever has one IPv6 address has the network of it. */
export const senderOf = (ip: string): string =>
  isIPv6(ip) && !ip.startsWith('::ffff:') ? expanded(ip).slice(0, 4).join(':') : ip

function expanded(ip: string): string[] {
  const [head = '', tail] = (ip.split('%')[0] as string).split('::')
  const before = head.split(':').filter(part => part !== '')
  const after = (tail ?? '').split(':').filter(part => part !== '')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after]
}

export const removeOldThrottles = (runner: Runner) =>
  sql`delete from throttles where ends_at < now()`.execute(runner)
