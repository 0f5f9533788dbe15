import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Outcome, Owed } from '../../contract.ts'
import { contact, lead, NEWSLETTER, owed, passageOf, startTrial, type Trial } from '../trial.ts'
import { filesOf, recordsOf } from './csv.ts'

const patience = { bulkFewestRows: 3, bulkFirstPollMs: 5 }
const CHANNEL = { id: 'Channel__c', value: 'channel' }
const email = (n: number) => `p${n}@x.io`

async function startBulk(t: TestContext, people = 10): Promise<Trial & { ids: string[]; jobs: Set<string> }> {
  const trial = await startTrial(t)
  const rows = Array.from({ length: people }, (_, n) => lead(email(n)))
  return { ...trial, ids: trial.org.insertMany('Lead', rows), jobs: new Set() }
}
const choices = (count: number, before: readonly Outcome[] = [], newsletter = true): Owed[] =>
  Array.from({ length: count }, (_, n) => owed(email(n), { newsletter, channel: 'sms' }, before[n]))
const statesOf = (outcomes: readonly Outcome[]) => outcomes.map(({ state }) => state)

test('a backlog goes by a job, and each person learns what became of their rows', async t => {
  const { org, open, ids, jobs, calls } = await startBulk(t)
  const session = open({ patience, mappings: [NEWSLETTER, CHANNEL] })
  org.remove(ids[3] as string)
  org.addValidationRule('Lead', {
    name: 'No_p5',
    message: 'not this one',
    refuses: record => record.Email === email(5),
  })
  const outcomes = await session.deliver(choices(10), passageOf({ jobs }))
  assert.deepEqual(
    statesOf(outcomes),
    Array.from({ length: 10 }, (_, n) => (n === 3 ? 'unmatched' : n === 5 ? 'failed' : 'delivered')),
  )
  assert.deepEqual(
    [outcomes[5]?.error?.code, outcomes[5]?.error?.message],
    ['FIELD_CUSTOM_VALIDATION_EXCEPTION', 'not this one'],
  )
  assert.ok(outcomes[0]?.written[0]?.call)
  for (const [n, id] of ids.entries())
    if (n !== 3 && n !== 5)
      assert.deepEqual([org.get(id)?.Newsletter__c, org.get(id)?.Channel__c], [true, 'sms'])
  assert.equal(jobs.size, 0)
  assert.ok((calls.bulk ?? 0) <= 8, String(calls.bulk))
})

test('leads and contacts are jobs of their own; few rows of a kind go by collections', async t => {
  const { org, open, jobs, calls } = await startBulk(t, 4)
  const one = org.insert('Contact', contact(email(0)))
  const session = open({ patience, properties: { sobject: ['Lead', 'Contact'] } })
  assert.ok(
    statesOf(await session.deliver(choices(4), passageOf({ jobs }))).every(state => state === 'delivered'),
  )
  assert.equal(org.get(one)?.Newsletter__c, true)
  assert.equal(org.usage.byKind.bulk, calls.bulk)
})

test('a record that was deleted since it was remembered is looked up anew in the same round', async t => {
  const { org, open, ids, jobs } = await startBulk(t, 300)
  const session = open({ patience })
  const first = await session.deliver(choices(300), passageOf({ jobs }))
  org.remove(ids[7] as string)
  const other = org.insert('Lead', lead(email(7)))
  const second = await session.deliver(choices(300, first, false), passageOf({ jobs }))
  assert.ok(statesOf(second).every(state => state === 'delivered'))
  assert.deepEqual(
    second[7]?.links.map(({ id }) => id),
    [other],
  )
  assert.equal(org.get(other)?.Newsletter__c, false)
})

test('rows that a failed job left over are taken up again, those that it wrote are done', async t => {
  const { org, open, jobs } = await startBulk(t)
  org.faults.inject({ kind: 'job', after: 0.5, times: 1 })
  const outcomes = await open({ patience }).deliver(choices(10), passageOf({ jobs }))
  const states = Map.groupBy(outcomes, ({ state }) => state)
  assert.equal(states.get('delivered')?.length, 5)
  assert.equal(states.get('retry')?.length, 5)
  assert.equal(states.get('retry')?.[0]?.error?.code, 'BULK_UNPROCESSED')
})

