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
import { startGateway } from './wire.ts'

const { SIMULATION_SEED, SIMULATION_SEEDS, SIMULATION_FIRST } = process.env
const MOST = Number(SIMULATION_SEED ? 1 : (SIMULATION_SEEDS ?? 400))
const FIRST = Number(
  SIMULATION_SEED ?? (SIMULATION_FIRST === 'random' ? randomInt(2 ** 31) : (SIMULATION_FIRST ?? 1)),
)
/** On a busy machine fewer are played, unless somebody asked for so many. */
const ENOUGH_MS = SIMULATION_SEEDS === undefined ? 20_000 : Number.POSITIVE_INFINITY
const SHRINK_MS = 20_000
/** A simulation in which one of these never happens proves less than it says. */
const MUST_HAPPEN = [
  ...['insert', 'convert', 'merge', 'remove', 'edit', 'move', 'lock field', 'drop field', 'mend fields'],
  ...['say', 'resume', 'land', 'replay', 'restart', 'expire tokens', 'killed', 'late call done'],
  ...['bulk round', 'abort jobs', 'orphaned job ended', 'look', 'look: owed'],
  ...['changed', 'missing', 'duplicate', 'not_writable'].map(kind => `difference: ${kind}`),
  ...TRAPS.map(how => `trap: ${how}`),
  ...['delivered', 'unmatched', 'retry BULK_UNPROCESSED', 'retry SERVER_ERROR'].map(
    what => `outcome: ${what}`,
  ),
  ...['UNREACHABLE', 'SERVER_UNAVAILABLE', 'SERVER_ERROR', 'INVALID_FIELD'].map(code => `rest: ${code}`),
]

const gateway = await startGateway()
const agent = new Agent()
after(async () => {
  gateway.close()
  await agent.destroy()
})

test('whatever happens, the org ends equal to what people last said', async t => {
  const counts = new Map<string, number>()
  const property = fc.asyncProperty(history, one => run(one, { agent, gateway, counts }))
  const beganAtMs = Date.now()
  let played = 0
  while (played < MOST && Date.now() - beganAtMs < ENOUGH_MS) {
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
  if (played >= 400)
    assert.deepEqual(
      MUST_HAPPEN.filter(what => !counts.has(what)),
      [],
    )
})
