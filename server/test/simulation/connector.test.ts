/**
 * Random histories against the real connector and the sandbox org over HTTP, with a deliver room in memory.
 *
 *     SIMULATION_SEEDS=5000 node --test server/test/simulation/connector.test.ts
 *     SIMULATION_SEED=123 node --test server/test/simulation/connector.test.ts
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { Agent } from 'undici'
import { history } from './history.ts'
import { run } from './run.ts'
import { startGateway } from './wire.ts'

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 200)
const SHRINK_MS = 20_000
const only = process.env.SIMULATION_SEED

const gateway = await startGateway()
const agent = new Agent()
after(async () => {
  gateway.close()
  await agent.destroy()
})

test('whatever happens, the org ends equal to what people last said', async t => {
  const counts = new Map<string, number>()
  const first = Number(only ?? process.env.SIMULATION_FIRST ?? 1)
  const last = only === undefined ? first + SEEDS - 1 : first
  for (let seed = first; seed <= last; seed++) {
    const property = fc.asyncProperty(history, one => run(one, { agent, gateway, counts }))
    const result = await fc.check(property, {
      seed,
      numRuns: 1,
      interruptAfterTimeLimit: SHRINK_MS,
      markInterruptAsFailure: true,
    })
    if (!result.failed) continue
    const [smallest] = result.counterexample ?? []
    assert.fail(
      [
        `seed ${seed} (${seed - first + 1} tried, ${result.numShrinks} times shrunk): ${result.errorInstance}`,
        `replay: SIMULATION_SEED=${seed} node --test server/test/simulation/connector.test.ts`,
        `world: ${JSON.stringify(smallest?.world)}`,
        ...(smallest?.acts ?? []).map((act, i) => `${i}: ${JSON.stringify(act)}`),
        String((result.errorInstance as Error)?.stack),
      ].join('\n'),
    )
  }
  t.diagnostic(
    [...counts]
      .sort()
      .map(([what, times]) => `${what}: ${times}`)
      .join('\n'),
  )
})