test('a look at the job that fails is made again, and the job not begun again', async t => {
  const { org, open, jobs, calls } = await startBulk(t)
  // Requests without a body: looks at the job, and its results.
  org.faults.inject({ kind: 'status', status: 503, times: 2, match: /^bulk $/ })
  const outcomes = await open({ patience }).deliver(choices(10), passageOf({ jobs }))
  assert.ok(statesOf(outcomes).every(state => state === 'delivered'))
  assert.ok((calls.bulk ?? 0) >= 7 && (calls.bulk ?? 0) <= 10, String(calls.bulk))
})

test('an org that takes no job from this user gets the rows by collections', async t => {
  const { org, open, ids, jobs } = await startBulk(t)
  org.faults.inject({ kind: 'status', status: 403, code: 'FUNCTIONALITY_NOT_ENABLED', match: /^bulk/ })
  const outcomes = await open({ patience }).deliver(choices(10), passageOf({ jobs }))
  assert.ok(statesOf(outcomes).every(state => state === 'delivered'))
  assert.equal(org.get(ids[9] as string)?.Newsletter__c, true)
})

for (const [what, fault] of [
  [
    'whose jobs of the day are used up',
    { kind: 'status', status: 403, code: 'LIMIT_EXCEEDED', match: /^bulk/ },
  ],
  ['that ends a job before its first row', { kind: 'job', after: 0 }],
] as const)
  test(`an org ${what} gets the rows by collections`, async t => {
    const { org, open, jobs } = await startBulk(t)
    org.faults.inject({ times: 1, ...fault })
    const outcomes = await open({ patience }).deliver(choices(10, [], false), passageOf({ jobs }))
    assert.ok(statesOf(outcomes).every(state => state === 'delivered'))
    assert.ok((org.usage.byKind.composite ?? 0) > 0)
  })

test('a duplicate rule that only alerts does not stop the update of a record; one that blocks does', async t => {
  const { org, open, ids, jobs, calls } = await startBulk(t)
  org.insert('Lead', lead('eve@x.io', { Channel__c: 'sms' }))
  const rule = { object: 'Lead', matchOn: ['Channel__c'], onUpdate: true } as const
  const name = org.setDuplicateRule({ ...rule, action: 'alert' })
  const session = open({ patience, mappings: [NEWSLETTER, CHANNEL] })
  const outcomes = await session.deliver(choices(10), passageOf({ jobs }))
  assert.ok(statesOf(outcomes).every(state => state === 'delivered'))
  assert.ok(ids.every(id => org.get(id)?.Channel__c === 'sms'))
  assert.ok((calls.bulk ?? 0) > 0)
  for (const id of ids) org.update(id, { Channel__c: null })
  org.removeDuplicateRule(name)
  org.setDuplicateRule({ ...rule, action: 'block' })
  const blocked = await session.deliver(choices(10), passageOf({ jobs }))
  assert.ok(blocked.every(({ state, error }) => state === 'failed' && error?.code === 'DUPLICATES_DETECTED'))
})

test('rows whose triggers take too long together go by smaller collections', async t => {
  const { org, open, jobs } = await startBulk(t, 40)
  org.setTriggerCost('Lead', 0.5)
  org.setGovernor({ cpuLimitMs: 8 })
  const outcomes = await open({ patience }).deliver(choices(40), passageOf({ jobs }))
  assert.ok(statesOf(outcomes).every(state => state === 'delivered'))
})

