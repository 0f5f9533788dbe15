import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Owed, Stated } from '../contract.ts'
import { descriptionOf } from './describe.ts'
import type { FieldValue } from './fit.ts'
import { mapping } from './manifest.ts'
import { columnsOf } from './mapping.ts'

const at = new Date('2026-03-01T10:20:30.400Z')

const picklist = (...values: string[]) => ({
  restrictedPicklist: true,
  picklistValues: values.map(value => ({ value, active: value !== 'old' })),
})
const lead = descriptionOf({
  name: 'Lead',
  fields: [
    { name: 'Flag__c', type: 'boolean', updateable: true },
    { name: 'Text__c', type: 'string', length: 12, updateable: true },
    { name: 'Long__c', type: 'textarea', length: 1000, updateable: true },
    { name: 'Pick__c', type: 'picklist', length: 255, updateable: true, ...picklist('email', 'sms', 'old') },
    { name: 'YesNo__c', type: 'picklist', length: 255, updateable: true, ...picklist('Yes', 'No') },
    {
      name: 'Multi__c',
      type: 'multipicklist',
      length: 4099,
      updateable: true,
      ...picklist('travel', 'food'),
    },
    { name: 'Number__c', type: 'double', updateable: true },
    { name: 'Whole__c', type: 'int', updateable: true },
    { name: 'Day__c', type: 'date', updateable: true },
    { name: 'Time__c', type: 'datetime', updateable: true },
    { name: 'Formula__c', type: 'string', calculated: true, updateable: false },
  ],
})

const personWith = (value: Stated['value'] | undefined): Owed => ({
  key: '1',
  organizationUserId: 'a@x.io',
  regulation: 'gdpr',
  stated: new Map(value === undefined ? [] : [['s', { value, atMs: at.getTime(), eventId: 'event-1' }]]),
  withdrawal: false,
  links: [],
})

/** The value that would be written; `undefined`: left alone; a text in angle brackets: the fault. */
function written(item: object, value: Stated['value'] | undefined): FieldValue | undefined {
  const { cells, faults } = columnsOf([mapping.parse({ value: 's', ...item })], 'Lead', lead).read(
    personWith(value),
  )
  const [fault] = faults
  return fault ? `<${fault.message}>` : cells[0]?.value
}

