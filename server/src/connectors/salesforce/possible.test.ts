import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Source } from '../contract.ts'
import { descriptionOf, type FieldDescription } from './describe.ts'
import { mapping } from './manifest.ts'
import { typeMisfit } from './possible.ts'

const newsletter: Source = { kind: 'boolean', valueIds: [] }
const channel: Source = { kind: 'single', valueIds: ['email', 'sms'] }
const topics: Source = { kind: 'multi', valueIds: ['travel', 'food'] }
const language: Source = { kind: 'text', valueIds: [] }

const misfit = (source: Source | undefined, item: object, field: object) =>
  typeMisfit(
    mapping.parse({ id: 'X__c', value: 'x', ...item }),
    source,
    descriptionOf({ name: 'Lead', fields: [{ name: 'X__c', type: 'string', ...field }] }).field(
      'X__c',
    ) as FieldDescription,
    'gdpr',
  )

const picklist = {
  type: 'picklist',
  restrictedPicklist: true,
  picklistValues: [{ value: 'post', active: true }],
}

const WRONG: [what: string, source: Source | undefined, item: object, field: object][] = [
  ['a yes or no in a date', newsletter, {}, { type: 'date' }],
  [
    'words for yes and no in a checkbox',
    newsletter,
    { values: { true: 'y', false: 'n' } },
    { type: 'boolean' },
  ],
  ['value ids in a number', channel, {}, { type: 'double' }],
  ['several values in a checkbox', topics, {}, { type: 'boolean' }],
  ['a text in a checkbox', language, {}, { type: 'boolean' }],
  ['a static text in a number', undefined, { type: 'static', value: 'Heed' }, { type: 'int' }],
  ['a time in a checkbox', newsletter, { type: 'changed_at' }, { type: 'boolean' }],
  ['an event id in a number', newsletter, { type: 'event_id' }, { type: 'int' }],
  ['a regulation in an address', undefined, { type: 'regulation' }, { type: 'address' }],
]
for (const [what, source, item, field] of WRONG)
  test(`does not fit whoever chooses what: ${what}`, () => assert.ok(misfit(source, item, field)))

const FITTING: typeof WRONG = [
  ['a picklist that holds none of the values', channel, {}, picklist],
  ['a text that is shorter than any value', channel, {}, { length: 2 }],
  ['a static text that is too long', undefined, { type: 'static', value: 'Heed' }, { length: 2 }],
  ['a value that the library got later', channel, { values: { email: '1' } }, { type: 'double' }],
  ['what people write themselves in a number', language, {}, { type: 'double' }],
  ['a source that is not known', undefined, {}, { type: 'boolean' }],
]
for (const [what, source, item, field] of FITTING)
  test(`is a matter of those who choose it: ${what}`, () =>
    assert.equal(misfit(source, item, field), undefined))