test('creations by a unique external id go by an upsert job; plain ones by collections, once', async t => {
  const { org, open, jobs } = await startBulk(t, 0)
  const byId = open({ patience, upsert: true, properties: { match_field: 'Pmp_Id__c' } })
  assert.ok(
    statesOf(await byId.deliver(choices(5), passageOf({ jobs }))).every(state => state === 'delivered'),
  )
  assert.ok(
    statesOf(await byId.deliver(choices(5), passageOf({ jobs }))).every(state => state === 'delivered'),
  )
  assert.equal(org.records('Lead').length, 5)
  const byEmail = open({ patience, upsert: true, properties: { sobject: ['Contact'] } })
  assert.ok(
    statesOf(await byEmail.deliver(choices(5), passageOf({ jobs }))).every(state => state === 'delivered'),
  )
  assert.equal(org.records('Contact').length, 5)
})

test('a round that is stopped ends its job; what another process left is ended by whoever comes next', async t => {
  const trial = await startTrial(t, { bulk: { startDelayMs: 60_000 } })
  trial.org.insertMany(
    'Lead',
    Array.from({ length: 5 }, (_, n) => lead(email(n))),
  )
  const jobs = new Set<string>()
  const session = trial.open({ patience })
  const stop = new AbortController()
  const passage = passageOf({ jobs, signal: stop.signal })
  let job = ''
  const bulk = {
    ...(passage.bulk as NonNullable<typeof passage.bulk>),
    began: async (id: string) => {
      job = id
      setTimeout(() => stop.abort(), 50)
    },
  }
  await assert.rejects(session.deliver(choices(5), { ...passage, bulk }), { name: 'AbortError' })
  await session.abandon(job, new AbortController().signal)
  await session.abandon('7505e000000000AAA', new AbortController().signal)
  assert.ok(trial.org.records('Lead').every(({ Newsletter__c }) => Newsletter__c === false))
})

test('a job that the org does not get on with is ended, and its rows are taken up again', async t => {
  const { org, open } = await startTrial(t, { bulk: { startDelayMs: 60_000 } })
  org.insertMany(
    'Lead',
    Array.from({ length: 5 }, (_, n) => lead(email(n))),
  )
  const jobs = new Set<string>()
  const ended: string[] = []
  const passage = passageOf({ jobs })
  const bulk = {
    ...(passage.bulk as NonNullable<typeof passage.bulk>),
    ended: async (id: string) => void ended.push(id),
  }
  const session = open({ patience: { ...patience, bulkMs: 0 } })
  await assert.rejects(session.deliver(choices(5), { ...passage, bulk }), {
    code: 'REQUEST_RUNNING_TOO_LONG',
    kind: 'transient',
    mayStillRun: false,
  })
  assert.deepEqual(ended, [...jobs], 'it writes nothing any more')
})

test('what CSV has to say strangely is read back as it was', () => {
  const values = ['a,b', 'say "yes"', 'two\nlines', ' spaced ', 'naïve 😀', '=1+1', 'עברית', "O'Hara\\"]
  const rows = values.map((value, n) => ({
    object: 'Lead',
    id: `00Q00000000000${n}`,
    fields: n % 2 ? { A__c: value } : { A__c: value, B__c: null },
    isWithdrawal: false,
    owners: [],
  }))
  const [file] = filesOf(rows, 'Id')
  assert.deepEqual(
    recordsOf(file?.text ?? '', ['Id', 'A__c', 'B__c']),
    rows.map(({ id, fields }, n) => ({ Id: id, A__c: fields.A__c, B__c: n % 2 ? '' : '#N/A' })),
  )
})

test('a file stays so small that the results, which repeat it, can be read', () => {
  const fields = { A__c: 'x'.repeat(32_000) }
  const rows = Array.from({ length: 300 }, (_, n) => ({
    ...{ object: 'Lead', id: `00Q${n}`, fields, isWithdrawal: false, owners: [] },
  }))
  const files = filesOf(rows, 'Id')
  assert.equal(
    files.reduce((sum, file) => sum + file.rows.size, 0),
    300,
  )
  assert.ok(files.every(({ text }) => text.length < 9_000_000))
  assert.deepEqual(recordsOf(`\ufeff${files[0]?.text}`, ['Id'])[0], { Id: '00Q0' })
})
