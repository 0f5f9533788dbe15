import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome, Passage } from '../contract.ts'
import {
  contact,
  crowd,
  deliverOne,
  idsOf,
  lead,
  NEWSLETTER,
  owed,
  passage,
  passageOf,
  startTrial,
} from './trial.ts'

test('an unknown person becomes a record with what the org requires, and is not created again', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true })
  const outcome = await deliverOne(session, owed('ann.lee@x.io'))
  const [created, ...others] = org.records('Lead')
  assert.equal(others.length, 0)
  assert.deepEqual(
    [created?.Email, created?.LastName, created?.Company, created?.Newsletter__c],
    ['ann.lee@x.io', 'ann.lee', 'Unknown', true],
  )
  assert.deepEqual([outcome.state, idsOf(outcome.links)], ['delivered', [String(created?.Id).slice(0, 15)]])
  await deliverOne(session, owed('ann.lee@x.io', { newsletter: false }, outcome))
  assert.deepEqual(
    org.records('Lead').map(({ Newsletter__c }) => Newsletter__c),
    [false],
  )
})

test('by a number field, people are created with a number, and found again', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true, properties: { match_field: 'Score__c' } })
  const outcomes = await session.deliver([owed('12.5'), owed('-3')], passage)
  assert.deepEqual(
    outcomes.map(({ state }) => state),
    ['delivered', 'delivered'],
  )
  assert.deepEqual(new Set(org.records('Lead').map(({ Score__c }) => Score__c)), new Set([12.5, -3]))
  await deliverOne(open({ upsert: true, properties: { match_field: 'Score__c' } }), owed('-3'))
  assert.equal(org.records('Lead').length, 2)
})

test('defaults are for new records only, and create_object says which kind they are', async t => {
  const { org, open } = await startTrial(t)
  const known = org.insert('Lead', lead('known@x.io', { LastName: 'Known' }))
  const session = open({
    upsert: true,
    properties: {
      sobject: ['Lead', 'Contact'],
      create_object: 'Contact',
      defaults: { LastName: 'New', Language__c: 'en' },
    },
  })
  await session.deliver([owed('known@x.io'), owed('new@x.io')], passage)
  assert.deepEqual([org.get(known)?.LastName, org.get(known)?.Language__c ?? null], ['Known', null])
  assert.deepEqual(
    org.records('Contact').map(({ LastName, Language__c }) => [LastName, Language__c]),
    [['New', 'en']],
  )
})

test('a new record keeps the name that it needs where the person’s own is empty', async t => {
  const { org, open } = await startTrial(t)
  const mappings = [NEWSLETTER, { id: 'LastName', value: 'name' }, { id: 'FirstName', value: 'first' }]
  const session = open({ upsert: true, mappings })
  const outcomes = await session.deliver(
    ['', ' ', 'Lee'].map((name, i) => owed(`ann${i}@x.io`, { newsletter: true, name, first: '' })),
    passage,
  )
  assert.ok(outcomes.every(({ state }) => state === 'delivered'))
  assert.deepEqual(
    org.records('Lead').map(({ LastName }) => LastName),
    ['ann0', 'ann1', 'Lee'],
  )
})

test('a new record of whom the org’s default, or ours, would say what they withdrew is no delivery', async t => {
  const { org, open } = await startTrial(t)
  for (const [name, defaultedOnCreate] of [
    ['Preset__c', true],
    ['Given__c', false],
  ] as const)
    org.addField('Lead', { name, type: 'string', length: 40, nillable: false, defaultedOnCreate })
  for (const [field, defaults] of [
    ['Preset__c', { Given__c: 'all' }],
    ['Given__c', { Given__c: 'all' }],
  ] as const) {
    const session = open({
      upsert: true,
      properties: { defaults },
      mappings: [NEWSLETTER, { id: field, value: 'topics' }],
    })
    const person = {
      ...owed(`${field}@x.io`, { newsletter: false, topics: '' }),
      withdrawn: new Set(['newsletter', 'topics']),
    }
    const outcome = await deliverOne(session, person)
    assert.deepEqual(
      [outcome.state, outcome.error?.code, outcome.links.length, outcome.isWithdrawn],
      ['failed', 'VALUE_DOES_NOT_FIT', 1, undefined],
    )
  }
})

