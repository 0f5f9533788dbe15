/** What the README says to paste works when it is pasted. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from './heed.ts'
import { startHeedProcess, temporaryDataDir } from './process.ts'

const pageOf = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const readme = pageOf('README.md')

test('the first start prints where to look, and the walk-through arrives in the sandbox org', async () => {
  const DATA_DIR = await temporaryDataDir()
  const heed = await startHeedProcess({ DATA_DIR })
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
  await otherPagesRun(heed.url)
  assert.equal(await heed.end('SIGTERM'), 0)
  await locksOut(DATA_DIR)
})

/** Who goes on with the data of the sample does not leave its key, which everybody knows, to everybody. */
async function locksOut(DATA_DIR: string) {
  const heed = await startHeedProcess({ DATA_DIR, HEED_SAMPLE: 'off' })
  await eventually(() => heed.output().includes('The sample’s key is locked'))
  const answer = await fetch(`${heed.url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"type":"api-key","key":"acme-sample-key","secret":"acme-sample-secret"}',
  })
  assert.equal(answer.status, 400)
  assert.equal(await heed.end('SIGTERM'), 0)
}

/** docs/proof.md, of the choice that the README's lines have just made; the sample may have changed this mind since. */
async function proves(url: string, eventId: string) {
  const told = (text = '') => JSON.parse(text)
  const [user, events, revisions, history, published, explained, everybody] = await pasted(
    pageOf('docs/proof.md'),
    url,
  )
  const ids = told(events).data.map(({ id }: { id: string }) => id)
  assert.ok(ids.includes(eventId))
  assert.equal(told(user).organization_user_id, 'ana.almeida@example.com')
  const [first] = told(revisions).data
  assert.deepEqual([first.action, first.event.id, first.recorded_by], ['created', ids[0], 'acme-sample-key'])
  const statement = told(history).data.find(({ id }: { id: string }) => id === eventId)
  assert.ok(statement.sentences.includes('Newsletter: yes'))
  assert.deepEqual([told(published).total, told(published).data[0].version], [1, 1])
  assert.ok(told(explained).fields[0].event_id)
  assert.match(everybody ?? '', /"organization_user_id"/)
}

/** The pages whose commands are for the sample, too. */
async function otherPagesRun(url: string) {
  const last = (await pasted(pageOf('docs/preference-centre.md'), url)).at(-1) ?? ''
  const centre = /http\S+\/c\/acme\/my-choices/.exec(last)?.[0] as string
  assert.match(await (await fetch(centre)).text(), /<form/)
  const signedIn = blockOf(readme).split('\n\n').slice(0, 2).join('\n')
  const withToken = (path: string) => `\`\`\`bash\n${signedIn}\n${blockOf(pageOf(path))}\`\`\``
  const [template = ''] = await pasted(withToken('docs/mail.md'), url)
  assert.equal(JSON.parse(template).email_type, 'validation-double-optin')
  const [proved = '', proof = ''] = await pasted(withToken('docs/sign-in.md'), url)
  assert.match(proof, new RegExp(`^{"id":"${JSON.parse(proved).proofs_id[0]}".*"data:app`))
}

const blockOf = (page: string): string => /```bash\n([\s\S]+?)```/.exec(page)?.[1] ?? ''

/** The first block of commands of a page, as somebody pastes it, with the addresses of this test; its answers. */
async function pasted(page: string, heed: string, sandbox = ''): Promise<string[]> {
  const script = blockOf(page)
  assert.match(script, /HEED=http:\/\/127\.0\.0\.1:8080\n/)
  const commands = script
    .replace('HEED=http://127.0.0.1:8080', `HEED=${heed}`)
    .replace('SANDBOX=http://127.0.0.1:8090', `SANDBOX=${sandbox}`)
  const cwd = await temporaryDataDir()
  const bash = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', untilDelivered(commands)], { cwd })
  return (await bash).stdout.split(/(?<=\})\n*(?=\{)/)
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