const CONVERSIONS: [
  what: string,
  item: object,
  value: Stated['value'] | undefined,
  expected: FieldValue | undefined,
][] = [
  ['a purpose to a checkbox', { id: 'Flag__c' }, true, true],
  ['an inverted purpose to an opt-out checkbox', { id: 'Flag__c', invert: true }, true, false],
  ['a purpose to a text', { id: 'Text__c' }, false, 'false'],
  ['an inverted purpose to a text', { id: 'Text__c', invert: true }, false, 'true'],
  [
    'a purpose to a picklist by a table',
    { id: 'YesNo__c', values: { true: 'Yes', false: 'No' } },
    false,
    'No',
  ],
  ['a purpose to a number by a table', { id: 'Number__c', values: { true: 1, false: 0 } }, true, 1],
  ['a single preference to a picklist', { id: 'Pick__c' }, 'sms', 'sms'],
  [
    'a single preference by a table',
    { id: 'Text__c', values: { sms: 'Text message' } },
    'sms',
    'Text message',
  ],
  [
    'a single preference to a checkbox by a table',
    { id: 'Flag__c', values: { sms: true, email: false } },
    'sms',
    true,
  ],
  [
    'a single preference to an inverted checkbox',
    { id: 'Flag__c', invert: true, values: { sms: 'true' } },
    'sms',
    false,
  ],
  ['a table entry of null empties the field', { id: 'Text__c', values: { sms: null } }, 'sms', null],
  ['a single preference of which nothing is chosen any more', { id: 'Pick__c' }, '', null],
  ['the same, to a checkbox', { id: 'Flag__c', values: { sms: true } }, '', false],
  ['several values to a multi-select picklist', { id: 'Multi__c' }, ['travel', 'food'], 'travel;food'],
  ['several values to a text', { id: 'Long__c' }, ['travel', 'food'], 'travel,food'],
  [
    'several values to a text in another form',
    { id: 'Long__c', format: ' / ' },
    ['travel', 'food'],
    'travel / food',
  ],
  [
    'several values by a table',
    { id: 'Long__c', values: { food: 'Eat', travel: null } },
    ['travel', 'food'],
    'Eat',
  ],
  ['no value chosen any more', { id: 'Multi__c' }, [], null],
  [
    'a table does not know what every object has',
    { id: 'Long__c', values: { a: 'b' } },
    'constructor',
    'constructor',
  ],
  ['a time of change to a time', { id: 'Time__c', type: 'changed_at' }, true, '2026-03-01T10:20:30.400Z'],
  ['a time of change to a date', { id: 'Day__c', type: 'changed_at' }, true, '2026-03-01'],
  ['a time of change to a text', { id: 'Long__c', type: 'changed_at' }, true, '2026-03-01T10:20:30.400Z'],
  [
    'a time of change to a text as date',
    { id: 'Text__c', type: 'changed_at', format: 'date' },
    true,
    '2026-03-01',
  ],
  ['the event that said so', { id: 'Text__c', type: 'event_id' }, true, 'event-1'],
  ['the regulation', { id: 'Text__c', type: 'regulation' }, undefined, 'gdpr'],
  [
    'the regulation by a table',
    { id: 'Text__c', type: 'regulation', values: { gdpr: 'GDPR' } },
    undefined,
    'GDPR',
  ],
  ['a static checkbox', { id: 'Flag__c', type: 'static', value: 'TRUE' }, undefined, true],
  ['a static number', { id: 'Number__c', type: 'static', value: '1.5' }, undefined, 1.5],
  ['a static date', { id: 'Day__c', type: 'static', value: '2026-01-31' }, undefined, '2026-01-31'],
  ['a static text', { id: 'Text__c', type: 'static', value: 'Heed' }, undefined, 'Heed'],
  ['a field name in another case', { id: 'flag__C' }, true, true],
  ['a text to a number', { id: 'Whole__c' }, '12', 12],
  ['a text to a date', { id: 'Day__c' }, '2026-01-31T23:00:00Z', '2026-01-31'],
  ['a time with an offset', { id: 'Time__c' }, '2026-01-31T23:00:00+0100', '2026-01-31T22:00:00.000Z'],
  ['a time without a zone', { id: 'Time__c' }, '2026-01-31 23:00', '2026-01-31T23:00:00.000Z'],
  ['nothing stated', { id: 'Flag__c' }, undefined, undefined],
  ['nothing stated, so nothing changed', { id: 'Time__c', type: 'changed_at' }, undefined, undefined],
  ['nothing stated, so no event', { id: 'Text__c', type: 'event_id' }, undefined, undefined],
  ['a formula field is left out', { id: 'Formula__c' }, true, undefined],
  ['a hidden field is left out', { id: 'Hidden__c' }, true, undefined],
  [
    'a value that the picklist lacks',
    { id: 'Pick__c' },
    'fax',
    '<Pick__c: the picklist does not hold “fax”>',
  ],
  ['a value that is switched off', { id: 'Pick__c' }, 'old', '<Pick__c: the picklist does not hold “old”>'],
  [
    'a part that the picklist lacks',
    { id: 'Multi__c' },
    ['food', 'art'],
    '<Multi__c: the picklist does not hold “art”>',
  ],
  [
    'a text that is too long',
    { id: 'Text__c' },
    '1234567890123',
    '<Text__c: the text is longer than the field’s 12 characters>',
  ],
  ['a text of twelve emoji is not too long', { id: 'Text__c' }, '🎉'.repeat(12), '🎉'.repeat(12)],
  ['a text that is no number', { id: 'Whole__c' }, 'many', '<Whole__c: the field takes a number>'],
  ['a broken number', { id: 'Whole__c' }, '1.5', '<Whole__c: the field takes a whole number>'],
  ['a text that is no date', { id: 'Day__c' }, 'soon', '<Day__c: the field takes a date such as 2026-01-31>'],
  [
    'a day that is none',
    { id: 'Day__c' },
    '2026-02-30',
    '<Day__c: the field takes a date such as 2026-01-31>',
  ],
  ['a number for machines', { id: 'Number__c' }, '0x10', '<Number__c: the field takes a number>'],
]

for (const [what, item, value, expected] of CONVERSIONS)
  test(`converts ${what}`, () => assert.equal(written(item, value), expected))

test('a value that does not fit leaves the other fields of the row alone', () => {
  const items = [
    mapping.parse({ id: 'Pick__c', value: 's' }),
    mapping.parse({ id: 'Flag__c', value: 'withdrawn' }),
  ]
  const person = personWith('fax')
  const stated = new Map([...person.stated, ['withdrawn', { value: false, atMs: at.getTime() }]])
  const { cells, faults } = columnsOf(items, 'Lead', lead).read({ ...person, stated })
  assert.deepEqual(cells, [{ field: 'Flag__c', value: false, atMs: at.getTime() }])
  assert.equal(faults.length, 1)
})

test('an item for one object is none of another', () => {
  const columns = columnsOf([mapping.parse({ id: 'Flag__c', value: 's', sobject: 'Contact' })], 'Lead', lead)
  assert.ok(columns.isEmpty)
})

test('what the object lacks is named', () => {
  const items = ['Flag__c', 'Hidden__c', 'Formula__c'].map(id => mapping.parse({ id, value: 's' }))
  assert.deepEqual(columnsOf(items, 'Lead', lead).missing, ['Hidden__c', 'Formula__c'])
})
