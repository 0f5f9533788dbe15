/** The client as somebody else installs it: from its tarball, without a network, typed. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startHeed } from './heed.ts'
import { fillLibrary } from './library.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call } = heed
await fillLibrary(heed)
await call('POST /v1/widgets', { id: 'preferences', name: 'preferences' })
assert.equal((await call('POST /v1/widgets/deployments', { widget_id: 'preferences' })).status, 200)
const origin = await heed.heed.app.listen({ port: 0, host: '127.0.0.1' })

test('what the documentation says to write compiles, and does what it says', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'heed-client-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: join(root, 'client'),
  })
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[')))
  const page = await readFile(join(root, 'docs/embed.md'), 'utf8')
  const [, program = ''] = /```ts\n([\s\S]+?)```/.exec(page) ?? []
  const main = `import type {} from '@heed/client/loader'
import { createClient, Refused } from '@heed/client'
import { subscribe } from './program.ts'
const [, , origin = '', token = '', foreign = ''] = process.argv
export const hear = () => document.addEventListener('didomi:set-consents-error', ({ detail }) => detail.message.trim())
for (const one of [token, token, token + 'x']) console.log(await subscribe(origin, one))
const elsewhere = await createClient(origin, foreign).choices('acme').catch((error: unknown) => error)
console.log(elsewhere instanceof Refused ? [elsewhere.status, elsewhere.message].join(' ') : elsewhere)`
  const settings = {
    compilerOptions: {
      ...{ strict: true, module: 'nodenext', target: 'es2022', lib: ['es2022', 'dom'], noEmit: true },
      ...{ allowImportingTsExtensions: true, skipLibCheck: false, types: [] },
    },
  }
  for (const [name, content] of [
    ['package.json', '{"type":"module"}'],
    ['program.ts', program],
    ['main.ts', main],
    ['process.d.ts', 'declare const process: { argv: string[] }'],
    ['tsconfig.json', JSON.stringify(settings)],
  ] as const)
    await writeFile(join(folder, name), content)
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], { cwd: folder })
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch(error => assert.fail(error.stdout))

  const { body: own } = await call('POST /v1/consents/tokens', { organization_user_id: 'typed@acme.test' })
  const { body: foreign } = await call(
    'POST /v1/consents/tokens',
    { organization_user_id: 'typed@acme.test' },
    { token: await heed.tokenFor('other') },
  )
  const answer = await run(
    process.execPath,
    [join(folder, 'main.ts'), origin, own.id_token, foreign.id_token],
    {},
  )
  const [first, second, third, elsewhere] = answer.stdout.split('\n')
  assert.match(first ?? '', /^subscribed since 20\d\d-/)
  assert.deepEqual(
    [second, third, elsewhere],
    ['subscribed already', 'who are you?', '403 the token belongs to another organization'],
  )
  const { body } = await call('GET /v1/consents/events?organization_user_id=typed@acme.test')
  assert.deepEqual(body.data[0].shown, { widget_id: 'preferences', version: 1, language: 'en' })
})