test('who is remembered by a record that was deleted gets a new one in the same round, and one only', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true })
  const created = await deliverOne(session, owed('ann@x.io'))
  org.remove(created.links[0]?.id as string)
  const anew = await deliverOne(session, owed('ann@x.io', { newsletter: false }, created))
  assert.equal(anew.state, 'delivered')
  assert.deepEqual(
    org.records('Lead').map(({ Newsletter__c }) => Newsletter__c),
    [false],
  )
  org.remove(anew.links[0]?.id as string)
  let theirs = ''
  const own = passageOf()
  const beaten: Passage = {
    ...own,
    async claimCreations(keys) {
      // Another node creates between the look-up that found nothing and the claim.
      theirs = org.insert('Lead', lead('ann@x.io'))
      return own.claimCreations(keys)
    },
  }
  const [outcome] = await session.deliver([owed('ann@x.io', { newsletter: true }, anew)], beaten)
  assert.deepEqual([outcome?.state, idsOf(outcome?.links ?? [])], ['delivered', [theirs.slice(0, 15)]])
  assert.equal(org.records('Lead').length, 1)
})

test('a default that leads nowhere in this org fails the creation and says so, at once where it is named', async t => {
  const { org, open, calls } = await startTrial(t)
  const given = (defaults: object) => ({
    upsert: true,
    properties: { sobject: ['Contact'], defaults },
  })
  for (const AccountId of ['0015e0000000999AAA', '00Q5e0000000999AAA']) {
    calls.composite = calls.query = 0
    const outcome = await deliverOne(open(given({ AccountId })), owed('ann@x.io'))
    assert.equal(outcome.state, 'failed')
    assert.match(outcome.error?.cure ?? '', /properties\.defaults/)
    assert.equal(calls.composite, 1)
  }
  // No field is named: the person is looked up once more, since somebody else may have been quicker.
  org.faults.inject({ kind: 'row', times: 2, code: 'INVALID_CROSS_REFERENCE_KEY' })
  const unnamed = await deliverOne(open(given({})), owed('ann@x.io'))
  assert.deepEqual([unnamed.state, unnamed.error?.code], ['failed', 'INVALID_CROSS_REFERENCE_KEY'])
  assert.equal((await deliverOne(open(given({})), owed('ann@x.io'))).state, 'delivered')
})

test('an account is created with a name', async t => {
  const { org, open } = await startTrial(t)
  org.addField('Account', { name: 'Pmp_Id__c', type: 'string', length: 80, externalId: true, unique: true })
  org.addField('Account', { name: 'Newsletter__c', type: 'boolean' })
  const session = open({
    upsert: true,
    properties: { sobject: ['Account'], match_field: { Account: 'Pmp_Id__c' } },
  })
  await deliverOne(session, owed('42'))
  assert.deepEqual(
    org.records('Account').map(({ Name, Pmp_Id__c }) => [Name, Pmp_Id__c]),
    [['Unknown', '42']],
  )
})

test('where somebody has a record on another object, none is created', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Contact', contact('ann@x.io'))
  await deliverOne(open({ upsert: true, properties: { sobject: ['Lead', 'Contact'] } }), owed('ann@x.io'))
  assert.equal(org.records('Lead').length, 0)
})

for (const match_field of ['Email', 'Pmp_Id__c'])
  test(`an answer that is lost after the write leaves one record by ${match_field}`, async t => {
    const { org, open } = await startTrial(t)
    const session = open({ upsert: true, properties: { match_field } })
    org.faults.inject({ kind: 'cut-after', times: 1, match: /^composite .*"POST"|^composite .*"PATCH"/ })
    await assert.rejects(deliverOne(session, owed('ann@x.io')), { kind: 'transient' })
    assert.equal(org.records('Lead').length, 1)
    const outcome = await deliverOne(session, owed('ann@x.io', { newsletter: false }))
    assert.equal(outcome.state, 'delivered')
    assert.deepEqual(
      org.records('Lead').map(({ Newsletter__c }) => Newsletter__c),
      [false],
    )
  })

test('whoever somebody else creates while we do is found by the unique match field and written in the same round', async t => {
  const { org, open, calls } = await startTrial(t)
  org.addField('Lead', { name: 'Code__c', type: 'string', length: 80, unique: true })
  let theirs = ''
  const isAnswered = (text: string): boolean => {
    if (theirs === '' && /^composite .*"POST"/.test(text))
      theirs = org.insert('Lead', lead('', { Code__c: 'a' }))
    return false
  }
  org.faults.inject({ kind: 'cut', match: { test: isAnswered } })
  const given = { upsert: true, properties: { match_field: 'Code__c' } }
  const outcome = await deliverOne(open(given), owed('a'))
  assert.deepEqual([outcome.state, idsOf(outcome.links)], ['delivered', [theirs.slice(0, 15)]])
  assert.equal(org.get(theirs)?.Newsletter__c, true)
  // Held where nobody finds it: in a field that is unique, too, but not searched.
  org.addField('Lead', { name: 'Card__c', type: 'string', length: 80, unique: true })
  org.insert('Lead', lead('', { Card__c: '7' }))
  const mappings = [NEWSLETTER, { id: 'Card__c', value: 'card' }]
  calls.composite = 0
  const other = await deliverOne(open({ ...given, mappings }), owed('b', { newsletter: true, card: '7' }))
  assert.deepEqual([other.state, other.error?.code, other.links.length], ['failed', 'DUPLICATE_VALUE', 1])
  assert.equal(calls.composite, 2)
})

