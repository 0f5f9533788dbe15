/**
 * Once per test run: a real PostgreSQL (embedded, or DATABASE_URL) and a migrated template that each test file clones.
 * fsync is off: what a power cut would lose does not matter here. The crash tests start their own server.
 *
 * Each test file is a process that compiles the server anew, a second each: Node is told to keep what it compiled.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../src/store/database.ts'
import { type EmbeddedDatabase, startEmbedded } from '../src/store/embedded.ts'
import { migrate } from '../src/store/migrate.ts'
import { onServer, withDatabase } from './database.ts'

let embedded: EmbeddedDatabase | undefined
let dataDir: string | undefined

export async function globalSetup(): Promise<void> {
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../node_modules/.cache/compiled')
  if (!process.env.DATABASE_URL) {
    dataDir = await mkdtemp(join(tmpdir(), 'heed-test-'))
    embedded = await startEmbedded(dataDir, { fsync: false, maxConnections: 300 })
  }
  const server = process.env.DATABASE_URL ?? (embedded?.url as string)
  // Not after the process: in containers it often has the number of one before, which was ended and left its own behind.
  const template = `heed_template_${randomBytes(6).toString('hex')}`
  await onServer(server, `create database ${template}`)
  const { db, close } = openDatabase(withDatabase(server, template))
  await migrate(db)
  await close()
  process.env.HEED_TEST_SERVER = server
  process.env.HEED_TEST_TEMPLATE = template
}

export async function globalTeardown(): Promise<void> {
  if (embedded) await embedded.stop()
  else
    await onServer(process.env.HEED_TEST_SERVER as string, `drop database ${process.env.HEED_TEST_TEMPLATE}`)
  if (dataDir) await rm(dataDir, { recursive: true, force: true })
}
