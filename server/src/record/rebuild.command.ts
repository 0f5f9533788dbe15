/**
 * `npm run rebuild-status`: adds up every status from the log, writes those that differ, and exits 1 if any did.
 * `npm run rebuild-status -- --check` only compares. Works beside a running Heed.
 */
import { parseArgs } from 'node:util'
import { readSettings } from '../settings.ts'
import { openDatabase } from '../store/database.ts'
import { startEmbedded } from '../store/embedded.ts'
import { migrate } from '../store/migrate.ts'
import { rebuildStatuses } from './rebuild.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const settings = readSettings(process.env)
const embedded = settings.databaseUrl ? undefined : await startEmbedded(settings.dataDir)
const { db, close } = openDatabase(settings.databaseUrl ?? (embedded?.url as string), 2)
try {
  await migrate(db)
  const { people, differing } = await rebuildStatuses(db, {
    checkOnly: values.check,
    onProgress: count => process.stderr.write(`\r${count} people`),
  })
  process.stderr.write('\n')
  for (const person of differing) console.log(`differs: ${person}`)
  console.log(
    `${people} people, ${differing.length} differed${values.check || differing.length === 0 ? '' : ', rewritten from the log'}`,
  )
  process.exitCode = differing.length === 0 ? 0 : 1
} finally {
  await close()
  if (embedded && !embedded.adopted) await embedded.stop()
}
