import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diff } from './diff.ts'

test('equal configurations have no differences, whatever the order of mapping items and keys', () => {
  const before = {
    name: 'A',
    mappings: [
      { id: 'X__c', value: 'x' },
      { id: 'Y__c', value: 'y' },
    ],
  }
  const after = {
    mappings: [
      { value: 'y', id: 'Y__c' },
      { id: 'X__c', value: 'x' },
    ],
    name: 'A',
  }
  assert.deepEqual(diff(before, after), [])
})

test('what was added, taken away and changed is named by field, object and place', () => {
  const before = {
    upsert_mode: false,
    mappings: [
      { id: 'X__c', value: 'x' },
      { id: 'Y__c', value: 'y' },
    ],
  }
  const after = {
    upsert_mode: true,
    mappings: [
      { id: 'X__c', value: 'x', invert: true },
      { id: 'Y__c', value: 'z' },
      { id: 'Y__c', sobject: 'Lead', value: 'y' },
    ],
  }
  assert.deepEqual(diff(before, after), [
    '+ mappings[Lead.Y__c].id: "Y__c"',
    '+ mappings[Lead.Y__c].sobject: "Lead"',
    '+ mappings[Lead.Y__c].value: "y"',
    '+ mappings[X__c].invert: true',
    '~ mappings[Y__c].value: "y" -> "z"',
    '~ upsert_mode: false -> true',
  ])
})

test('lists are compared as a whole', () => {
  assert.deepEqual(diff({ sobject: ['Lead'] }, { sobject: ['Lead', 'Contact'] }), [
    '~ sobject: ["Lead"] -> ["Lead","Contact"]',
  ])
})
