import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authentication, createObjectOf, mapping, matchFieldOf, properties } from './manifest.ts'

const credentials = { client_id: 'id', client_secret: 'secret' }
const urlOf = (url: string) => authentication.safeParse({ url, ...credentials }).data?.url

test('an address loses its path, gains https, and is refused when it is none', () => {
  assert.equal(urlOf('https://acme.my.salesforce.com/services/data/v60.0/'), 'https://acme.my.salesforce.com')
  assert.equal(urlOf('acme.my.salesforce.com'), 'https://acme.my.salesforce.com')
  assert.equal(urlOf('http://127.0.0.1:4000/x'), 'http://127.0.0.1:4000')
  for (const wrong of ['', 'your rest api endpoint', 'ftp://acme.com', 'https://me:secret@acme.com'])
    assert.equal(urlOf(wrong), undefined, wrong)
})

test('the documented body passes, an unknown property does not', () => {
  assert.deepEqual(properties.parse({ sobject: ['Lead'] }), {
    sobject: ['Lead'],
    defaults: {},
    regulation: 'gdpr',
  })
  assert.ok(mapping.safeParse({ id: 'Newsletter__c', value: 'tFyHkpl', type: 'pmp-widget-id' }).success)
  for (const wrong of [
    { sobject: [] },
    { sobject: ['Case'] },
    { sobject: ['Lead', 'Lead'] },
    { sobject: ['Lead'], mode: 1 },
  ])
    assert.equal(properties.safeParse(wrong).success, false, JSON.stringify(wrong))
})

test('a field name cannot carry anything into a query', () => {
  for (const wrong of ["Email' OR", 'Account.Name', 'Email,Name', '1st'])
    assert.equal(properties.safeParse({ sobject: ['Lead'], match_field: wrong }).success, false, wrong)
})

test('leads and contacts match by Email, accounts by nothing; match_field says so for all or for one', () => {
  const plain = properties.parse({ sobject: ['Lead', 'Account'] })
  assert.equal(matchFieldOf(plain, 'Lead'), 'Email')
  assert.equal(matchFieldOf(plain, 'Account'), undefined)
  const perObject = properties.parse({ sobject: ['Lead', 'Contact'], match_field: { Contact: 'Pmp_Id__c' } })
  assert.deepEqual(
    [matchFieldOf(perObject, 'Lead'), matchFieldOf(perObject, 'Contact')],
    ['Email', 'Pmp_Id__c'],
  )
  assert.equal(
    matchFieldOf(properties.parse({ sobject: ['Account'], match_field: 'X__c' }), 'Account'),
    'X__c',
  )
})

test('an unknown person becomes the first object unless another is named', () => {
  assert.equal(createObjectOf(properties.parse({ sobject: ['Contact', 'Lead'] })), 'Contact')
  assert.equal(
    createObjectOf(properties.parse({ sobject: ['Contact', 'Lead'], create_object: 'Lead' })),
    'Lead',
  )
})
