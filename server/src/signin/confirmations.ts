/** Asks people by mail to confirm what waits for them, and lets go of what they did not confirm in time. */
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Vault } from '../access/vault.ts'
import { Refusal } from '../http/errors.ts'
import { fill } from '../http/texts.ts'
import { enqueue } from '../mail/outbox.ts'
import type { TemplateId } from '../mail/templates.ts'
import { countMailsToday, MAX_MAILS_A_DAY } from '../record/confirmations.ts'
import { readStanding } from '../record/log.ts'
import { deleteEvent } from '../record/revise.ts'
import { type Database, inTransaction, isOutage, type Runner, sqlState } from '../store/database.ts'
import { createLink } from './links.ts'
import { statementsOf, type WordingGround } from './statement.ts'
import { textsIn } from './texts.ts'

export interface ConfirmationGround extends WordingGround {
  db: Database
  vault: Vault
  log: Logger
  publicUrl(): string
  /** After a change that may have made something due. */
  onOwed(): void
}

const CONFIRMATION = 'confirmation'
const AT_A_TIME = 100

/** Whom a mail asks to confirm what. */
export interface Asked {
  organization_id: string
  event_id: string
  organization_user_id: string
  recipient: string
  language: string | null
}

export async function mailDueConfirmations(ground: ConfirmationGround): Promise<void> {
  while (await inTransaction(ground.db, trx => mailOne(ground, trx)));
}

async function mailOne(ground: ConfirmationGround, trx: Runner): Promise<boolean> {
  const { rows } = await sql<Asked & { confirmation_days: number }>`
    select c.organization_id, c.event_id, c.organization_user_id, c.recipient, c.language, o.confirmation_days
    from confirmations c join organizations o on o.id = c.organization_id
    where c.mailed_at is null
    order by c.created_at, c.event_id
    limit 1
    for update of c skip locked`.execute(trx)
  const [due] = rows
  if (!due) return false
  const isAsked = await ask(ground, trx, due, 'validation-double-optin', due.confirmation_days * 86_400)
  await sql`
    update confirmations set mailed_at = now(), passed_over = ${!isAsked}, expires_at = now() + ${due.confirmation_days} * interval '1 day'
    where organization_id = ${due.organization_id} and event_id = ${due.event_id}`.execute(trx)
  return true
}

/**
 * In the transaction that notes that it is done: link, mail and note come together or not at all. A mail that cannot be
 * written, or is one too many, is passed over, so that it does not keep back those behind it.
 * @returns whether there is a mail
 */
export async function ask(
  ground: ConfirmationGround,
  trx: Runner,
  due: Asked,
  templateId: TemplateId,
  lifetimeSeconds: number,
): Promise<boolean> {
  const { organization_id: organizationId, event_id: eventId, organization_user_id: organizationUserId } = due
  const whose = { organizationId, organizationUserId }
  await lockMails(trx, whose)
  if ((await countMailsToday(trx, whose)) >= MAX_MAILS_A_DAY) {
    ground.log.warn({ organizationId, eventId }, 'a person was not asked to confirm: too many mails today')
    return false
  }
  return mail(ground, trx, due, templateId, lifetimeSeconds).then(
    () => true,
    error => {
      // The database's faults end the transaction; whatever else is wrong with one mail would keep back everybody's.
      if (sqlState(error) !== undefined || isOutage(error)) throw error
      ground.log.error({ err: error, organizationId, eventId }, 'a person could not be asked to confirm')
      return false
    },
  )
}

/** Nodes that mail at one time count each other's. */
async function lockMails(
  trx: Runner,
  { organizationId, organizationUserId }: { organizationId: string; organizationUserId: string },
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${organizationId}\n${organizationUserId}`}, 0))`.execute(
    trx,
  )
}

async function mail(
  ground: ConfirmationGround,
  trx: Runner,
  due: Asked,
  templateId: TemplateId,
  lifetimeSeconds: number,
): Promise<void> {
  const { organization_id: organizationId, event_id: eventId, language } = due
  const { token } = await createLink(trx, ground.vault, {
    organizationId,
    organizationUserId: due.organization_user_id,
    action: 'event.update',
    eventId,
    event: { id: eventId, status: 'confirmed' },
    language: language ?? undefined,
    createdBy: CONFIRMATION,
    lifetimeSeconds,
  })
  await enqueue(trx, {
    organizationId,
    templateId,
    to: due.recipient,
    language: language ?? 'en',
    parameters: {
      list: await listOf(ground, trx, due),
      url: `${ground.publicUrl()}/v1/consents/links/${token}`,
    },
    eventId,
  })
}

/** What is to be confirmed, as the page behind the mail's link says it. */
async function listOf(
  ground: ConfirmationGround,
  trx: Runner,
  { organization_id: organizationId, event_id: id, language: asked }: Asked,
): Promise<string> {
  const [event] = await readStanding(trx, [{ organizationId, id }])
  const { language, say } = textsIn(asked ?? 'en')
  const statements = await statementsOf(trx, ground, { organizationId, body: event?.body ?? {}, language })
  return statements.map(({ says, name }) => fill(say[says], { name })).join('\n')
}

/** Whatever was confirmed meanwhile stays: the event is let go of only while it is pending. */
export async function expireConfirmations({ db, vault, onOwed }: ConfirmationGround): Promise<void> {
  const { rows } = await sql<{ organization_id: string; event_id: string }>`
    select organization_id, event_id from confirmations
    where mailed_at is not null and expires_at < now()
    order by expires_at
    limit ${AT_A_TIME}`.execute(db)
  for (const { organization_id: organizationId, event_id: id } of rows) {
    const revision = { organizationId, keyId: CONFIRMATION, id, digest: vault.digest(''), delivers: true }
    await deleteEvent(db, revision, 'pending_approval').catch(error => {
      if (!(error instanceof Refusal) || error.kind !== 'not_found') throw error
    })
    await sql`
      delete from confirmations where organization_id = ${organizationId} and event_id = ${id}`.execute(db)
  }
  if (rows.length > 0) onOwed()
}
