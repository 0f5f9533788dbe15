/** docs/salesforce.md: its commands run and answer as it shows, its JSON is what is taken, its codes are all of ours. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { startSandboxOrg } from '@heed/sandbox'
import { authentication, mapping, properties } from '../src/connectors/salesforce/manifest.ts'
import { integrationInput, integrationPatch } from '../src/deliver/schema.ts'
import { eventually } from './heed.ts'
import { startHeedProcess, temporaryDataDir } from './process.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/salesforce.md'), 'utf8')

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
/** A command with the answer that stands below it; JSON that stands alone is a change of an integration. */
interface Block {
  language: string
  text: string
  answer?: Json
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let end = 0
  for (const found of text.matchAll(/^```(bash|json)\n([\s\S]+?)^```$/gm)) {
    const [whole, language = '', content = ''] = found
    const before = blocks.at(-1)
    const isAnswer =
      language === 'json' && before?.language === 'bash' && text.slice(end, found.index).trim() === ''
    if (isAnswer) before.answer = JSON.parse(content)
    else blocks.push({ language, text: content })
    end = found.index + whole.length
  }
  return blocks
}

/** The items of the table by type of field, and what is written by each for the person of the page. */
const items = [...page.matchAll(/^\| [^|]+ \| `(\{"id".+\})` \| `(.+)` \|$/gm)].map(
  ([, item = '', value = '']) => ({
    item: JSON.parse(item) as { id: string; sobject?: string },
    value: JSON.parse(value) as Json,
  }),
)

const VOLATILE = [
  /^\d{4}-\d{2}-\d{2}$/,
  /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/,
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /^00[\dQ]\w{15}$/,
]

/** Undefined: it answers as it is shown, which may be shortened. */
function contradiction(shown: Json, actual: unknown, path = ''): string | undefined {
  const differs = `${path}: ${JSON.stringify(shown)} is shown, ${JSON.stringify(actual)} is answered`
  if (Array.isArray(shown)) {
    if (!Array.isArray(actual) || (shown.length === 0 && actual.length > 0)) return differs
    const lost = shown.findIndex(one => actual.every(other => contradiction(one, other) !== undefined))
    return lost === -1 ? undefined : `${path}[${lost}]: nothing like it in ${JSON.stringify(actual)}`
  }
  if (typeof shown === 'object' && shown !== null) {
    if (typeof actual !== 'object' || actual === null) return differs
    const of = actual as Record<string, unknown>
    return Object.entries(shown)
      .map(([key, value]) => contradiction(value, of[key], `${path}.${key}`))
      .find(found => found !== undefined)
  }
  if (
    typeof shown === 'number' &&
    typeof actual === 'number' &&
    !/total|owed$|compared|changed|people\.|code/.test(path)
  )
    return undefined
  const shape = typeof shown === 'string' ? VOLATILE.find(one => one.test(shown)) : undefined
  return shape ? (shape.test(String(actual)) ? undefined : differs) : shown === actual ? undefined : differs
}

test('the commands of the page, pasted one after the other, answer as it shows', async () => {
  const { org, ana, privateKey } = await startOrg()
  const heed = await startHeedProcess({
    DATA_DIR: await temporaryDataDir(),
    HEED_ORGANIZATION: 'acme',
    HEED_API_KEY: 'my-key',
    HEED_API_SECRET: 'my-long-secret',
    HEED_ALLOWED_HOSTS: new URL(org.url).host,
    HEED_RATE_LIMIT: 'off',
  })
  const folder = await temporaryDataDir()
  writeFileSync(join(folder, 'key.pem'), privateKey)
  const own = {
    'HEED=http://127.0.0.1:8080': `HEED=${heed.url}`,
    'ORG=https://acme.my.salesforce.com': `ORG=${org.url}`,
    'CLIENT_ID=the-consumer-key': `CLIENT_ID=${org.clientId}`,
    'CLIENT_SECRET=the-consumer-secret': `CLIENT_SECRET=${org.clientSecret}`,
  }

  /** Into one shell: what a command sets, the next has. */
  async function paste(command: string): Promise<string> {
    const text = Object.entries(own).reduce((text, [shown, real]) => text.replace(shown, real), command)
    const script = `set -euo pipefail; if [ -f env ]; then . ./env; fi; set -a\n${text}\nexport -p > env`
    const { PATH } = process.env
    // Beside a socket bash takes itself for a remote shell, and reads what is the user's own.
    const shell = promisify(execFile)('bash', ['--norc', '-c', script], { cwd: folder, env: { PATH } })
    return (await shell).stdout
  }

  const commands = blocksOf(page).filter(({ language }) => language === 'bash')
  assert.ok(commands.filter(({ answer }) => answer !== undefined).length >= 12)
  for (const { text, answer } of commands) {
    // What the page's audit finds.
    if (/-X POST .*\/audit/.test(text)) org.update(ana, { HasOptedOutOfEmail: true })
    if (answer === undefined) await paste(text)
    else await answers(text, answer, paste)
  }
  await eventually(() => org.get(ana)?.HasOptedOutOfEmail === false)

  assert.ok(items.length >= 18)
  writeFileSync(join(folder, 'items.json'), JSON.stringify({ mappings: items.map(({ item }) => item) }))
  await paste('curl -sf -X PATCH $INTEGRATION -H "$AUTH" -H "$JSON" -d @items.json')
  const previewed = JSON.parse(
    await paste(
      `curl -sf $INTEGRATION/preview -H "$AUTH" -H "$JSON" -d '{"organization_user_id":["'$PERSON'"]}'`,
    ),
  )
  const fields: { id: string; would: Json }[] = previewed.data[0].records[0].fields
  for (const { item, value } of items)
    assert.equal(contradiction(value, fields.find(({ id }) => id === item.id)?.would, item.id), undefined)
  assert.equal(await heed.end('SIGTERM'), 0)
})

