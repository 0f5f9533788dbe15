import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Fault, type Outcome, type Session, type Source, TargetError } from '../contract.ts'
import {
  contact,
  deliverOne,
  lead,
  owed,
  passage,
  running,
  sourcesOf,
  startTrial,
  type Trial,
} from './trial.ts'

type Org = Trial['org']

const MAPPINGS = [
  { id: 'Newsletter__c', value: 'newsletter' },
  { id: 'Channel__c', value: 'channel' },
  { id: 'Language__c', value: 'language' },
]
const stated = { newsletter: true, channel: 'sms', language: 'english' }
const sources = sourcesOf({
  newsletter: { kind: 'boolean', valueIds: [] },
  channel: { kind: 'single', valueIds: ['email', 'sms'] },
  language: { kind: 'text', valueIds: [] },
} satisfies Record<string, Source>)

const picklist = (...values: string[]) => ({
  name: 'Channel__c',
  type: 'picklist',
  restrictedPicklist: true,
  picklist: values,
})
const language = (length: number) => ({ name: 'Language__c', type: 'string', length })
const EMAIL = { name: 'Email', type: 'email', length: 80, idLookup: true }
const newsletter = (type: string) => ({ name: 'Newsletter__c', type })

interface Change {
  what: string
  make(org: Org): void
  mend(org: Org): void
  /** What becomes of it: by a session that opens afterwards, and by one that had read the description before. */
  described: string
  learned: string
  /** What the connection test calls failed. */
  seen: string[]
}

const CHANGES: Change[] = [
  {
    what: 'a field removed',
    make: org => org.removeField('Lead', 'Newsletter__c'),
    mend: org => org.addField('Lead', newsletter('boolean')),
    described: 'hold INVALID_FIELD',
    learned: 'hold INVALID_FIELD',
    seen: ['mappings[0]: Newsletter__c'],
  },
  {
    what: 'a field hidden',
    make: org => org.setFieldAccess('Lead', 'Channel__c', { readable: false }),
    mend: org => org.addField('Lead', picklist('email', 'sms', 'post')),
    described: 'hold INVALID_FIELD',
    learned: 'hold INVALID_FIELD',
    seen: ['mappings[1]: Channel__c'],
  },
  {
    what: 'a field made read-only',
    make: org => org.setFieldAccess('Lead', 'Newsletter__c', { updateable: false }),
    mend: org => org.setFieldAccess('Lead', 'Newsletter__c', { updateable: true }),
    described: 'hold INVALID_FIELD',
    learned: 'hold INVALID_FIELD',
    seen: ['mappings[0]: Newsletter__c'],
  },
  {
    what: 'a type changed',
    make: org => org.addField('Lead', newsletter('date')),
    mend: org => org.addField('Lead', newsletter('boolean')),
    described: 'hold MAPPING_DOES_NOT_FIT',
    learned: 'failed JSON_PARSER_ERROR',
    seen: ['mappings[0]: Newsletter__c'],
  },
  {
    what: 'a picklist value removed',
    make: org => org.addField('Lead', picklist('email')),
    mend: org => org.addField('Lead', picklist('email', 'sms')),
    described: 'failed VALUE_DOES_NOT_FIT',
    learned: 'failed INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    seen: ['mappings[1]: Channel__c'],
  },
  {
    what: 'a length shortened',
    make: org => org.addField('Lead', language(5)),
    mend: org => org.addField('Lead', language(10)),
    described: 'failed VALUE_DOES_NOT_FIT',
    learned: 'failed STRING_TOO_LONG',
    // Which texts will come, nobody knows beforehand.
    seen: [],
  },
  {
    what: 'a match field removed',
    make: org => org.removeField('Lead', 'Email'),
    mend: org => org.addField('Lead', EMAIL),
    described: 'hold INVALID_FIELD',
    learned: 'hold INVALID_FIELD',
    seen: ['Lead'],
  },
  {
    what: 'an object hidden',
    make: org =>
      org.faults.inject({ kind: 'status', status: 404, code: 'NOT_FOUND', match: 'describe', times: 99 }),
    mend: org => org.faults.clear(),
    described: 'hold INVALID_TYPE',
    learned: 'delivered',
    seen: ['Lead'],
  },
]

