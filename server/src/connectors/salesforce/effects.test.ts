import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contact, deliverOne, lead, owed, startTrial } from './trial.ts'

const MAPPINGS = [
  { id: 'hasOptedOutOfEmail', value: 'newsletter', invert: true },
  { id: 'Channel__c', value: 'channel', values: { mail: 'email' } },
  { id: 'Consent_Date__c', value: 'newsletter', type: 'changed_at', sobject: 'Contact' },
  { id: 'Language__c', value: 'language' },
  { id: 'Frequency__c', value: 'never said' },
]
const choice = { newsletter: false, channel: 'mail', language: 'a language of its own' }

test('what is written to a field is told after invert and table, as delivery writes it and preview shows it', async t => {
  const { org, open, calls } = await startTrial(t)
  const ids = {
    Lead: org.insert('Lead', lead('ann@x.io')),
    Contact: org.insert('Contact', contact('ann@x.io')),
  }
  const session = open({ properties: { sobject: ['Lead', 'Contact'] }, mappings: MAPPINGS })
  const person = owed('ann@x.io', choice)
  await session.fit()
  const { queries = 0 } = calls
  const effects = await session.effects(person)
  assert.equal(calls.query ?? 0, queries, 'nobody is looked up for it')
  assert.deepEqual(
    effects.map(({ mapping, object, value, fault }) => [mapping, object, fault?.code ?? value]),
    [
      [0, 'Lead', true],
      [0, 'Contact', true],
      [1, 'Lead', 'email'],
      [1, 'Contact', 'email'],
      [2, 'Contact', new Date(person.stated.get('newsletter')?.atMs ?? 0).toISOString()],
      [3, 'Lead', 'VALUE_DOES_NOT_FIT'],
      [3, 'Contact', 'VALUE_DOES_NOT_FIT'],
    ],
  )
  const [preview] = await session.preview([person])
  await deliverOne(session, person)
  for (const { mapping, object, value } of effects.filter(({ fault }) => !fault)) {
    const field = MAPPINGS[mapping]?.id ?? ''
    const shown = preview?.records.find(record => record.object === object)?.fields
    assert.equal(shown?.find(({ id }) => id.toLowerCase() === field.toLowerCase())?.would, value)
    const held = Object.entries(org.get(ids[object as keyof typeof ids]) ?? {})
    const [, now] = held.find(([name]) => name.toLowerCase() === field.toLowerCase()) ?? []
    assert.equal(new Date(String(now)).getTime() || now, new Date(String(value)).getTime() || value)
  }
})

test('whose records are known is told of those alone, and of whoever stated nothing nothing is told', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Contact', contact('ann@x.io'))
  const session = open({ properties: { sobject: ['Lead', 'Contact'] }, mappings: MAPPINGS })
  const outcome = await deliverOne(session, owed('ann@x.io', { newsletter: false }))
  const effects = await session.effects(owed('ann@x.io', { newsletter: false }, outcome))
  assert.deepEqual([...new Set(effects.map(({ object }) => object))], ['Contact'])
  assert.deepEqual(await session.effects(owed('eve@x.io', { other: true })), [])
})
