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

test('the first start prints where to look, and the walk-through arrives in the sandbox org within two seconds', async () => {
  const heed = await startHeedProcess({ DATA_DIR: await temporaryDataDir() })
  await eventually(() => heed.output().includes('Ctrl-C stops'), 60_000)
  const sandbox = /Salesforce sandbox org\s+(\S+)/.exec(heed.output())?.[1] as string
  assert.equal((await fetch(sandbox)).status, 200)
  for (const path of ['/', '/docs/', '/openapi.json', '/metrics'])
    assert.equal((await fetch(heed.url + path)).status, 200, path)

  const [, script = ''] = /```bash\n([\s\S]+?)```/.exec(readme) ?? []
  assert.match(script, /HEED=http:\/\/127\.0\.0\.1:8080\n/)
  const pasted = script
    .replace('HEED=http://127.0.0.1:8080', `HEED=${heed.url}`)
    .replace('SANDBOX=http://127.0.0.1:8090', `SANDBOX=${sandbox}`)
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', pasted])
  const [event, org, explained] = stdout.split(/(?<=\})(?=\{)/).map(text => JSON.parse(text))
  assert.equal(org.records[0].Channel__c, 'sms')
  assert.equal(org.records[0].Topics__c, 'travel;music')
  assert.equal(org.records[0].Consent_Event__c, event.id)
  assert.equal(explained.fields[0].event_id, event.id)
  assert.equal(explained.delivery.state, 'delivered')
  await otherPagesRun(heed.url, event.id)
  assert.equal(await heed.end('SIGTERM'), 0)
})

test('the README lists every setting', () => {
  const source = readFileSync(join(import.meta.dirname, '../src/settings.ts'), 'utf8')
  const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(match => match[1] as string)
  assert.ok(names.length >= 10)
  for (const name of names) assert.match(readme, new RegExp(`\`${name}\``), name)
})

/** The commands of the other pages that are for the sample; its people go on changing their minds, this one perhaps too. */
async function otherPagesRun(url: string, eventId: string) {
  const told = (text = '') => JSON.parse(text)
  const [user, events, revisions, history, published, explained, everybody] = await paste(
    commandsOf('docs/proof.md'),
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
  assert.ok(ids.includes(told(explained).fields[0].event_id))
  assert.match(everybody ?? '', /"organization_user_id"/)

  const last = (await paste(commandsOf('docs/preference-centre.md'), url)).at(-1) ?? ''
  const centre = /http\S+\/c\/acme\/my-choices/.exec(last)?.[0] as string
  assert.match(await (await fetch(centre)).text(), /<form/)
  const signedIn = `${commandsOf('README.md').split('\n\n').slice(0, 2).join('\n')}\n`
  const [template] = await paste(signedIn + commandsOf('docs/mail.md'), url)
  assert.equal(told(template).email_type, 'validation-double-optin')
  const [proved, proof = ''] = await paste(signedIn + commandsOf('docs/sign-in.md'), url)
  assert.match(proof, new RegExp(`^{"id":"${told(proved).proofs_id[0]}".*"data:app`))
}

/** The first block of commands of a page. */
function commandsOf(path: string): string {
  const page = readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
  return /```bash\n([\s\S]+?)```/.exec(page)?.[1] ?? ''
}

/** As somebody pastes them, with the address of this test; what each answers. */
async function paste(commands: string, url: string): Promise<string[]> {
  assert.match(commands, /HEED=http:\/\/127\.0\.0\.1:8080\n/)
  const here = commands.replace('HEED=http://127.0.0.1:8080', `HEED=${url}`)
  const cwd = await temporaryDataDir()
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here], { cwd })
  return stdout.split(/(?<=\})\n*(?=\{)/)
}
