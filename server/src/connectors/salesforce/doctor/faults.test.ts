import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../../test/property.ts'
import { lead, sourcesOf, startTrial } from '../trial.ts'

const sources = sourcesOf({ newsletter: { kind: 'boolean', valueIds: [] } })

test('whatever call fails in whatever way, the connection test answers, and each failure has its cure', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const fault = fc.record({
    kind: fc.constantFrom(
      'status' as const,
      'html' as const,
      'cut' as const,
      'cut-after' as const,
      'hang' as const,
    ),
    status: fc.constantFrom(200, 400, 401, 403, 404, 500, 503),
    code: fc.constantFrom(
      'INVALID_SESSION_ID',
      'REQUEST_LIMIT_EXCEEDED',
      'API_CURRENTLY_DISABLED',
      'NEVER_SEEN',
    ),
    match: fc.constantFrom('versions', 'token', 'describe', 'composite'),
    times: fc.integer({ min: 1, max: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (faults, upsert) => {
        org.faults.clear()
        for (const one of faults) org.faults.inject(one)
        const properties = { sobject: ['Lead', 'Contact'] }
        const checks = await open({ upsert, properties, patience: { requestTimeoutMs: 60 } }).check(sources)
        assert.equal(checks[0]?.name, 'Host and API version')
        for (const { name, ok, message, cure = '' } of checks) {
          assert.ok(message.length > 0, name)
          if (!ok) assert.ok(cure.length > 10, `${name}: ${message}`)
        }
        // All that failed went by: the next test sees a healthy org.
        org.faults.clear()
        const healthy = await open({ upsert, properties }).check(sources)
        assert.deepEqual(
          healthy.filter(({ ok }) => !ok),
          [],
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('a look at the records that the org does not answer in time hides no other finding', async t => {
  const { org, open } = await startTrial(t)
  org.faults.inject({ kind: 'hang', match: 'ORDER+BY+Email', times: 9 })
  const checks = await open({ patience: { requestTimeoutMs: 200 } }).check(sources)
  const said = (name: string) => checks.find(check => check.name === name)?.message ?? ''
  assert.match(said('Shared values of Lead.Email'), /could not be seen/)
  assert.match(said('Duplicate rules'), /none is active/)
  assert.match(said('Integration user'), /@/)
})