test('people whose ids compare equal become one record, in one round or in two at a time', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true })
  const ids = ['ann@x.io', 'ANN@x.io', 'Ann@x.io ']
  let outcomes: Outcome[] = (
    await Promise.all([
      session.deliver([owed('ann@x.io'), owed('ANN@x.io')], passage),
      session.deliver([owed('Ann@x.io ')], passage),
    ])
  ).flat()
  assert.equal(org.records('Lead').length, 1)
  assert.ok(outcomes.some(({ state }) => state === 'retry'))
  outcomes = [
    ...(await session.deliver(
      ids.map(id => owed(id)),
      passage,
    )),
  ]
  assert.deepEqual(
    outcomes.map(({ state }) => state),
    ['delivered', 'delivered', 'delivered'],
  )
  assert.equal(org.records('Lead').length, 1)
})

test('a creation that may still be at work in the org is not begun again until the org has given it up', async t => {
  const { org, open } = await startTrial(t)
  let nowMs = Date.now()
  const given = { upsert: true, now: () => new Date(nowMs) }
  org.faults.inject({ kind: 'hang', times: 1, match: /^composite .*"POST"/ })
  const impatient = open({ ...given, patience: { writeTimeoutMs: 150 } })
  await assert.rejects(deliverOne(impatient, owed('ann@x.io')), { code: 'TIMEOUT' })
  const session = open(given)
  const soon = await deliverOne(session, owed('ann@x.io'))
  assert.deepEqual([soon.state, soon.links, soon.waits], ['retry', [], true])
  assert.equal(org.records('Lead').length, 0)
  nowMs += 11 * 60_000
  assert.equal((await deliverOne(session, owed('ann@x.io'))).state, 'delivered')
})

for (const [what, given] of [
  ['an update', {}],
  ['an upsert', { upsert: true, properties: { match_field: 'Pmp_Id__c' } }],
] as const)
  test(`${what} that was not answered is said to be at work still`, async t => {
    const { org, open } = await startTrial(t)
    if (what === 'an update') org.insert('Lead', lead('ann@x.io'))
    const impatient = open({ ...given, patience: { writeTimeoutMs: 150 } })
    org.faults.inject({ kind: 'hang', times: 1, match: /^composite .*"PATCH"/ })
    await assert.rejects(deliverOne(impatient, owed('ann@x.io')), { code: 'TIMEOUT', mayStillRun: true })
    const withdrawn = await deliverOne(open(given), owed('ann@x.io', { newsletter: false }))
    assert.deepEqual([withdrawn.state, withdrawn.mayStillRun], ['delivered', undefined])
    assert.deepEqual(
      org.records('Lead').map(({ Newsletter__c }) => Newsletter__c),
      [false],
    )
  })

const HOLDS_VALUE = { upsert: true, properties: { match_field: 'Pmp_Id__c' } }

for (const convertedLeadsEditable of [false, true]) {
  const kind = convertedLeadsEditable ? 'lets converted leads be edited' : 'refuses edits of converted leads'

  test(`a converted lead without a contact that holds the unique id is left alone, and somebody is told, in an org that ${kind}`, async t => {
    const { org, open } = await startTrial(t, { convertedLeadsEditable })
    const id = org.insert('Lead', lead('ann@x.io', { Pmp_Id__c: 'ann@x.io' }))
    org.remove(org.convertLead(id).contactId)
    const session = open(HOLDS_VALUE)
    const outcome = await deliverOne(session, owed('ann@x.io'))
    assert.deepEqual(
      [outcome.state, outcome.error?.code, outcome.links],
      ['failed', 'HELD_BY_CONVERTED_LEAD', []],
    )
    assert.match(outcome.error?.message ?? '', new RegExp(id.slice(0, 15)))
    assert.match(outcome.error?.cure ?? '', /replay/)
    assert.equal(org.get(id)?.Newsletter__c, false)
    org.remove(id)
    assert.equal((await deliverOne(session, owed('ann@x.io'))).state, 'delivered')
    assert.equal(org.records('Lead').length, 1)
  })

  test(`so it is when the contact is deleted after it was remembered, in an org that ${kind}`, async t => {
    const { org, open } = await startTrial(t, { convertedLeadsEditable })
    const id = org.insert('Lead', lead('ann@x.io', { Pmp_Id__c: 'ann@x.io' }))
    const { contactId } = org.convertLead(id)
    const before = await deliverOne(open(HOLDS_VALUE), owed('ann@x.io'))
    org.remove(contactId)
    const [after] = await open(HOLDS_VALUE).deliver(
      [owed('ann@x.io', { newsletter: false }, before), ...crowd()],
      passage,
    )
    assert.deepEqual([after?.state, after?.error?.code], ['failed', 'HELD_BY_CONVERTED_LEAD'])
    assert.equal(org.get(id)?.Newsletter__c, false)
  })
}