async function fate(outcome: ReturnType<typeof deliverOne>): Promise<[string, Fault | undefined]> {
  try {
    const { state, error } = await outcome
    return [error ? `${state} ${error.code}` : state, error]
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return [`${error.kind} ${error.code}`, error]
  }
}

for (const { what, make, mend, seen, ...expected } of CHANGES)
  for (const when of ['described', 'learned'] as const)
    test(`${what} (${when}) is told with a cure, and the next round after the mend is written`, async t => {
      const { org, open } = await startTrial(t)
      let nowMs = Date.now()
      const session = open({ mappings: MAPPINGS, sources, now: () => new Date(nowMs) })
      const id = org.insert('Lead', lead('ann@x.io'))
      if (when === 'learned')
        assert.equal(
          (await deliverOne(session, owed('ann@x.io', { ...stated, newsletter: false }))).state,
          'delivered',
        )
      make(org)
      const [said, fault] = await fate(deliverOne(session, owed('ann@x.io', stated)))
      assert.equal(said, expected[when])
      if (fault) assert.ok(fault.cure.length > 20)
      const failed = (await open({ mappings: MAPPINGS }).check(sources)).filter(({ ok }) => !ok)
      assert.deepEqual(
        failed.map(({ name }) => name),
        seen,
      )
      assert.ok(failed.every(({ cure = '' }) => cure.length > 20))
      mend(org)
      org.update(id, { Email: 'ann@x.io' })
      nowMs += 61_000
      const [again, why] = await fate(deliverOne(session, owed('ann@x.io', stated)))
      assert.equal(again, 'delivered', why?.message)
      assert.deepEqual(
        MAPPINGS.map(({ id: field }) => org.get(id)?.[field]),
        [true, 'sms', 'english'],
      )
    })

test('what a value did not fit is told from what it is after a mend, and only from that', async t => {
  const { org, open, calls } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  org.addField('Lead', language(5))
  const session = open({ mappings: MAPPINGS })
  const { misfit } = await deliverOne(session, owed('ann@x.io', stated))
  assert.ok(misfit)
  assert.equal(await session.fit(), misfit)
  org.addField('Lead', { name: 'Beside__c', type: 'string', length: 5 })
  assert.equal(await open({ mappings: MAPPINGS }).fit(), misfit, 'another field is no matter of it')
  org.addField('Lead', language(10))
  assert.notEqual(await session.fit(), misfit)
  const translated = MAPPINGS.map(item =>
    item.value === 'language' ? { ...item, values: { english: 'en' } } : item,
  )
  assert.notEqual(await open({ mappings: translated }).fit(), misfit)
  const asked = calls.describe ?? 0
  await session.fit()
  assert.equal(calls.describe, asked + 2, 'asked for anew: Lead, and the contacts of converted leads')
})

test('a refusal that an old description did not foretell says so', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  const session = open({ mappings: MAPPINGS })
  await session.fit()
  org.addField('Lead', picklist('email'))
  const told = await deliverOne(session, owed('ann@x.io', stated))
  assert.deepEqual([told.error?.code, told.misfit], ['INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', ''])
  org.addField('Lead', picklist('email', 'sms'))
  org.addValidationRule('Lead', { name: 'None', message: 'no', refuses: () => true })
  assert.equal((await deliverOne(session, owed('ann@x.io', stated))).misfit, undefined)
})

