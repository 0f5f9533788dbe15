/**
 * Random histories against the real connector and the sandbox org over HTTP, with a deliver room in memory.
 *
 *     SIMULATION_SEEDS=5000 node --test server/test/simulation/connector.test.ts
 *     SIMULATION_SEEDS=1000 SIMULATION_FIRST=random node --test server/test/simulation/connector.test.ts
 *     SIMULATION_SEED=123 node --test server/test/simulation/connector.test.ts
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { Agent } from 'undici'
import { history, TRAPS } from './history.ts'
import { run } from './run.ts'
import { controlTimeouts, startGateway } from './wire.ts'

const { SIMULATION_SEED, SIMULATION_SEEDS, SIMULATION_FIRST } = process.env
const MOST = Number(SIMULATION_SEED ? 1 : (SIMULATION_SEEDS ?? 400))
const FIRST = Number(
  SIMULATION_SEED ?? (SIMULATION_FIRST === 'random' ? randomInt(2 ** 31) : (SIMULATION_FIRST ?? 1)),
)
/** On a busy machine fewer are played, unless somebody asked for so many; but never fewer than these. */
const FEW = 50
const ENOUGH_MS = SIMULATION_SEEDS === undefined ? 20_000 : Number.POSITIVE_INFINITY
const SHRINK_MS = 20_000
/** Fewer than a run of 20 s plays, unless the machine is busy; more than twice as many as each of these needs. */
const SOME = 200
/** So many seeds bring about everything. */
const MANY = 1_000
/** A simulation in which one of these never happens proves less than it says: of the first ones, however short it is. */
const HAPPENS_OFTEN = [
  ...['say', 'deliver', 'deliver at once', 'replay', 'restart', 'killed'],
  ...['insert', 'convert', 'merge', 'remove', 'edit', 'move'],
  ...['round', 'bulk round', 'late call done', 'look', 'look: owed', 'difference: changed'],
  ...['outcome: delivered', 'outcome: unmatched', 'rest: SERVER_ERROR'],
]
const HAPPENS_IN_SOME = [
  ...['lock field', 'drop field', 'forbid', 'duplicate rule', 'mend', 'resume', 'land', 'expire tokens'],
  ...['obstacle', 'look: mended'],
  ...['orphaned job ended', 'two rounds at once', 'move and convert', 'rows of a held account'],
  ...['missing', 'duplicate', 'not_writable'].map(kind => `difference: ${kind}`),
  ...['park', 'kill-after', 'late', 'hang', 'job-park', 'job-kill'].map(how => `trap: ${how}`),
  ...['retry BEING_CREATED', 'retry UNABLE_TO_LOCK_ROW'].map(what => `outcome: ${what}`),
  ...['TIMEOUT', 'UNREACHABLE'].map(code => `rest: ${code}`),
  ...['Email', 'link, Email', 'link, Pmp_Id__c'].map(key => `followed: ${key}`),
  ...['by its account', 'by its contact', 'created'].map(what => `person account: ${what}`),
]
const MATCH_FIELDS = ['Email', 'Pmp_Id__c', 'Key__c', 'Score__c', 'Member__c']
const MUST_HAPPEN = [
  ...['withdrawn behind an obstacle', 'abort jobs', 'batches lock rows', 'calls lock rows'],
  ...TRAPS.map(how => `trap: ${how}`),
  ...['retry BULK_UNPROCESSED', 'failed DUPLICATES_DETECTED'].map(what => `outcome: ${what}`),
  ...['SERVER_UNAVAILABLE', 'SERVER_ERROR', 'INVALID_FIELD'].map(code => `rest: ${code}`),
  ...MATCH_FIELDS.flatMap(field => [`followed: ${field}`, `followed: link, ${field}`]),
  ...['merge', 'remove', 'edit'].map(what => `person account: ${what}`),
]

const gateway = await startGateway()
const agent = new Agent()
const expire = controlTimeouts()
after(async () => {
  gateway.close()
  await agent.destroy()
})

test('whatever happens, the org ends equal to what people last said', async t => {
  const counts = new Map<string, number>()
  const property = fc.asyncProperty(history, one => run(one, { agent, gateway, counts, expire }))
  const beganAtMs = Date.now()
  let played = 0
  while (played < Math.min(FEW, MOST) || (played < MOST && Date.now() - beganAtMs < ENOUGH_MS)) {
    const seed = FIRST + played++
    const limits = { interruptAfterTimeLimit: SHRINK_MS, markInterruptAsFailure: true }
    const result = await fc.check(property, { seed, numRuns: 1, ...limits })
    if (!result.failed) continue
    const [smallest] = result.counterexample ?? []
    assert.fail(
      [
        `seed ${seed}, after ${played} seeds: ${(result.errorInstance as Error)?.stack ?? 'it takes too long'}`,
        `replay: SIMULATION_SEED=${seed} node --test server/test/simulation/connector.test.ts`,
        `the smallest such history (${result.numShrinks} times shrunk), in ${JSON.stringify(smallest?.world)}`,
        ...(smallest?.acts ?? []).map((act, i) => `${i}: ${JSON.stringify(act)}`),
      ].join('\n'),
    )
  }
  const happened = [...counts].sort().map(([what, times]) => `${what} ${times}`)
  t.diagnostic(`${played} seeds from ${FIRST}: ${happened.join(', ')}`)
  const missing = (all: readonly string[]): string[] => all.filter(what => !counts.has(what))
  for (const [seeds, all] of [
    [FEW, HAPPENS_OFTEN],
    [SOME, HAPPENS_IN_SOME],
    [MANY, MUST_HAPPEN],
  ] as const)
    if (played >= seeds) assert.deepEqual(missing(all), [])
    else t.diagnostic(`below ${seeds} seeds these need not happen, and did not: ${missing(all)}`)
})
