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

  const [event, org, explained] = (await pasted(readme, heed.url, sandbox)).map(text => JSON.parse(text))
  assert.equal(org.records[0].Channel__c, 'sms')
  assert.equal(org.records[0].Topics__c, 'travel;music')
  assert.equal(org.records[0].Consent_Event__c, event.id)
  assert.equal(explained.fields[0].event_id, event.id)
  assert.equal(explained.delivery.state, 'delivered')
  await proves(heed.url, event.id)
  assert.equal(await heed.end('SIGTERM'), 0)
})

/** docs/proof.md, of the choice that the README's lines have just made by API: Heed showed no words for it. */
async function proves(url: string, eventId: string) {
  const page = readFileSync(join(import.meta.dirname, '../../docs/proof.md'), 'utf8')
  const answers = await pasted(page, url)
  const [user, events, revisions, history, published, explained] = answers
    .slice(0, 6)
    .map(text => JSON.parse(text))
  assert.equal(user.consents.purposes[0].values.channel.value, 'sms')
  assert.equal(events.data[0].id, eventId)
  assert.deepEqual([revisions.data[0].event.id, revisions.data[0].recorded_by], [eventId, 'acme-sample-key'])
  assert.equal(history.data[0].id, eventId)
  assert.ok(history.data[0].sentences.includes('Newsletter: yes'))
  assert.deepEqual([published.total, published.data[0].version], [1, 1])
  assert.equal(explained.fields[0].event_id, eventId)
  assert.match(answers[6] ?? '', /"organization_user_id"/)
}

/** The first block of commands of a page, as somebody pastes it, with the addresses of this test; its answers. */
async function pasted(page: string, heed: string, sandbox = ''): Promise<string[]> {
  const [, script = ''] = /```bash\n([\s\S]+?)```/.exec(page) ?? []
  assert.match(script, /HEED=http:\/\/127\.0\.0\.1:8080\n/)
  const commands = script
    .replace('HEED=http://127.0.0.1:8080', `HEED=${heed}`)
    .replace('SANDBOX=http://127.0.0.1:8090', `SANDBOX=${sandbox}`)
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', untilDelivered(commands)])
  return stdout.split(/(?<=\})\n?(?=\{)/)
}

/** On a busy machine the two seconds of the page can be too short: instead, its last question is asked until all is there. */
function untilDelivered(commands: string): string {
  const [before = '', after = ''] = commands.split('sleep 2\n')
  const asks = after.slice(after.indexOf('INTEGRATION='))
  const isThere = `grep -Eq '"delivery":\\{[^}]*"state":"delivered"'`
  return after ? `${before}until (${asks}) | ${isThere}; do sleep 0.1; done\n${after}` : before
}

test('the README lists every setting', () => {
  const source = readFileSync(join(import.meta.dirname, '../src/settings.ts'), 'utf8')
  const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(match => match[1] as string)
  assert.ok(names.length >= 10)
  for (const name of names) assert.match(readme, new RegExp(`\`${name}\``), name)
})