/** With the fields that the page's examples have and a fresh org lacks, and with the person of whom it tells. */
async function startOrg() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const org = await startSandboxOrg({ jwt: { publicKey, username: 'integration.user@acme.example' } })
  after(() => org.close())
  const picklist = ['E-Mail', 'Text']
  for (const object of ['Lead', 'Contact']) {
    org.addField(object, { name: 'Contact_By__c', type: 'picklist', restrictedPicklist: true, picklist })
    org.addField(object, { name: 'Topics_Text__c', type: 'string', length: 255 })
    org.addField(object, { name: 'Consent_Day__c', type: 'date' })
    org.addField(object, { name: 'Second_Email__c', type: 'email', length: 80 })
  }
  const ana = org.insert('Lead', { LastName: 'Almeida', Company: 'Acme', Email: 'ana.almeida@example.com' })
  return { org, ana, privateKey }
}

/** A look is repeated until what is on its way has come. */
async function answers(
  command: string,
  shown: Json,
  paste: (command: string) => Promise<string>,
): Promise<void> {
  const ask = async () => contradiction(shown, JSON.parse(await paste(command)))
  let found = await ask()
  const isLook = !/ -d | -X /.test(command)
  if (isLook && found !== undefined)
    await eventually(async () => {
      found = await ask()
      return found === undefined
    }, 20_000).catch(() => undefined)
  assert.equal(found, undefined, command)
}

test('each JSON on the page that is no answer is a change that the schemas take', () => {
  const changes = blocksOf(page).filter(({ language }) => language === 'json')
  assert.ok(changes.length >= 5)
  for (const { text } of changes) {
    const change = integrationPatch.parse(JSON.parse(text))
    if (change.properties) properties.parse(change.properties)
    for (const item of change.mappings ?? []) mapping.parse(item)
    authentication.in.partial().parse(change.authentication ?? {})
  }
  for (const { item } of items) mapping.parse(item)
})

test('the page tells every field of an integration, and every code of Heed’s own, and none that there is not', () => {
  const fields = [integrationInput, properties, mapping, authentication.in].flatMap(({ shape }) =>
    Object.keys(shape),
  )
  assert.ok(fields.length >= 25)
  for (const field of fields) assert.match(page, new RegExp(`[\`.]${field}\``), field)
  const folder = join(import.meta.dirname, '../src')
  const source = globSync('{connectors/salesforce,deliver}/**/*.ts', { cwd: folder })
    .filter(name => !name.endsWith('.test.ts'))
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  const codes = [...source.matchAll(/\bcode: '([A-Z_]+)'/g)].map(([, code]) => code as string)
  assert.ok(codes.length >= 12)
  for (const code of codes) assert.ok(page.includes(`\`${code}\``), code)
  const told = [...page.matchAll(/^\| (`[A-Z_`, ]+`) \| /gm)].flatMap(
    ([, cell = '']) => cell.match(/[A-Z_]+/g) ?? [],
  )
  assert.ok(told.length >= 50)
  for (const code of told) assert.match(source, new RegExp(`\\b${code}\\b`), code)
})

test('the page’s table of contents leads to headings that are there', () => {
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor as string)
  assert.ok(links.length >= 30)
  for (const link of links) assert.ok(anchors.includes(link), link)
})