for (const { what, make, mend } of CHANGES.filter(
  ({ what }) => !/length|picklist value|match field/.test(what),
))
  test(`beside ${what}, whoever withdraws is written in what still fits, and as a whole after the mend`, async t => {
    const { org, open } = await startTrial(t)
    let nowMs = Date.now()
    const opened = { mappings: MAPPINGS, sources, upsert: true, now: () => new Date(nowMs) }
    const id = org.insert('Lead', lead('ann@x.io', { Channel__c: 'email', Language__c: 'french' }))
    make(org)
    const session = open(opened)
    const withdrawing = (id: string, withdrawn: string[]) => ({
      ...owed(id, { newsletter: false, channel: 'sms', language: 'english' }),
      withdrawn: new Set(withdrawn),
    })
    const obstacle = await session.obstacle().catch(error => error)
    assert.ok(obstacle instanceof TargetError)
    assert.deepEqual(await fate(deliverOne(session, owed('ann@x.io', { newsletter: true }))), [
      `hold ${obstacle.code}`,
      obstacle,
    ])
    const people = [
      withdrawing('ann@x.io', ['newsletter', 'channel', 'language']),
      withdrawing('bob@x.io', ['language']),
    ]
    if (/object/.test(what)) return assert.rejects(session.deliver(people, passage), { code: obstacle.code })
    const [outcome, stranger] = await session.deliver(people, passage)
    const held = MAPPINGS.map(({ id: field }) => org.get(id)?.[field])
    assert.deepEqual([outcome?.state, outcome?.error?.code], ['failed', obstacle.code])
    assert.match(outcome?.error?.message ?? '', /the other fields were written/)
    assert.equal(outcome?.isWithdrawn, undefined, 'a part of it is not there')
    assert.equal(outcome?.misfit, await session.fit())
    assert.equal(outcome?.digest, undefined)
    const isWritten = (name: string, value: unknown) =>
      held[MAPPINGS.findIndex(one => one.id === name)] === value
    assert.ok(isWritten('Language__c', 'english'))
    assert.ok(isWritten('Channel__c', 'sms') || isWritten('Newsletter__c', false))
    assert.deepEqual([stranger?.state, stranger?.misfit], ['failed', outcome?.misfit])
    assert.equal(org.records('Lead').length, 1, 'nobody is created of a part')
    mend(org)
    nowMs += 61_000
    assert.notEqual(await session.fit(), outcome?.misfit)
    assert.equal(await session.obstacle(), undefined)
    const whole = await deliverOne(session, owed('ann@x.io', stated, outcome))
    assert.equal(whole.state, 'delivered')
    assert.deepEqual(
      MAPPINGS.map(({ id: field }) => org.get(id)?.[field]),
      [true, 'sms', 'english'],
    )
  })

for (const [what, make] of [
  ['gone', org => org.removeField('Lead', 'Email')],
  ['encrypted', org => org.addField('Lead', { ...EMAIL, encrypted: true })],
] satisfies [string, (org: Org) => void][])
  test(`where the match field is ${what}, whoever withdraws is written to the records that are remembered`, async t => {
    const { org, open } = await startTrial(t)
    let nowMs = Date.now()
    const session = open({ mappings: MAPPINGS, sources, upsert: true, now: () => new Date(nowMs) })
    const [ann, cid] = ['ann@x.io', 'cid@x.io'].map(email => org.insert('Lead', lead(email))) as [
      string,
      string,
    ]
    const subscribed = await deliverOne(session, owed('ann@x.io', stated))
    const followed = await deliverOne(session, owed('cid@x.io', stated))
    const contactId = org.convertLead(cid).contactId as string
    const records = org.records('Lead').length
    make(org)
    nowMs += 3600_000
    const withdrawing = (id: string, before?: Outcome) => ({
      ...owed(id, { newsletter: false }, before),
      withdrawn: new Set(['newsletter']),
    })
    const outcomes = await session.deliver(
      [withdrawing('ann@x.io', subscribed), withdrawing('bob@x.io'), withdrawing('cid@x.io', followed)],
      passage,
    )
    assert.deepEqual(
      outcomes.map(({ state, error, isWithdrawn }) => [state, error?.code, isWithdrawn]),
      Array(3).fill(['failed', 'INVALID_FIELD', undefined]),
      'another record may hold their address',
    )
    assert.match(
      outcomes[0]?.error?.message ?? '',
      /^Lead cannot be searched by Email; what is left was written to the remembered records$/,
    )
    assert.deepEqual([org.get(ann)?.Newsletter__c, org.get(contactId)?.Newsletter__c], [false, false])
    assert.deepEqual([org.get(cid)?.Newsletter__c, org.records('Lead').length], [true, records])
    const began = new Date(nowMs)
    assert.deepEqual(
      await session.appeared(began, running),
      { records: [], until: began },
      'nothing is passed over',
    )
    await assert.rejects(deliverOne(session, owed('ann@x.io', stated)), {
      kind: 'hold',
      code: 'INVALID_FIELD',
    })
    org.addField('Lead', EMAIL)
    org.update(ann, { Email: 'ann@x.io' })
    const other = org.insert('Lead', lead('ann@x.io', { Newsletter__c: true }))
    nowMs += 61_000
    assert.notEqual(await session.fit(), outcomes[0]?.misfit)
    const people = [...Array(300).keys()].map(i => owed(`crowd-${i}@x.io`))
    const [whole] = await session.deliver([withdrawing('ann@x.io', outcomes[0]), ...people], passage)
    assert.equal(whole?.state, 'delivered')
    assert.equal(org.get(other)?.Newsletter__c, false, 'looked up although remembered, also in busy times')
  })

