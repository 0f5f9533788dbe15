/** How many mails to sign in leave: to one address, by one sender, and from one organization to anybody. */
import type { Logger } from 'pino'
import { countTries, perAddress, perSender, senderOf, throttle, tooOften } from '../access/throttle.ts'
import type { Vault } from '../access/vault.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../store/database.ts'

const HOUR_SECONDS = 3600
/** Above what people who sign in by themselves make of it, below what would ruin a sender's name with mail servers. */
export const DEFAULT_SIGN_IN_MAILS_AN_HOUR = 1000

export interface MailLimits {
  /**
   * Counts one more, whoever the address belongs to; throws too_many_requests. The organization's own count is for senders
   * who are many: each stays below its bound, and together they would mail thousands of strangers.
   */
  take(asking: { organizationId: string; email: string; ip: string }): Promise<void>
}

interface MailLimitsGround {
  db: Database
  vault: Vault
  log: Logger
  metrics: Metrics
}

export const createMailLimits = (
  { db, vault, log, metrics }: MailLimitsGround,
  mailsAnHour: number,
): MailLimits => ({
  async take({ organizationId, email, ip }) {
    await throttle(db, vault, organizationId, `mails by ${senderOf(ip)}`, perSender)
    await throttle(db, vault, organizationId, `mails to ${email.toLowerCase()}`, perAddress)
    const all = { subject: 'mails to anybody', seconds: HOUR_SECONDS }
    const { taken, secondsLeft } = await countTries(db, vault, organizationId, all)
    if (taken <= mailsAnHour) return
    metrics.signInMailsRefused.inc()
    // Once an hour: whoever sends too many would fill the log too.
    if (taken === mailsAnHour + 1)
      log.warn({ organizationId, mailsAnHour }, 'an organization sends no more mails to sign in this hour')
    throw tooOften(secondsLeft)
  },
})
