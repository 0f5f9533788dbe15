/** Mails that are to be sent: written in the transaction that makes them due, rendered there, sent by `sender.ts`. */
import { type RawBuilder, sql } from 'kysely'
import { newId } from '../access/ids.ts'
import { invalid } from '../http/errors.ts'
import type { Runner } from '../store/database.ts'
import { languageTag, mailAddress } from './emails.schema.ts'
import { wordsOf } from './emails.ts'
import { render } from './render.ts'
import { parametersOf, type TemplateId, templates } from './templates.ts'

export interface Mail {
  organizationId: string
  templateId: TemplateId
  /** One address. */
  to: string
  /** `de-AT` finds `de`; without a text in it English is taken. */
  language: string
  /** Each that the template takes; inserted escaped. */
  parameters: Record<string, string>
  /** RFC 8058: adds List-Unsubscribe and List-Unsubscribe-Post. */
  unsubscribeUrl?: string
  /** Whom it is about, where that is not the address: it is removed when the person is erased. */
  organizationUserId?: string
  /** The event that it asks to confirm: it is not sent any more once that does not wait. */
  eventId?: string
  /** Why it is not sent after all. The row is written all the same, without content: nobody can tell by the time it takes. */
  withheld?: string | undefined
}

/**
 * In the caller's transaction: it is sent if and only if that commits. Resolves with the mail's id.
 * Rendered now: what a template becomes later changes no mail that somebody was promised.
 */
export async function enqueue(runner: Runner, mail: Mail): Promise<string> {
  const { organizationId, templateId, to, parameters } = mail
  if (!mailAddress.safeParse(to).success) throw invalid({ to: 'is not an e-mail address' })
  refuseOtherParameters(templateId, parameters)
  const { name, properties } = await wordsOf(runner, organizationId, templateId)
  const asked = languageTag.safeParse(mail.language).data ?? 'en'
  const rendered = render(templateId, properties, asked, {
    ...parameters,
    organization_name: name,
  })
  const id = newId()
  const isWithheld = mail.withheld !== undefined
  const { subject, html, text } = isWithheld ? { subject: '', html: '', text: '' } : rendered
  const now = sql`now()`
  await sql`
    insert into mails (organization_id, id, email_type, organization_user_id, recipient, language, subject, html, body,
      reply_to, unsubscribe_url, event_id, expires_at, state, due_at, settled_at, reason)
    values (${organizationId}, ${id}, ${templateId}, ${mail.organizationUserId ?? to}, ${to}, ${rendered.language},
      ${subject}, ${html}, ${text}, ${properties?.reply_to ?? []}, ${mail.unsubscribeUrl ?? null},
      ${mail.eventId ?? null}, ${now} + ${templates[templateId].usefulSeconds} * interval '1 second',
      ${isWithheld ? 'failed' : 'waiting'}, ${isWithheld ? null : now}, ${isWithheld ? now : null},
      ${mail.withheld ?? null})`.execute(runner)
  return id
}

function refuseOtherParameters(id: TemplateId, given: Readonly<Record<string, string>>): void {
  const known = parametersOf(id)
  const errors = [
    ...known
      .filter(name => given[name] === undefined)
      .map(name => [`parameters.${name}`, 'is missing'] as const),
    ...Object.keys(given)
      .filter(name => !known.includes(name))
      .map(name => [`parameters.${name}`, `is not a parameter of ${id}`] as const),
  ]
  if (errors.length > 0) throw invalid(Object.fromEntries(errors))
}

/** Part of the end of an event's wait. */
export const withdrawMails = (runner: Runner, organizationId: string, eventId: string): Promise<void> =>
  withdraw(
    runner,
    organizationId,
    'what it asks to confirm does not wait any more',
    sql`event_id = ${eventId}`,
  )

/** In the transaction of a mail that makes those before it worth nothing. */
export const withdrawOlder = (
  runner: Runner,
  { organizationId, templateId, to }: Pick<Mail, 'organizationId' | 'templateId' | 'to'>,
): Promise<void> =>
  withdraw(
    runner,
    organizationId,
    'a newer one took its place',
    sql`lower(recipient) = lower(${to}) and email_type = ${templateId}`,
  )

async function withdraw(
  runner: Runner,
  organizationId: string,
  reason: string,
  which: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    update mails set state = 'failed', reason = ${reason}, lease = null, due_at = null, settled_at = now()
    where organization_id = ${organizationId} and due_at is not null and ${which}`.execute(runner)
}

/** Part of the erasure of a person. */
export async function forgetMails(
  runner: Runner,
  organizationId: string,
  organizationUserId: string,
): Promise<void> {
  await sql`
    delete from mails
    where organization_id = ${organizationId}
      and (organization_user_id = ${organizationUserId} or lower(recipient) = lower(${organizationUserId}))`.execute(
    runner,
  )
}
