/** What the README says to paste works when it is pasted. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from './heed.ts'
import { startHeedProcess, temporaryDataDir } from './process.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

test('the first start prints where to look, and the walk-through arrives in the sandbox org', async () => {
  const heed = await startHeedProcess({ DATA_DIR: await temporaryDataDir() })
  await eventually(() => heed.output().includes('Ctrl-C stops'), 60_000)
  const sandbox = /Salesforce sandbox org\s+(\S+)/.exec(heed.output())?.[1] as string
  assert.equal((await fetch(sandbox)).status, 200)
  for (const path of ['/', '/docs/', '/openapi.json', '/metrics'])
    assert.equal((await fetch(heed.url + path)).status, 200, path)

  const [, script = ''] = /```bash\n([\s\S]+?)```/.exec(readme) ?? []
  assert.match(script, /HEED=http:\/\/127\.0\.0\.1:8080\n/)
  const [tells = '', looks = ''] = script
    .replace('HEED=http://127.0.0.1:8080', `HEED=${heed.url}`)
    .replace('SANDBOX=http://127.0.0.1:8090', `SANDBOX=${sandbox}`)
    .split('sleep 2\n')
  // On a busy machine two seconds can be too short.
  const explain = looks.slice(looks.indexOf('INTEGRATION='))
  const isThere = `grep -Eq '"delivery":\\{[^}]*"state":"delivered"'`
  const pasted = `${tells}until (${explain}) | ${isThere}; do sleep 0.1; done\n${looks}`
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', pasted])
  const [event, org, explained] = stdout.split(/(?<=\})(?=\{)/).map(text => JSON.parse(text))
  assert.equal(org.records[0].Channel__c, 'sms')
  assert.equal(org.records[0].Topics__c, 'travel;music')
  assert.equal(org.records[0].Consent_Event__c, event.id)
  assert.equal(explained.fields[0].event_id, event.id)
  assert.equal(explained.delivery.state, 'delivered')
  assert.equal(await heed.end('SIGTERM'), 0)
})

test('the README lists every setting', () => {
  const source = readFileSync(join(import.meta.dirname, '../src/settings.ts'), 'utf8')
  const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(match => match[1] as string)
  assert.ok(names.length >= 10)
  for (const name of names) assert.match(readme, new RegExp(`\`${name}\``), name)
})
