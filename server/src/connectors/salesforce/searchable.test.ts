import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TargetError } from '../contract.ts'
import { deliverOne, lead, NEWSLETTER, owed, sourcesOf, startTrial } from './trial.ts'

const sources = sourcesOf({ newsletter: { kind: 'boolean', valueIds: [] } })

const UNSEARCHABLE = [
  ['Platform-encrypted', { type: 'string', length: 80, encrypted: true }, /encrypted or not filterable/],
  ['long', { type: 'textarea', length: 5_000, filterable: false }, /encrypted or not filterable/],
  ['rich', { type: 'textarea', length: 200 }, /type textarea, by which people cannot be found/],
  ['yes-or-no', { type: 'boolean' }, /type boolean/],
  ['dated', { type: 'datetime' }, /type datetime/],
  ['classically encrypted', { type: 'encryptedstring', length: 80, filterable: false }, /not filterable/],
] as const

for (const [kind, field, says] of UNSEARCHABLE)
  test(`a match field that is ${kind} is refused at save with its reason, and searched by nobody`, async t => {
    const { org, open } = await startTrial(t)
    org.addField('Lead', { name: 'Person__c', ...field })
    const id = org.insert('Lead', lead('ann@x.io'))
    const given = { properties: { match_field: 'Person__c' } }
    const issues = await open(given).validate(sources)
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['properties.match_field'],
    )
    assert.match(issues[0]?.message ?? '', says)
    assert.match(issues[0]?.cure ?? '', /external id/)
    // Encrypted since it was saved: held with the same reason, instead of finding nobody and creating everybody anew.
    const outcome = deliverOne(open({ ...given, upsert: true }), owed('ann@x.io'))
    await assert.rejects(outcome, (error: unknown) => error instanceof TargetError && error.kind === 'hold')
    assert.deepEqual(
      org.records('Lead').map(({ Id }) => Id),
      [id],
    )
  })

test('only the object whose match field cannot be searched is refused', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Contact', { name: 'Person__c', type: 'string', encrypted: true })
  const match_field = { Lead: 'Email', Contact: 'Person__c' }
  const issues = await open({ properties: { sobject: ['Lead', 'Contact'], match_field } }).validate(sources)
  assert.deepEqual(
    issues.map(({ path }) => path),
    ['properties.match_field.Contact'],
  )
})

test('an encrypted field can be written, since nobody is searched by it', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Lead', { name: 'Choice__c', type: 'string', length: 20, encrypted: true })
  const id = org.insert('Lead', lead('ann@x.io'))
  const session = open({ mappings: [NEWSLETTER, { id: 'Choice__c', value: 'newsletter' }] })
  assert.deepEqual(await session.validate(sources), [])
  assert.equal((await deliverOne(session, owed('ann@x.io'))).state, 'delivered')
  assert.equal(org.get(id)?.Choice__c, 'true')
})
