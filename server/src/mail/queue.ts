/** The outbox as its sender works through it: claim one, settle it; any number of nodes at once. */
import { sql } from 'kysely'
import { newId } from '../access/ids.ts'
import type { Runner } from '../store/database.ts'

/** Longer than a server may take for one mail; afterwards somebody else takes it. */
const LEASE_SECONDS = 120
const FIRST_WAIT_SECONDS = 5
const LONGEST_WAIT_SECONDS = 1800

export interface DueMail {
  organization_id: string
  id: string
  email_type: string
  /** That it asks to confirm. */
  event_id: string | null
  recipient: string
  subject: string
  html: string
  body: string
  reply_to: string[]
  unsubscribe_url: string | null
  lease: string
  attempts: number
  /** Of no use any more. */
  expired: boolean
}

/** The longest due mail, also one that was held while there was no server. */
export async function claimMail(runner: Runner): Promise<DueMail | undefined> {
  const { rows } = await sql<DueMail>`
    with next as (
      select organization_id, id from mails
      where due_at <= now()
      order by due_at limit 1
      for update skip locked
    )
    update mails m
    set state = 'waiting', lease = ${newId()}, due_at = now() + ${LEASE_SECONDS} * interval '1 second', attempts = attempts + 1
    from next
    where m.organization_id = next.organization_id and m.id = next.id
    returning m.organization_id, m.id, m.email_type, m.event_id, m.recipient, m.subject, m.html, m.body, m.reply_to,
      m.unsubscribe_url, m.lease, m.attempts, m.expires_at <= now() as expired`.execute(runner)
  return rows[0]
}

const heldBy = ({ organization_id, id, lease }: DueMail) =>
  sql`organization_id = ${organization_id} and id = ${id} and lease = ${lease}`

interface Settled {
  /** Why it was not sent; absent: it was. */
  reason?: string
  /** What it said stays until it is removed. */
  keepsContent: boolean
}

export async function settleMail(
  runner: Runner,
  mail: DueMail,
  { reason, keepsContent }: Settled,
): Promise<void> {
  await sql`
    update mails
    set ${keepsContent ? sql`` : sql`${withoutContent},`}
      state = ${reason === undefined ? 'sent' : 'failed'}, reason = ${reason ?? null}, lease = null, due_at = null,
      settled_at = now()
    where ${heldBy(mail)}`.execute(runner)
}

/** It held codes, links and choices; to whom it went, when and how it ended is all that is of use afterwards. */
const withoutContent = sql`subject = '', html = '', body = '', unsubscribe_url = null`

/** Of those that ended without being taken up: withdrawn, or of no use any more. */
export async function removeOldContent(runner: Runner): Promise<void> {
  await sql`
    update mails set ${withoutContent}
    where (due_at is null or expires_at < now()) and html <> ''`.execute(runner)
}

/** Half of the wait is random, so that what failed together does not come back together. */
export async function postponeMail(runner: Runner, mail: DueMail, reason: string): Promise<void> {
  await sql`
    update mails
    set reason = ${reason}, lease = null, due_at = now() + interval '1 second' * (0.5 + random() / 2)
      * least(${LONGEST_WAIT_SECONDS}::int, ${FIRST_WAIT_SECONDS}::int * 2 ^ least(attempts - 1, 20))
    where ${heldBy(mail)}`.execute(runner)
}

/** Once the server is there again, what waited for it alone waits no longer; what it answered itself begins with its code. */
export async function hurryMails(runner: Runner): Promise<void> {
  await sql`
    update mails set due_at = now()
    where due_at > now() and lease is null and state = 'waiting' and reason !~ '^[0-9]'`.execute(runner)
}

/** On a node without a server: what waits is shown as held. A node that has one takes it all the same. */
export async function holdMails(runner: Runner): Promise<void> {
  await sql`update mails set state = 'held' where state = 'waiting' and due_at <= now()`.execute(runner)
}

/** What was never sent counts from when it would have been of no use. */
export async function removeOldMails(runner: Runner, retentionDays: number): Promise<void> {
  await sql`
    delete from mails
    where created_at < now() - ${retentionDays} * interval '1 day'
      and coalesce(settled_at, expires_at) < now() - ${retentionDays} * interval '1 day'`.execute(runner)
}
