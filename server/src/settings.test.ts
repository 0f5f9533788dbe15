import assert from 'node:assert/strict'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { closedAbove, readSettings } from './settings.ts'

const key = Buffer.alloc(32, 7).toString('base64')

test('with nothing set Heed listens on 127.0.0.1:8080, embeds its database and loads the sample', () => {
  const settings = readSettings({})
  assert.equal(`${settings.host}:${settings.port}`, '127.0.0.1:8080')
  assert.equal(settings.databaseUrl, undefined)
  assert.equal(settings.sample, true)
  assert.deepEqual(settings.rateLimit, { requests: 100, windowSeconds: 15 })
})

test('the sample is left out once a database or an organization is named, and may still be asked for', () => {
  const DATABASE_URL = 'postgresql://u@h/d'
  assert.equal(readSettings({ DATABASE_URL, HEED_SECRET_KEY: key }).sample, false)
  assert.equal(readSettings({ DATABASE_URL, HEED_SECRET_KEY: key, HEED_SAMPLE: 'on' }).sample, true)
  assert.equal(readSettings({ HEED_SAMPLE: 'off' }).sample, false)
})

test('a data directory that the database’s own user cannot reach is refused by its name', async t => {
  const closed = await mkdtemp(join(tmpdir(), 'heed-closed-'))
  t.after(() => rmdir(closed))
  const DATA_DIR = join(closed, 'not/there/yet')
  assert.deepEqual([closedAbove(DATA_DIR), closedAbove(closed)], [closed, undefined])
  const isRoot = process.getuid?.() === 0
  if (isRoot) assert.throws(() => readSettings({ DATA_DIR }), /^SettingError: DATA_DIR: .*heed-closed-/)
  else assert.equal(readSettings({ DATA_DIR }).dataDir, DATA_DIR)
  assert.equal(readSettings({ DATA_DIR: closed }).dataDir, closed)
})

test('mails come from the host that people know', () => {
  assert.equal(readSettings({}).mail.from, 'Heed <no-reply@127.0.0.1>')
  const HEED_PUBLIC_URL = 'https://heed.acme.test:8443'
  assert.equal(readSettings({ HEED_PUBLIC_URL }).mail.from, 'Heed <no-reply@heed.acme.test>')
  const HEED_MAIL_FROM = 'Acme <hello@acme.test>'
  assert.equal(readSettings({ HEED_PUBLIC_URL, HEED_MAIL_FROM }).mail.from, HEED_MAIL_FROM)
})

test('a wrong setting is refused by its name', () => {
  const refused = (env: Record<string, string>, name: RegExp) => assert.throws(() => readSettings(env), name)
  refused({ PORT: 'eighty' }, /^SettingError: PORT:/)
  refused({ PORT: '70000' }, /PORT:/)
  refused({ DATABASE_URL: 'mysql://h' }, /DATABASE_URL:/)
  refused({ DATABASE_URL: 'postgresql://u@h/d' }, /HEED_SECRET_KEY:/)
  refused({ HEED_SECRET_KEY: 'short' }, /HEED_SECRET_KEY:/)
  refused({ HEED_RATE_LIMIT: '100' }, /HEED_RATE_LIMIT:/)
  refused({ HEED_PUBLIC_URL: 'ftp://x' }, /HEED_PUBLIC_URL:/)
  refused({ HEED_SMTP_URL: 'http://mail.test' }, /HEED_SMTP_URL:/)
  refused({ HEED_SMTP_URL: 'smtp://' }, /HEED_SMTP_URL:/)
  refused({ HEED_MAIL_FROM: 'Acme' }, /HEED_MAIL_FROM:/)
  refused({ HEED_MAIL_RETENTION_DAYS: '0' }, /HEED_MAIL_RETENTION_DAYS:/)
  refused({ HEED_ORGANIZATION: 'acme' }, /HEED_API_KEY:/)
})
