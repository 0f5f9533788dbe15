/** Puts the rooms together: one Heed on one database. `main.ts` starts and stops it; tests build it the same way. */
import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { Dispatcher } from 'undici'
import { guard } from './access/guard.ts'
import { createPersonLimits, type DailyLimits, defaultDailyLimits } from './access/personLimits.ts'
import { createPersonTokens } from './access/personTokens.ts'
import { createRate } from './access/rate.ts'
import { accessRoutes } from './access/routes.ts'
import { createTokens } from './access/tokens.ts'
import { createVault } from './access/vault.ts'
import { embeddedRoutes } from './centre/embedded.routes.ts'
import { hostedRoutes } from './centre/hosted.routes.ts'
import { namesShown } from './centre/namesShown.ts'
import { ownRoutes } from './centre/own.routes.ts'
import { themeOf, themeOfWidget } from './centre/themeOf.ts'
import { createIntake } from './collect/intake.ts'
import { proofRoutes } from './collect/proofs.routes.ts'
import { revisionsRoute } from './collect/revisions.routes.ts'
import { collectRoutes } from './collect/routes.ts'
import { usersRoutes } from './collect/users.ts'
import { type Connectors, loadConnectors } from './connectors/registry.ts'
import { startChores } from './deliver/chores.ts'
import { startDeliverer } from './deliver/deliverer.ts'
import { startMaintenance } from './deliver/maintain.ts'
import { oldestWithdrawalSeconds, readGauges } from './deliver/owed.metrics.ts'
import { deliverRoutes } from './deliver/routes.ts'
import { createSessions } from './deliver/sessions.ts'
import { answerOrigins } from './http/cors.ts'
import { createOutbound } from './http/outbound.ts'
import { type App, buildServer } from './http/server.ts'
import { createLibraries } from './library/libraries.ts'
import { libraryRoutes } from './library/routes.ts'
import { emailRoutes } from './mail/emails.routes.ts'
import { readMailGauges } from './mail/mail.metrics.ts'
import type { DueMail } from './mail/queue.ts'
import { type SenderSettings, startSender } from './mail/sender.ts'
import { createMetrics } from './observe/metrics.ts'
import { observeRoutes } from './observe/routes.ts'
import { startRecordChores } from './record/chores.ts'
import { createWriter, GROUPS_AT_A_TIME } from './record/writer.ts'
import type { RateLimit } from './settings.ts'
import { startSigninChores } from './signin/chores.ts'
import { createMailLimits, DEFAULT_SIGN_IN_MAILS_AN_HOUR } from './signin/mailLimits.ts'
import { signinRoutes } from './signin/routes.ts'
import type { WordingGround } from './signin/statement.ts'
import { isUnwanted } from './signin/unwanted.ts'
import { isReachable, type OpenDatabase, openDatabase } from './store/database.ts'
import { isMigrated } from './store/migrate.ts'
import { createDoubleOptIn } from './widgets/doubleOptIn.ts'
import { widgetRoutes } from './widgets/routes.ts'

export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

export interface HeedOptions {
  database: OpenDatabase
  log: Logger
  secretKey: Buffer
  allowedHosts: readonly string[]
  rateLimit: RateLimit | undefined
  trustedProxies?: readonly string[]
  /** Further addresses for the first page. */
  links?: () => readonly { name: string; url: string; about: string }[]
  /** Further pages, such as those of the sample. */
  mount?: (app: App) => void
  /** Off for a node that takes events and leaves delivering to others. Default on. */
  delivers?: boolean
  /** From this age on a withdrawal that is still on its way turns `/ready` yellow. Default 900. */
  withdrawalThresholdSeconds?: number
  /** Between two looks for records that appeared in a target. Default 300. */
  lookEverySeconds?: number
  /** Where mails go; absent: they are held for a week. */
  mail?: SenderSettings
  /** What a person's token may do in a day. Default 1000 events, 50 proofs, 20 copies of receipts. */
  dailyLimits?: DailyLimits
  /** To people whom one organization does not know. Default 1000. */
  signInMailsAnHour?: number
  /** How long an uploaded proof waits for an event that names it. Default 7. */
  unnamedProofDays?: number
  /** Default: those in `connectors/`. */
  connectors?: Connectors
  /** How browsers reach Heed; known for certain only once it listens. */
  publicUrl?: () => string
}

export interface Heed {
  app: App
  /** Stops accepting, finishes what is in flight, hands leases back. The database stays open. */
  close(): Promise<void>
}

/** Pages of the preference centre that look things up in the database. */
const PAGES_AT_A_TIME = 4