test('fields that do not fit are asked for again once a minute, however many withdraw meanwhile', async t => {
  const { org, open, calls } = await startTrial(t)
  let nowMs = Date.now()
  org.removeField('Lead', 'Newsletter__c')
  const session = open({ mappings: MAPPINGS, sources, now: () => new Date(nowMs) })
  assert.ok(await session.obstacle())
  const asked = calls.describe
  nowMs += 59_000
  await session.obstacle()
  assert.equal(calls.describe, asked)
  org.addField('Lead', newsletter('boolean'))
  nowMs += 2_000
  assert.equal(await session.obstacle(), undefined)
})

test('where one object may not be edited any more, whoever withdraws is written on the others', async t => {
  const { org, open } = await startTrial(t)
  let nowMs = Date.now()
  const properties = { sobject: ['Lead', 'Contact'] }
  const session = open({ properties, sources, mappings: MAPPINGS, now: () => new Date(nowMs) })
  const ids = [org.insert('Lead', lead('ann@x.io')), org.insert('Contact', contact('ann@x.io'))]
  const newsletters = () => ids.map(id => org.get(id)?.Newsletter__c)
  const subscribed = await deliverOne(session, owed('ann@x.io', stated))
  assert.deepEqual(newsletters(), [true, true])
  org.setObjectAccess('Contact', { updateable: false })
  nowMs += 3600_000
  const withdrawing = (before: Outcome) => ({
    ...owed('ann@x.io', { newsletter: false }, before),
    withdrawn: new Set(['newsletter']),
  })
  const part = await deliverOne(session, withdrawing(subscribed))
  assert.deepEqual([part.state, part.error?.code, part.isWithdrawn], ['failed', 'INVALID_TYPE', undefined])
  assert.deepEqual([newsletters(), part.links.length], [[false, true], 2])
  await assert.rejects(deliverOne(session, owed('ann@x.io', stated)), { kind: 'hold', code: 'INVALID_TYPE' })
  org.setObjectAccess('Lead', { updateable: false })
  nowMs += 3600_000
  await assert.rejects(session.obstacle(), { code: 'INVALID_TYPE' }, 'nothing can be written')
  for (const object of ['Lead', 'Contact']) org.setObjectAccess(object, { updateable: true })
  nowMs += 3600_000
  assert.notEqual(await session.fit(), part.misfit)
  assert.equal((await deliverOne(session, withdrawing(part))).state, 'delivered')
  assert.deepEqual(newsletters(), [false, false])
})

test('what was withdrawn is known to be there where the field that is hidden has nothing of it', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  org.setFieldAccess('Lead', 'Channel__c', { readable: false })
  const session = open({ mappings: MAPPINGS, sources })
  const deliver = (stated: Record<string, boolean | string>, ...withdrawn: string[]) =>
    deliverOne(session, { ...owed('ann@x.io', stated), withdrawal: true, withdrawn: new Set(withdrawn) })
  assert.equal((await deliver({ newsletter: false }, 'newsletter')).isWithdrawn, true)
  const hidden = await deliver({ channel: '' }, 'channel')
  assert.deepEqual([hidden.state, hidden.isWithdrawn, hidden.written], ['failed', undefined, []])
})

test('a field that every look-up reads and that was hidden since stops nothing', async t => {
  const { org, open } = await startTrial(t)
  const id = org.insert('Contact', contact('ann@x.io'))
  for (const ask of [
    (session: Session) => deliverOne(session, owed('ann@x.io')),
    (session: Session) => session.preview([owed('ann@x.io')]),
    (session: Session) => session.compare([owed('ann@x.io')], running),
    (session: Session) => session.appeared(new Date(), running),
  ]) {
    org.addField('Contact', { name: 'AccountId', type: 'reference', length: 18, referenceTo: ['Account'] })
    const session = open({ properties: { sobject: ['Contact'] } })
    await session.fit()
    org.setFieldAccess('Contact', 'AccountId', { readable: false })
    await ask(session)
  }
  assert.equal(org.get(id)?.Newsletter__c, true)
})
