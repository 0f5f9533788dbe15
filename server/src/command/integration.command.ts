/**
 * Mapping as code.
 * `npm run -s integration -- export ID > file.json` writes an integration as a file; its credentials are named, not shown.
 * `npm run integration -- apply file.json` creates or changes it to what the file says and shows what differs;
 * `--dry-run` has everything checked against the target and changes nothing. The environment holds the credentials that the
 * file names; with none of them set, those that are stored stay.
 * HEED_URL, HEED_API_KEY and HEED_API_SECRET say where.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { z } from 'zod'
import type { exported } from '../deliver/export.ts'
import type { IntegrationOutput } from '../deliver/schema.ts'
import { ApiError, type Call } from './caller.ts'
import { type ConfigurationFile, credentialsOf, parseConfiguration } from './configuration.ts'
import { connect, runCommand } from './connect.ts'
import { diff } from './diff.ts'

type Exported = z.infer<typeof exported>

const PATH = '/marketplace/integrations'
const USAGE = 'usage: npm run integration -- export ID | apply FILE [--dry-run]'

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: { 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [verb, subject] = positionals
  const { call } = connect(process.env)
  if (verb === 'export' && subject)
    console.log(JSON.stringify(await call<Exported>('GET', `${PATH}/${subject}/export`), null, 2))
  else if (verb === 'apply' && subject) await apply(call, await readFile(subject, 'utf8'), values['dry-run'])
  else throw new Error(USAGE)
})

async function apply(call: Call, text: string, isDryRun: boolean): Promise<void> {
  const file = parseConfiguration(text)
  const current = await find(call, file)
  const credentials = credentialsOf(file, process.env)
  if (!current && !credentials)
    throw new Error(
      'the credentials that the file names must be set in the environment to create the integration',
    )
  const { id: _, authentication: __, ...wanted } = file
  const lines = diff(current ? comparable(current, wanted) : {}, wanted)
  console.log(current ? `${current.name || current.type_id} (${current.id})` : 'a new integration')
  for (const line of lines) console.log(`  ${line}`)
  console.log(credentials ? '  authentication: from the environment' : '  authentication: as it is stored')
  if (lines.length === 0 && !credentials) return console.log('Nothing differs.')
  const body = {
    ...wanted,
    ...(credentials ? { authentication: { ...takenAway(current, credentials), ...credentials } } : {}),
  }
  const query = isDryRun ? '?$dry_run=true' : ''
  const saved = await (current
    ? call<IntegrationOutput>('PATCH', `${PATH}/${current.id}${query}`, body)
    : call<IntegrationOutput>('POST', PATH + query, body)
  ).catch(refused)
  console.log(isDryRun ? 'The target accepts it. Nothing was changed.' : `Applied: ${saved.id}`)
}

/**
 * By its id, else by its name: the same file serves several organizations. Whoever has neither here would be made anew by each
 * application, and two integrations would write one target.
 */
async function find(call: Call, { id, name, type_id }: ConfigurationFile): Promise<Exported | undefined> {
  const { data } = await call<{ data: IntegrationOutput[] }>('GET', `${PATH}?$limit=100`)
  const named = data.filter(one => one.type_id === type_id && one.name === name)
  const found = data.find(one => one.id === id) ?? (name ? named[0] : undefined)
  if (found?.id !== id && named.length > 1)
    throw new Error(`${named.length} integrations are called “${name}”: say in the file which, by its id`)
  if (!found && !name)
    throw new Error('there is no integration of this id: give the file a name, by which it is found again')
  return found && call<Exported>('GET', `${PATH}/${found.id}/export`)
}

/** What the file does not speak of stays as it is, and is no difference. */
function comparable(current: Exported, wanted: object): object {
  return Object.fromEntries(Object.entries(current).filter(([key]) => key in wanted))
}

/** Fields of another way of signing in. */
function takenAway(current: Exported | undefined, credentials: object): Record<string, null> {
  const former = Object.keys(current?.authentication ?? {}).filter(field => !(field in credentials))
  return Object.fromEntries(former.map(field => [field, null]))
}

function refused(error: unknown): never {
  if (!(error instanceof ApiError) || Object.keys(error.errors).length === 0) throw error
  const lines = Object.entries(error.errors).map(([path, message]) => `  ${path}: ${message}`)
  throw new Error(`Refused:\n${lines.join('\n')}`, { cause: error })
}
