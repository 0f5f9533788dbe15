import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome, Owed } from '../contract.ts'
import { contact, deliverOne, lead, NEWSLETTER, owed, startTrial, type Trial } from './trial.ts'

const OPT_OUT = { id: 'HasOptedOutOfEmail', value: 'newsletter', invert: true }
const CHANNEL = { id: 'Channel__c', value: 'channel' }
const choice = { newsletter: false, channel: 'sms' }

const withdrawing = (id: string, ...values: string[]): Owed => ({
  ...owed(id, choice),
  withdrawn: new Set(values),
})

/** A rule of the org that takes a field on no record of the object, or on none that another field names. */
const refuse = (org: Trial['org'], object: string, field: string) =>
  org.addValidationRule(object, {
    name: `No_${field}`,
    message: `${field} has a rule of its own`,
    fields: [field],
    refuses: record => Boolean(record[field]),
  })

async function outcome(
  t: Parameters<typeof startTrial>[0],
  arrange: (org: Trial['org']) => void,
  { withdrawn, ...given }: Parameters<Trial['open']>[0] & { withdrawn: string[] },
): Promise<Outcome> {
  const { org, open } = await startTrial(t)
  arrange(org)
  const result = await deliverOne(open(given), withdrawing('ann@x.io', ...withdrawn))
  assert.equal(result.state, 'failed')
  return result
}

test('an opt-out that is written beside a refused field is known to be written', async t => {
  const { isWithdrawn } = await outcome(
    t,
    org => {
      org.insert('Lead', lead('ann@x.io'))
      refuse(org, 'Lead', 'Channel__c')
    },
    { mappings: [NEWSLETTER, OPT_OUT, CHANNEL], withdrawn: ['newsletter'] },
  )
  assert.equal(isWithdrawn, true)
})

test('likewise beside a value that the field cannot hold', async t => {
  const { isWithdrawn, error } = await outcome(t, org => org.insert('Lead', lead('ann@x.io')), {
    mappings: [NEWSLETTER, { ...CHANNEL, values: { sms: 'pigeon' } }],
    withdrawn: ['newsletter'],
  })
  assert.deepEqual([isWithdrawn, error?.code], [true, 'VALUE_DOES_NOT_FIT'])
})

test('an opt-out that is refused itself is not written', async t => {
  const mappings = [NEWSLETTER, CHANNEL]
  const arrange = (org: Trial['org']) => {
    org.insert('Lead', lead('ann@x.io'))
    refuse(org, 'Lead', 'Channel__c')
  }
  assert.equal((await outcome(t, arrange, { mappings, withdrawn: ['channel'] })).isWithdrawn, undefined)
  assert.equal(
    (await outcome(t, arrange, { mappings, withdrawn: ['channel', 'newsletter'] })).isWithdrawn,
    undefined,
  )
})

test('it is written when it is on every record of the person, in every field', async t => {
  const properties = { sobject: ['Lead', 'Contact'] }
  const arrange = (org: Trial['org']) => {
    org.insert('Lead', lead('ann@x.io'))
    org.insert('Contact', contact('ann@x.io'))
    refuse(org, 'Contact', 'HasOptedOutOfEmail')
  }
  const given = { properties, withdrawn: ['newsletter'] }
  const { isWithdrawn } = await outcome(t, arrange, { ...given, mappings: [NEWSLETTER, OPT_OUT] })
  assert.equal(isWithdrawn, undefined)
})

test('a lead that became a contact for which nothing is mapped holds no opt-out', async t => {
  const { isWithdrawn, error } = await outcome(
    t,
    org => org.convertLead(org.insert('Lead', lead('ann@x.io'))),
    { mappings: [{ ...NEWSLETTER, sobject: 'Lead' }], withdrawn: ['newsletter'] },
  )
  assert.deepEqual([isWithdrawn, error?.code], [undefined, 'CONVERTED_LEAD'])
})

test('of a withdrawal of something that is not mapped nothing is to be written; one that is not known is not believed', async t => {
  const { org, open } = await startTrial(t)
  org.insert('Lead', lead('ann@x.io'))
  refuse(org, 'Lead', 'Channel__c')
  const session = open({ mappings: [NEWSLETTER, CHANNEL] })
  assert.equal((await deliverOne(session, withdrawing('ann@x.io'))).isWithdrawn, true)
  assert.equal((await deliverOne(session, owed('ann@x.io', choice))).isWithdrawn, undefined)
})