export async function createHeed(options: HeedOptions): Promise<Heed> {
  const { log } = options
  const { db } = options.database
  const publicUrl = options.publicUrl ?? (() => 'http://127.0.0.1:8080')
  const vault = createVault(options.secretKey)
  const tokens = createTokens(vault.tokenKey)
  const personTokens = createPersonTokens(vault)
  const personLimits = createPersonLimits(db, vault, options.dailyLimits ?? defaultDailyLimits)
  const rate = options.rateLimit && createRate(options.rateLimit)
  const metrics = createMetrics()
  const connectors = options.connectors ?? (await loadConnectors())
  const libraries = createLibraries(db)
  const dispatcher: Dispatcher = createOutbound(options.allowedHosts)
  const sessions = createSessions({ connectors, vault, dispatcher, db, libraries, metrics, log })

  const delivering = { db, libraries, metrics, log, sessions }
  const deliverer = options.delivers === false ? undefined : startDeliverer(delivering)
  const onOwed = () => deliverer?.wake()
  const { withdrawalThresholdSeconds = 900, lookEverySeconds = 300 } = options
  const chores = deliverer && startChores({ ...delivering, onOwed, lookEverySeconds })
  const { mail = { from: 'Heed <no-reply@localhost>', retentionDays: 7 } } = options
  const sending = { db, log, metrics, isUnwanted: (due: DueMail) => isUnwanted(db, due) }
  const sender = options.delivers === false ? undefined : startSender(sending, mail)
  const writing = openDatabase(options.database.url, GROUPS_AT_A_TIME, { writes: true })
  const lookups = openDatabase(options.database.url, PAGES_AT_A_TIME, { writes: true })
  const writer = createWriter({
    db: writing.db,
    commitSeconds: metrics.eventCommitSeconds,
    events: metrics.events,
    onOwed,
  })
  const mailLimits = createMailLimits(
    { db, vault, log, metrics },
    options.signInMailsAnHour ?? DEFAULT_SIGN_IN_MAILS_AN_HOUR,
  )
  const doubleOptIn = createDoubleOptIn(db)
  const intake = createIntake(libraries, vault)
  const wording: WordingGround = {
    namesShown: (organizationId, shown) => namesShown(db, organizationId, shown),
  }
  const signinChores = startSigninChores({ db, vault, log, publicUrl, onOwed, ...wording })
  const recordChores = startRecordChores(db, log, options.unnamedProofDays ?? 7)
  const maintenance = await startMaintenance(db, log)

  const app = await buildServer(log, version, options.trustedProxies)
  answerOrigins(app)
  guard(app, { tokens, personTokens, rate })
  observeRoutes(app, {
    version,
    metrics,
    isReady: async () => (await isReachable(db)) && (await isMigrated(db)),
    readGauges: async () => {
      await readGauges(db, metrics)
      await readMailGauges(db, metrics)
    },
    oldestWithdrawalSeconds: () => oldestWithdrawalSeconds(db),
    withdrawalThresholdSeconds,
    links: () => [
      { name: 'API', url: '/docs', about: 'Every route, to read and to try' },
      { name: 'OpenAPI', url: '/openapi.json', about: 'The description for tools' },
      { name: 'Metrics', url: '/metrics', about: 'What is owed, what was delivered, at what cost' },
      ...(options.links?.() ?? []),
    ],
  })
  accessRoutes(app, { db, vault, tokens, ...(rate ? { rate } : {}) })
  emailRoutes(app, { db })
  libraryRoutes(app, { db, libraries })
  signinRoutes(app, {
    ...{ db, vault, personTokens, personLimits, mailLimits, intake, writer, onOwed, publicUrl },
    themeOf: address => themeOf(db, publicUrl(), address),
    themeOfWidget: (organizationId, widgetId) => themeOfWidget(db, organizationId, widgetId),
    ...wording,
  })
  collectRoutes(app, {
    ...{ db, intake, writer, vault, personLimits, onOwed, onPending: signinChores.wake },
    confirmable: doubleOptIn.of,
  })
  revisionsRoute(app, { db })
  proofRoutes(app, { db })
  usersRoutes(app, { db, intake, vault, onOwed })
  widgetRoutes(app, { db, publicUrl, onPublished: doubleOptIn.forget })
  hostedRoutes(app, {
    ...{ db, lookups: lookups.db, vault, intake, writer, libraries, personTokens, personLimits, publicUrl },
    confirmable: doubleOptIn.of,
    onPending: signinChores.wake,
  })
  embeddedRoutes(app, { db })
  ownRoutes(app, { lookups: lookups.db, libraries })
  deliverRoutes(app, { db, vault, connectors, libraries, sessions, onOwed, withdrawalThresholdSeconds })
  options.mount?.(app)
  await app.ready()

  return {
    app,
    async close() {
      await app.close()
      await writer.close()
      await writing.close()
      await lookups.close()
      await Promise.all([
        deliverer?.stop(),
        chores?.stop(),
        sender?.stop(),
        signinChores.stop(),
        recordChores.stop(),
      ])
      maintenance.stop()
      await sessions.close()
    },
  }
}
