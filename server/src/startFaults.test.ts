import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { startFault } from './startFaults.ts'
import { openDatabase } from './store/database.ts'
import { startEmbedded } from './store/embedded.ts'
import { migrate } from './store/migrate.ts'
import { DataDirHeldError } from './store/sole.ts'

async function listening(port: number, host: string): Promise<unknown> {
  const server = createServer().listen(port, host)
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    return error
  }
}

test('a port that is taken and an address of another machine are named with their settings', async t => {
  const first = createServer().listen(0, '127.0.0.1')
  t.after(() => first.close())
  await once(first, 'listening')
  const { port } = first.address() as AddressInfo
  assert.equal(
    startFault(await listening(port, '127.0.0.1')),
    `PORT: another program listens at 127.0.0.1:${port} already`,
  )
  assert.match(startFault(await listening(0, '203.0.113.1')) ?? '', /^HOST: .*EADDRNOTAVAIL.* 203\.0\.113\.1/)
})

test('a database that cannot be reached and a directory that cannot be made are named with their settings', async () => {
  const database = openDatabase('postgresql://127.0.0.1:1/nothing')
  const away = await migrate(database.db).catch((error: unknown) => error)
  await database.close()
  assert.equal(startFault(away), 'DATABASE_URL: connect ECONNREFUSED 127.0.0.1:1')
  const denied = await startEmbedded(join(import.meta.filename, 'heed')).catch((error: unknown) => error)
  assert.match(startFault(denied) ?? '', /^DATA_DIR: ENOTDIR: .*heed/)
})

test('a database whose certificate is not trusted is named with its setting', () => {
  // What pg gives on where TLS refuses: https://nodejs.org/api/tls.html#x509-certificate-error-codes
  const cause = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  assert.equal(startFault(new Error('x', { cause })), 'DATABASE_URL: self-signed certificate')
})

test('a data directory that another Heed holds is told in its words', () => {
  assert.equal(startFault(new DataDirHeldError()), 'DATA_DIR: another Heed runs on this data directory')
})

test('a fault of Heed’s own is none of a setting', () => {
  assert.equal(startFault(new TypeError('x is not a function')), undefined)
  assert.equal(
    startFault(new Error('the database could not be migrated', { cause: new Error('syntax') })),
    undefined,
  )
})
