import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { startEmbedded } from './embedded.ts'
import { holdSole } from './sole.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'heed-embedded-'))
after(() => rm(dataDir, { recursive: true, force: true }))

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('the embedded server keeps its data, commits with fsync, opens no port, and is taken over when it still runs', async () => {
  const first = await startEmbedded(dataDir)
  await query(first.url, 'create table kept (n int)')
  assert.deepEqual(await query(first.url, 'show fsync'), [{ fsync: 'on' }])
  assert.deepEqual(await query(first.url, 'show synchronous_commit'), [{ synchronous_commit: 'on' }])
  assert.deepEqual(await query(first.url, 'show listen_addresses'), [{ listen_addresses: '' }])

  const started = () => query(first.url, 'select pg_postmaster_start_time() as at')
  const before = await started()
  const second = await startEmbedded(dataDir)
  assert.deepEqual(await started(), before)
  await second.stop()
  await assert.rejects(query(first.url, 'select 1'))

  const third = await startEmbedded(dataDir)
  assert.deepEqual(await query(third.url, 'select count(*)::int as n from kept'), [{ n: 0 }])
  await third.stop()
})

test('a second Heed on the same data directory is refused until the first lets go', async () => {
  const server = await startEmbedded(dataDir)
  const held = await holdSole(server.url)
  await assert.rejects(holdSole(server.url), /DATA_DIR/)
  await held.release()
  const again = await holdSole(server.url)
  await again.release()
  await server.stop()
})

test('a copy of a stopped data directory starts elsewhere, whoever the copied files belong to', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'heed-restored-'))
  after(() => rm(copy, { recursive: true, force: true }))
  await cp(dataDir, copy, { recursive: true }) // as root: the folders are root's then
  const restored = await startEmbedded(copy)
  assert.deepEqual(await query(restored.url, 'select count(*)::int as n from kept'), [{ n: 0 }])
  await restored.stop()
})
