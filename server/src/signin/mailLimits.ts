/** How many mails to sign in leave: to one address, by one sender, and from one organization to people it does not know. */
import type { Logger } from 'pino'
import { countTries, perAddress, perSender, senderOf, throttle } from '../access/throttle.ts'
import type { Vault } from '../access/vault.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../store/database.ts'

const HOUR_SECONDS = 3600
/** Above what newcomers make of it, below what would ruin a sender's name with mail servers. */
export const DEFAULT_SIGN_IN_MAILS_AN_HOUR = 1000
/** One sender gets at most this part of what is left: a few leave most of it to others, and it takes a thousand to use it up. */
const SHARE_OF_A_SENDER = 1 / 20

export interface MailLimits {
  /**
   * Counts one more; throws too_many_requests for who asks too often, or for an address that gets too many, whoever has it.
   * The organization's own bound is for senders who are many: together they would mail thousands of strangers. It holds for
   * those alone, so that nobody can keep people from what they have chosen. False: the mail is one too many. That must not
   * show, or it would tell who is known; for the same reason both cost the same work.
   */
  take(asking: Asking): Promise<boolean>
}

interface Asking {
  organizationId: string
  email: string
  /** Of who asks. */
  ip: string
  /** Whether the organization knows somebody by this address. */
  isKnown: boolean
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
  async take({ organizationId, email, ip, isKnown }) {
    const sender = senderOf(ip)
    await throttle(db, vault, organizationId, `mails by ${sender}`, perSender)
    await throttle(db, vault, organizationId, `mails to ${email.toLowerCase()}`, perAddress)
    const count = async (subject: string, count: number) =>
      (await countTries(db, vault, organizationId, { subject, seconds: HOUR_SECONDS, count })).taken
    const subject = `mails to ${isKnown ? 'people' : 'strangers'}`
    const left = mailsAnHour - (await count(subject, 0))
    const bySender = await count(`${subject} by ${sender}`, 1)
    const isShare = bySender <= Math.max(1, left * SHARE_OF_A_SENDER)
    const taken = await count(subject, isShare ? 1 : 0)
    if (isKnown || (isShare && taken <= mailsAnHour)) return true
    metrics.signInMailsRefused.inc()
    // Once an hour: whoever asks for too many would fill the log too.
    if (isShare && taken === mailsAnHour + 1)
      log.warn(
        { organizationId, mailsAnHour },
        'an organization mails no more strangers to sign in this hour',
      )
    return false
  },
})
