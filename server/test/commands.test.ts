/** The commands of an administrator, run as processes against a Heed that listens. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ensureKey } from '../src/access/keys.ts'
import { createVault } from '../src/access/vault.ts'
import { startDelivering } from './delivering.ts'
import { testSecretKey } from './heed.ts'
import { ledgerIntegration } from './ledger.ts'

const delivering = await startDelivering()
const { ledger, db, own, integration, heed } = delivering
const HEED_URL = await heed.app.listen({ port: 0, host: '127.0.0.1' })
const key = { id: 'commands', secret: 'secret of commands' }
await ensureKey(db, createVault(testSecretKey), { organizationId: 'acme', name: 'commands', ...key })
const folder = await mkdtemp(join(tmpdir(), 'heed-commands-'))
after(() => rm(folder, { recursive: true, force: true }))

interface Ran {
  code: number
  out: string
}

function run(command: string, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const file = join(import.meta.dirname, `../src/command/${command}.command.ts`)
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const given = {
    PATH,
    NODE_COMPILE_CACHE,
    HEED_URL,
    HEED_API_KEY: key.id,
    HEED_API_SECRET: key.secret,
    ...env,
  }
  return new Promise(resolve => {
    execFile(process.execPath, [file, ...args], { env: given }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), out: stdout + stderr })
    })
  })
}

test('the doctor shows every check with its cure and how the delivery goes, and ends with 1 if something is wrong', async () => {
  const well = await run('doctor', [])
  assert.equal(well.code, 0, well.out)
  assert.match(well.out, /✓ ledger: is there/)
  assert.match(well.out, /✓ Delivery: 0 people delivered, .*; no withdrawal is outstanding\n/)
  await own('PATCH', { paused: true })
  const paused = await run('doctor', ['--integration', integration])
  assert.equal(paused.code, 1)
  assert.match(paused.out, /✗ PAUSED: .*\n\s+Set paused to false/)
  await own('PATCH', { paused: false })
  const cause = { code: 'FULL', message: 'the ledger is full', cure: 'Buy another one.' }
  ledger.outcomeOf = () => ({ state: 'failed', error: cause })
  await delivering.choose('ann@acme.test', true)
  await delivering.inState('ann@acme.test', 'failed')
  const failing = await run('doctor', ['--integration', integration])
  assert.match(
    failing.out,
    /! FULL: 1 failed, 0 of them with a withdrawal: the ledger is full\n\s+Buy another one\.\n\s+Once that is mended .*\/replay/,
  )
  ledger.outcomeOf = () => undefined
  await own('POST replay', { state: 'failed' })
  await delivering.inState('ann@acme.test', 'delivered')
  assert.match((await run('doctor', ['--integration', 'nothing'])).out, /no such integration/)
})

test('an integration is exported without credentials, and applying what was exported changes nothing', async () => {
  const { code, out } = await run('integration', ['export', integration])
  assert.equal(code, 0, out)
  assert.doesNotMatch(out, /very secret token/)
  assert.deepEqual(JSON.parse(out).authentication, { token: { $env: 'LEDGER_TOKEN' } })
  await writeFile(join(folder, 'same.json'), out)
  const applied = await run('integration', ['apply', join(folder, 'same.json')])
  assert.match(applied.out, /Nothing differs/)
})

test('lines that npm writes before an export are no part of it', async () => {
  const npm = `\n> heed@0.1.0 integration\n> node server/src/command/integration.command.ts export ***\n\n`
  await writeFile(join(folder, 'npm.json'), npm + (await readFile(join(folder, 'same.json'), 'utf8')))
  assert.match((await run('integration', ['apply', join(folder, 'npm.json')])).out, /Nothing differs/)
})

async function edited(name: string, edit: (file: ReturnType<typeof JSON.parse>) => void): Promise<string> {
  const file = JSON.parse(await readFile(join(folder, 'same.json'), 'utf8'))
  edit(file)
  const path = join(folder, name)
  await writeFile(path, JSON.stringify(file))
  return path
}

test('a dry run shows what differs and has it checked, and changes nothing; applying changes it', async () => {
  const path = await edited('changed.json', file => {
    file.mappings[0].invert = true
    file.daily_call_share = 0.25
  })
  const dry = await run('integration', ['apply', path, '--dry-run'])
  assert.equal(dry.code, 0, dry.out)
  assert.match(dry.out, /\+ mappings\[newsletter\]\.invert: true/)
  assert.match(dry.out, /Nothing was changed/)
  assert.equal((await own('GET')).body.daily_call_share, 0.5)
  const applied = await run('integration', ['apply', path], { LEDGER_TOKEN: 'another token' })
  assert.match(applied.out, /authentication: from the environment[\s\S]*Applied/)
  const { body } = await own('GET')
  assert.deepEqual([body.daily_call_share, body.mappings[0].invert], [0.25, true])
})

test('what the target refuses is told by place, also in a dry run', async () => {
  const path = await edited('refused.json', file => file.mappings.pop())
  ledger.issues = [{ path: 'mappings[0].id', message: 'no such field', cure: 'Create it.' }]
  const { code, out } = await run('integration', ['apply', path, '--dry-run'])
  ledger.issues = []
  assert.equal(code, 1)
  assert.match(out, /Refused:\n {2}mappings\[0\]\.id: no such field Create it\./)
})

test('a new integration is made from a file, once its credentials are in the environment', async () => {
  const path = await edited('new.json', file => {
    file.id = undefined
    file.name = 'Second'
  })
  assert.match((await run('integration', ['apply', path])).out, /must be set in the environment/)
  const dry = await run('integration', ['apply', path, '--dry-run'], { LEDGER_TOKEN: 'x' })
  assert.match(dry.out, /a new integration[\s\S]*Nothing was changed/)
  assert.equal((await delivering.call('GET /v1/marketplace/integrations')).body.total, 1)
  assert.match((await run('integration', ['apply', path], { LEDGER_TOKEN: 'x' })).out, /Applied/)
  assert.match((await run('integration', ['apply', path])).out, /Nothing differs/)
})

test('a file that could not be found again makes nothing, and one that means several changes none', async () => {
  const nameless = await edited('nameless.json', file => {
    file.id = 'of another organization'
  })
  const env = { LEDGER_TOKEN: 'x' }
  assert.match(
    (await run('integration', ['apply', nameless], env)).out,
    /^there is no .* give the file a name/,
  )
  const twin = { ...ledgerIntegration, name: 'Second' }
  const { body } = await delivering.call('POST /v1/marketplace/integrations', twin)
  assert.match(
    (await run('integration', ['apply', join(folder, 'new.json')], env)).out,
    /^2 integrations are called “Second”/,
  )
  const meant = await edited('meant.json', file => Object.assign(file, { id: body.id, name: 'Second' }))
  assert.match((await run('integration', ['apply', meant])).out, new RegExp(`Second \\(${body.id}\\)`))
  assert.equal((await delivering.call('GET /v1/marketplace/integrations')).body.total, 3)
})

test('a secret in the file, a broken file, a missing Heed and a wrong key are told in plain words', async () => {
  const secret = await edited('secret.json', file => {
    file.authentication.token = 'plain'
  })
  assert.match((await run('integration', ['apply', secret])).out, /authentication\.token: is a secret/)
  await writeFile(join(folder, 'broken.json'), '{')
  assert.match((await run('integration', ['apply', join(folder, 'broken.json')])).out, /not JSON/)
  assert.match((await run('doctor', [], { HEED_URL: 'http://127.0.0.1:1' })).out, /Heed does not answer/)
  assert.match(
    (await run('doctor', [], { HEED_API_SECRET: 'wrong' })).out,
    /^commands is no key here.*HEED_API_KEY/,
  )
  const unknown = await edited('unknown.json', file => {
    file.mapings = []
  })
  assert.match((await run('integration', ['apply', unknown])).out, /^mapings: is not a known field/)
  assert.match(
    (await run('integration', ['export', 'gone'])).out,
    /\/gone\/export: 404 integration not found\n$/,
  )
  assert.match((await run('integration', [])).out, /usage:/)
})

test('a doctor without patients says where integrations come from', async () => {
  const { data } = (await delivering.call('GET /v1/marketplace/integrations')).body
  for (const { id } of data) await delivering.call(`DELETE /v1/marketplace/integrations/${id}`)
  const { code, out } = await run('doctor', [])
  assert.equal(code, 1)
  assert.match(out, /no integration .* yet: docs\/salesforce\.md/)
})
