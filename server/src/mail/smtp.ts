/** The mail server: hands one mail over and says what became of it. */
import { createTransport, type NodemailerError } from 'nodemailer'
import type { DueMail } from './queue.ts'

const CONNECTION_TIMEOUT_MS = 10_000
const IDLE_TIMEOUT_MS = 30_000
/** For one mail, all in all: shorter than the lease. */
const MAIL_TIMEOUT_MS = 60_000
const REASON_LENGTH = 500

type Outcome =
  | { kind: 'sent' }
  | {
      /** The server will never take it; or it may take it later. */
      kind: 'refused' | 'later'
      reason: string
      /** What a log may hold: the server's words can repeat the address. */
      loggable: { code?: string | undefined; command?: string | undefined; responseCode?: number | undefined }
    }

export interface MailServer {
  send(mail: DueMail): Promise<Outcome>
  close(): void
}

/**
 * @param url smtp://user:password@host:port or smtps://
 * @param from who the mails come from: `Name <address>`
 */
export function createMailServer(url: string, from: string, connections: number): MailServer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: connections,
    // A mail whose connection broke may have been taken: the outbox decides when it is tried again.
    maxRequeues: 0,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    greetingTimeout: CONNECTION_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^\s>]+)>?$/.exec(from)?.[1] ?? 'localhost'
  return {
    async send(mail) {
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: mail.recipient },
          replyTo: mail.reply_to.map(address => ({ name: '', address })),
          subject: mail.subject,
          html: mail.html,
          text: mail.body,
          // The same at every attempt: who gets it twice sees it once.
          messageId: `<${mail.id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated', ...unsubscribeHeaders(mail.unsubscribe_url) },
          signal: AbortSignal.timeout(MAIL_TIMEOUT_MS),
        })
        return { kind: 'sent' }
      } catch (error) {
        return outcomeOf(error as NodemailerError)
      }
    },
    close: () => transport.close(),
  }
}

/** RFC 8058: one click in the mail program, without a page. */
const unsubscribeHeaders = (url: string | null) =>
  url === null
    ? {}
    : { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }

/** A refusal of the recipient or the content is final; one of us (sign-in, sender) is the operator's to mend. */
function outcomeOf(error: NodemailerError): Outcome {
  const { code, command, responseCode } = error
  const isFinal = error.permanent === true && (command === 'RCPT TO' || command === 'DATA')
  return {
    kind: isFinal ? 'refused' : 'later',
    reason: (error.response ?? error.message).slice(0, REASON_LENGTH),
    loggable: { code, command, responseCode },
  }
}
