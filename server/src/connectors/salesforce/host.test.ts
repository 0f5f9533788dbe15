import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostProblem, isSandboxHost } from './host.ts'

test('an org’s own domain is taken, in production, sandboxes and developer orgs', () => {
  for (const url of [
    'https://acme.my.salesforce.com',
    'https://acme--uat.sandbox.my.salesforce.com',
    'https://acme-dev-ed.develop.my.salesforce.com',
    'http://127.0.0.1:8090',
  ])
    assert.equal(hostProblem(url), undefined, url)
})

test('an address out of the browser is led to the org’s own domain', () => {
  const cures: [string, string][] = [
    ['https://acme.lightning.force.com', 'https://acme.my.salesforce.com'],
    ['https://acme.my.salesforce-setup.com', 'https://acme.my.salesforce.com'],
    ['https://acme--uat.sandbox.lightning.force.com', 'https://acme--uat.sandbox.my.salesforce.com'],
    ['https://acme--uat.sandbox.my.salesforce-setup.com', 'https://acme--uat.sandbox.my.salesforce.com'],
  ]
  for (const [url, cure] of cures) assert.equal(hostProblem(url)?.cure, `Use ${cure}.`, url)
})

test('login and test.salesforce.com are no orgs', () => {
  for (const host of ['login', 'test']) assert.ok(hostProblem(`https://${host}.salesforce.com`))
})

test('only a sandbox’s domain is a sandbox’s', () => {
  assert.ok(isSandboxHost('https://acme--uat.sandbox.my.salesforce.com'))
  assert.ok(!isSandboxHost('https://acme.my.salesforce.com'))
})
