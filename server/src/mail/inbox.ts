/** Mails as somebody reads them who looks into the outbox. */
import { sql } from 'kysely'
import type { Runner } from '../store/database.ts'

interface MailHead {
  id: string
  recipient: string
  subject: string
  state: 'waiting' | 'held' | 'sent' | 'failed'
  created_at: Date
}

export interface MailContent extends MailHead {
  language: string
  html: string
  body: string
  reason: string | null
}

/** Newest first. */
export async function readMails(runner: Runner, organizationId: string, limit: number): Promise<MailHead[]> {
  const { rows } = await sql<MailHead>`
    select id, recipient, subject, state, created_at from mails
    where organization_id = ${organizationId}
    order by created_at desc, id desc limit ${limit}`.execute(runner)
  return rows
}

export async function findMail(
  runner: Runner,
  organizationId: string,
  id: string,
): Promise<MailContent | undefined> {
  const { rows } = await sql<MailContent>`
    select id, recipient, subject, state, created_at, language, html, body, reason from mails
    where organization_id = ${organizationId} and id = ${id}`.execute(runner)
  return rows[0]
}
