/** Starts and stops Heed. */

import { setFlagsFromString } from 'node:v8'
import { ensureKey } from './access/keys.ts'
import { ensureOrganization } from './access/organizations.ts'
import { createVault, loadOrCreateKey } from './access/vault.ts'
import { createHeed, version } from './app.ts'
import { abandonAllLeases } from './deliver/claim.ts'
import { orphanAllJobs } from './deliver/jobs.ts'
import { createLog } from './observe/log.ts'
import { lockSampleKey } from './sample/key.ts'
import type { Sample } from './sample/sample.ts'
import { readSettings, type Settings } from './settings.ts'
import { startFault } from './startFaults.ts'
import { type Database, openDatabase } from './store/database.ts'
import { startEmbedded } from './store/embedded.ts'
import { migrate } from './store/migrate.ts'
import { holdSole } from './store/sole.ts'

const STOP_TIMEOUT_MS = 9_500

/**
 * V8 lets garbage lie as long as the machine has memory: measured in a backlog on 24 GiB, 510 MiB and growing for the 60 that
 * are in use. So it collects whenever the heap has grown by so many percent: by 40 it held 306 MiB instead of 344 and Node took
 * a tenth more CPU time.
 */
setFlagsFromString('--heap-growing-percent=80')

/** In the order they were begun; undone in reverse. */
const undo: (() => unknown)[] = []

try {
  await start(readSettings(process.env))
} catch (error) {
  const fault = startFault(error)
  console.error(fault === undefined ? error : `Heed did not start: ${fault}`)
  await stop()
  process.exit(1)
}

async function start(settings: Settings): Promise<void> {
  const log = createLog(settings.logLevel)
  const url = settings.databaseUrl ?? (await embedded(settings.dataDir))
  const database = openDatabase(url)
  undo.push(() => database.close())
  await migrate(database.db)
  if (!settings.databaseUrl) {
    await abandonAllLeases(database.db)
    await orphanAllJobs(database.db)
  }

  const holdsSample = !settings.sample && (await lockSampleKey(database.db))
  const secretKey = settings.secretKey ?? (await loadOrCreateKey(settings.dataDir))
  if (settings.bootstrap) {
    const { organization: id, key, secret } = settings.bootstrap
    await ensureOrganization(database.db, { id, name: id })
    await ensureKey(database.db, createVault(secretKey), {
      organizationId: id,
      id: key,
      secret,
      name: 'HEED_API_KEY',
    })
  }

  let publicUrl = settings.publicUrl ?? `http://${settings.host}:${settings.port}`
  const sample = settings.sample ? await beginSample(database.db, secretKey) : undefined
  const heed = await createHeed({
    database,
    log,
    secretKey,
    allowedHosts: [...settings.allowedHosts, ...(sample?.allowedHosts ?? [])],
    rateLimit: settings.rateLimit,
    trustedProxies: settings.trustedProxies,
    withdrawalThresholdSeconds: settings.withdrawalThresholdSeconds,
    lookEverySeconds: settings.lookEverySeconds,
    mail: settings.mail,
    dailyLimits: settings.dailyLimits,
    signInMailsAnHour: settings.signInMailsAnHour,
    unnamedProofDays: settings.unnamedProofDays,
    links: () => sample?.links ?? [],
    publicUrl: () => publicUrl,
    ...(sample ? { mount: sample.mount } : {}),
  })
  undo.push(() => heed.close())
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutDown())

  const address = await heed.app.listen({ port: settings.port, host: settings.host })
  publicUrl = settings.publicUrl ?? address.replace('0.0.0.0', 'localhost')
  console.log(`Heed ${version} listens at ${publicUrl}  (API documentation: ${publicUrl}/docs)`)
  if (!settings.databaseUrl) console.log(`Its data lie in ${settings.dataDir}`)
  if (holdsSample)
    console.log(
      'These data hold the sample and its made-up people: take another DATA_DIR for real ones. The sample’s key is locked',
    )
  if (!settings.mail.smtpUrl && !sample) console.log('No mail is sent: HEED_SMTP_URL is not set')
  if (sample) {
    await sample.fill(address, publicUrl)
    console.log(sample.describe(publicUrl))
  }
}

async function beginSample(db: Database, secretKey: Buffer): Promise<Sample> {
  const { startSample } = await import('./sample/sample.ts')
  const sample = await startSample(db, createVault(secretKey))
  undo.push(() => sample.close())
  return sample
}

async function embedded(dataDir: string): Promise<string> {
  const server = await startEmbedded(dataDir)
  const sole = await holdSole(server.url)
  undo.push(
    () => server.stop(),
    () => sole.release(),
  )
  return server.url
}

async function shutDown(): Promise<void> {
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref()
  await stop()
  process.exit(0)
}

async function stop(): Promise<void> {
  for (const step of undo.splice(0).reverse())
    try {
      await step()
    } catch (error) {
      console.error(error)
    }
}
