/** Sends what is due, one mail after the other in a few loops, on every node. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Metrics } from '../observe/metrics.ts'
import type { Database } from '../store/database.ts'
import {
  claimMail,
  type DueMail,
  holdMails,
  hurryMails,
  postponeMail,
  removeOldContent,
  removeOldMails,
  settleMail,
} from './queue.ts'
import { createMailServer, type MailServer } from './smtp.ts'

const LOOPS = 4
const POLL_MS = 1_000
const CLEAN_EVERY_MS = 3600_000
/** A server that does not answer must not keep Heed from stopping. */
const STOP_TIMEOUT_MS = 5_000

export interface SenderSettings {
  /** Absent: nothing is sent, mails are held. */
  smtpUrl?: string | undefined
  from: string
  retentionDays: number
  /** What a mail said stays as long as the mail. Default: it goes once it was sent. */
  keepsContent?: boolean
}

interface SenderGround {
  db: Database
  log: Logger
  metrics: Metrics
  /** Asked as late as can be: what has happened since it was written may have made it unwelcome. */
  isUnwanted?(mail: DueMail): Promise<boolean>
}

export interface Sender {
  stop(): Promise<void>
}

export function startSender(ground: SenderGround, settings: SenderSettings): Sender {
  const { db, log } = ground
  const stopping = new AbortController()
  const { signal } = stopping
  const keepsContent = settings.keepsContent ?? false
  const server = settings.smtpUrl ? createMailServer(settings.smtpUrl, settings.from, LOOPS) : undefined

  /** @param work says whether there was something to do */
  async function repeat(work: () => Promise<boolean>, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      const didSomething = await work().catch(error => {
        if (!signal.aborted) log.error({ err: error }, 'the outbox of mails could not be worked on')
        return false
      })
      if (!didSomething) await pause(everyMs, undefined, { ref: false, signal }).catch(() => undefined)
    }
  }
  const nothingLeft = (done: Promise<void>) => done.then(() => false)
  const loops = [
    ...(server
      ? Array.from({ length: LOOPS }, () => repeat(() => sendOnce(ground, server, keepsContent), POLL_MS))
      : [repeat(() => nothingLeft(holdMails(db)), POLL_MS)]),
    repeat(() => nothingLeft(removeOldMails(db, settings.retentionDays)), CLEAN_EVERY_MS),
    ...(keepsContent ? [] : [repeat(() => nothingLeft(removeOldContent(db)), CLEAN_EVERY_MS)]),
  ]
  return {
    async stop() {
      stopping.abort()
      await Promise.race([Promise.all(loops), pause(STOP_TIMEOUT_MS, undefined, { ref: false })])
      server?.close()
    },
  }
}

async function sendOnce(
  { db, log, metrics, isUnwanted }: SenderGround,
  server: MailServer,
  keepsContent: boolean,
): Promise<boolean> {
  const mail = await claimMail(db)
  if (!mail) return false
  if (await isUnwanted?.(mail)) {
    await settleMail(db, mail, { reason: 'was not wanted any more when it could be sent', keepsContent })
    return true
  }
  const outcome = mail.expired
    ? ({ kind: 'refused', reason: 'was of no use any more when it could be sent', loggable: {} } as const)
    : await server.send(mail)
  const about = { mail: mail.id, organization: mail.organization_id, attempts: mail.attempts }
  if (outcome.kind === 'sent') {
    await settleMail(db, mail, { keepsContent })
    if (mail.attempts > 1) await hurryMails(db)
    metrics.mailsSent.inc()
  } else if (outcome.kind === 'refused') {
    await settleMail(db, mail, { reason: outcome.reason, keepsContent })
    metrics.mailsFailed.inc()
    log.warn({ ...about, ...outcome.loggable, expired: mail.expired }, 'a mail was not sent')
  } else {
    await postponeMail(db, mail, outcome.reason)
    log.warn({ ...about, ...outcome.loggable }, 'a mail could not be sent yet')
  }
  return true
}