test('a converted lead that cannot be seen and holds the unique id ends the attempts, too', async t => {
  const { org, open } = await startTrial(t)
  org.faults.inject({ kind: 'row', code: 'CANNOT_UPDATE_CONVERTED_LEAD', times: 2 })
  const outcome = await deliverOne(open(HOLDS_VALUE), owed('ann@x.io'))
  assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'HELD_BY_CONVERTED_LEAD'])
})

test('where unknown people become contacts, a converted lead stands in nobody’s way', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Lead', lead('ann@x.io', { Pmp_Id__c: 'ann@x.io' }))
  org.remove(org.convertLead(id).contactId)
  const properties = {
    ...HOLDS_VALUE.properties,
    sobject: ['Lead', 'Contact'],
    create_object: 'Contact',
  }
  const outcome = await deliverOne(open({ upsert: true, properties }), owed('ann@x.io'))
  assert.deepEqual([outcome.state, org.records('Contact').length], ['delivered', 1])
})

test('an id that the match field cannot hold fails with the reason', async t => {
  const { open } = await startTrial(t)
  const outcome = await deliverOne(open({ upsert: true }), owed(`${'x'.repeat(90)}@x.io`))
  assert.deepEqual([outcome.state, outcome.error?.code], ['failed', 'VALUE_DOES_NOT_FIT'])
})

test('somebody of whom nothing mapped is known is not created', async t => {
  const { org, open } = await startTrial(t)
  const mappings = [NEWSLETTER, { id: 'Consent_Regulation__c', type: 'regulation' }]
  const outcome = await deliverOne(open({ upsert: true, mappings }), owed('ann@x.io', { other: true }))
  assert.equal(outcome.state, 'delivered')
  assert.equal(org.records('Lead').length, 0)
})

test('a record type that the integration user may not use fails the creation, and is not tried for ever', async t => {
  const { org, open } = await startTrial(t)
  const message = "Record Type ID: this ID value isn't valid for the user: 012000000000000"
  org.faults.inject({ kind: 'row', times: 9, code: 'INVALID_CROSS_REFERENCE_KEY', message })
  const { state, error } = await deliverOne(open({ upsert: true }), owed('new@x.io'))
  assert.equal(state, 'failed')
  assert.match(error?.cure ?? '', /RecordTypeId/)
})

test('where the org’s storage is full, nobody is created, and nothing else stops', async t => {
  const { org, open } = await startTrial(t)
  const known = org.insert('Lead', lead('known@x.io', { Newsletter__c: true }))
  org.faults.inject({ kind: 'row', times: 9, code: 'STORAGE_LIMIT_EXCEEDED', match: 'new' })
  const session = open({ upsert: true })
  const alone = await deliverOne(session, owed('new.1@x.io'))
  assert.deepEqual([alone.state, alone.error?.code], ['failed', 'STORAGE_LIMIT_EXCEEDED'])
  const outcomes = await session.deliver(
    [owed('new.2@x.io'), owed('known@x.io', { newsletter: false })],
    passage,
  )
  assert.deepEqual(
    outcomes.map(({ state }) => state),
    ['failed', 'delivered'],
  )
  assert.equal(org.get(known)?.Newsletter__c, false)
  org.faults.clear()
  assert.equal((await deliverOne(session, owed('new.1@x.io'))).state, 'delivered')
})

test('nobody is created who was erased; the record that is there is written', async t => {
  const { org, open } = await startTrial(t)
  const session = open({ upsert: true })
  const erased = { ...owed('gone@x.io', { newsletter: false }), isErased: true }
  assert.equal((await deliverOne(session, erased)).state, 'unmatched')
  assert.equal(org.records('Lead').length, 0)
  const id = org.insert('Lead', { ...lead('gone@x.io'), Newsletter__c: true })
  assert.equal((await deliverOne(session, erased)).state, 'delivered')
  assert.equal(org.get(id)?.Newsletter__c, false)
})
