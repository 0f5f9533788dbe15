/** `npm run docs`: writes the tables into docs/ from the code that acts on them. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RULES, type Rule, type Verdict } from '../server/src/connectors/salesforce/rules.ts'
import { errorKinds } from '../server/src/http/errors.ts'
import { placeholdersOf, templateIds, templates } from '../server/src/mail/templates.ts'

const folder = import.meta.dirname
const duration = (seconds: number): string =>
  seconds < 86_400 ? `${seconds / 60} minutes` : `${seconds / 86_400} days`
/** Those first for which somebody must act. */
const verdicts: [Verdict, string][] = [
  ['stop', 'holds'],
  ['person', 'waits'],
  ['anew', 'looked up'],
  ['transient', 'tried again'],
]

const tables: Record<string, string[][]> = {
  'errors.md': [
    ['Status', 'Name', 'Does a retry help?', 'Who acts', 'Cure'],
    ...Object.values(errorKinds).map(({ status, name, retry, who, cure }) => [
      String(status),
      `\`${name}\``,
      retry ? 'yes' : 'no',
      who,
      cure,
    ]),
  ],
  'mail.md': [
    ['`email_type`', 'What it is', 'Parameters', 'Of use for'],
    ...templateIds.map(id => [
      `\`${id}\``,
      templates[id].about,
      placeholdersOf(id)
        .map(name => `\`${name}\``)
        .join(', '),
      duration(templates[id].usefulSeconds),
    ]),
  ],
  'salesforce.md': [
    ['Code', 'What happens', 'Cure'],
    ...verdicts.flatMap(([verdict, happens]) =>
      [
        ...Map.groupBy(
          RULES.filter(rule => rule.verdict === verdict),
          ({ cure }) => cure,
        ),
      ].map(([cure, rules]) => [rules.map(refusal).join(', '), happens, cure]),
    ),
  ],
}

/** What an administrator compares with a message: not the expression that Heed tests it by. */
function refusal({ code, message }: Rule): string {
  const name = code ? `\`${code}\`` : 'any code'
  if (!message) return name
  const texts = message.source
    .replaceAll('\\b', '')
    .replaceAll('n.t', 'n’t')
    .replaceAll('\\', '')
    .split(/\|(?![^(]*\))/)
    .map(text => `“${text.replace(/\((.+)\|(.+)\)/, '$1 / $2')}”`)
  return `${name} with ${texts.join(' or ')}`
}

let stale = 0
for (const [name, rows] of Object.entries(tables)) {
  const path = join(folder, name)
  const before = readFileSync(path, 'utf8')
  const [head, ...body] = rows.map(cells => `| ${cells.join(' | ')} |`)
  const ruler = `| ${rows[0]?.map(() => '---').join(' | ')} |`
  const after = before.replace(
    /(<!-- table[^>]*-->\n)[\s\S]*(<!-- end -->)/,
    (_, begin: string, end: string) => `${begin}${[head, ruler, ...body].join('\n')}\n${end}`,
  )
  if (after === before) continue
  stale++
  if (process.argv.includes('--check')) console.error(`docs/${name} is older than the code: run npm run docs`)
  else writeFileSync(path, after)
}
if (stale > 0 && process.argv.includes('--check')) process.exit(1)
