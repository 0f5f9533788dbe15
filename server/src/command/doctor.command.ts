/**
 * `npm run doctor`: tests every integration as `POST .../test` does, shows how each goes, and exits 1 if something is wrong.
 * `npm run doctor -- --integration ID` looks at one. HEED_URL, HEED_API_KEY and HEED_API_SECRET say where.
 */
import { parseArgs } from 'node:util'
import type { Check } from '../connectors/contract.ts'
import type { Failures } from '../deliver/failures.ts'
import type { IntegrationOutput } from '../deliver/schema.ts'
import type { Standing } from '../deliver/standing.ts'
import { connect, runCommand } from './connect.ts'

await runCommand(async () => {
  const { values } = parseArgs({ options: { integration: { type: 'string' } } })
  const { url, call } = connect(process.env)
  const path = '/marketplace/integrations'
  const { data } = await call<{ data: IntegrationOutput[] }>('GET', `${path}?$limit=100`)
  const chosen = data.filter(({ id }) => values.integration === undefined || id === values.integration)
  if (data.length === 0)
    throw new Error(`there is no integration at ${url} yet: docs/salesforce.md makes one`)
  if (chosen.length === 0) throw new Error(`there is no such integration at ${url}`)
  for (const { id, name, type_id } of chosen) {
    console.log(`\n${name || type_id} (${id})\n`)
    const { checks } = await call<{ checks: Check[] }>('POST', `${path}/${id}/test`)
    for (const check of checks) say(check)
    const standing = await call<Standing>('GET', `${path}/${id}/status`)
    for (const check of checksOf(standing)) say(check)
    if (standing.people.failed === 0) continue
    const { data: causes } = await call<Failures>('GET', `${path}/${id}/failures`)
    for (const { code, message, cure, people, withdrawals } of causes)
      say({
        name: code,
        ok: withdrawals === 0,
        message: `${people} failed, ${withdrawals} of them with a withdrawal: ${message}`,
        cure,
      })
    console.log(
      '  Once that is mended they go within a day, or at once by POST .../replay {"state": "failed"}.',
    )
  }
})

function say({ name, ok, message, cure }: Check): void {
  console.log(`  ${ok ? (cure ? '!' : '✓') : '✗'} ${name}: ${message}`)
  if (cure) console.log(`      ${cure}`)
  if (!ok) process.exitCode = 1
}

function checksOf({ health, reasons, people, oldest_withdrawal_owed_seconds: oldest }: Standing): Check[] {
  const { delivered, owed, unmatched, failed } = people
  return [
    {
      name: 'Delivery',
      ok: health === 'good',
      message: `${delivered} people delivered, ${owed} owed, ${unmatched} without a record, ${failed} failed; ${oldest > 0 ? `a withdrawal has been outstanding for ${Math.round(oldest)} s` : 'no withdrawal is outstanding'}`,
    },
    ...reasons.map(({ code, message, cure }) => ({ name: code, ok: false, message, cure })),
  ]
}
