import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandboxOrg } from '@heed/sandbox'
import { measure, peer } from './contestants.ts'
import { judge } from './judge.ts'
import { changeOf, chosenIn, fill, type Workload } from './workloads.ts'

const workload: Workload = { name: 'test', people: 400, peopleOneByOne: 0, changesEach: 2, messy: true }

test('the judge finds who is wrong, and who is wrong in silence', async () => {
  const org = await startSandboxOrg()
  try {
    const people = fill(org, workload.people, true)
    const changes = chosenIn(workload, workload.people).map(changeOf)
    assert.equal(judge(org, changes, people.liveIds, []).right, 0)
    for (const { email, newsletter, topics } of changes)
      for (const id of people.liveIds[email] ?? [])
        org.update(id, { Newsletter__c: newsletter, Topics__c: topics.split(';').reverse().join(';') })
    assert.deepEqual(judge(org, changes, people.liveIds, []), {
      people: 400,
      right: 400,
      wrong: 0,
      silent: 0,
    })

    const twice = Object.keys(people.liveIds).find(email => people.liveIds[email]?.length === 2) as string
    const converted = Object.keys(people.liveIds).find(email =>
      people.liveIds[email]?.[0]?.startsWith('003'),
    ) as string
    for (const email of [twice, converted])
      org.update(people.liveIds[email]?.at(-1) as string, { Topics__c: 'travel;food;music;sport' })
    assert.deepEqual(judge(org, changes, people.liveIds, [twice]), {
      people: 400,
      right: 398,
      wrong: 2,
      silent: 1,
    })
  } finally {
    await org.close()
  }
})

test('the floor ends right, in as few calls as there are thousands of records', async () => {
  const { right, people, calls } = await measure(peer('floor'), workload)
  assert.deepEqual({ right, people, calls }, { right: 400, people: 400, calls: 1 })
})

test('a floor whose rows are refused is wrong, and says so', async () => {
  const faults = [{ kind: 'row' as const, times: 3 }]
  const { wrong, silent } = await measure(peer('floor'), { ...workload, faults })
  assert.deepEqual({ wrong, silent }, { wrong: 3, silent: 0 })
})
