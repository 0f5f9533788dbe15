/** Person accounts, users and their stamps, encrypted fields, and signing in by JWT. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { startSandboxOrg } from './main.ts'
import { codeOf, lead, startTrial } from './trial.ts'

test('a person account and its contact are two rows that hold the same', async t => {
  const { org, call, query } = await startTrial(t, { personAccounts: true })
  const created = await call('POST', '/sobjects/Account', {
    LastName: 'Lee',
    FirstName: 'Ann',
    PersonEmail: 'ann@x.io',
    Language__pc: 'fr',
  })
  const { id } = created.body
  const found = await query(
    "SELECT Id, IsPersonAccount, Language__c, AccountId FROM Contact WHERE Email = 'ann@x.io'",
  )
  const [contact] = found.body.records
  assert.deepEqual([contact.IsPersonAccount, contact.Language__c, contact.AccountId], [true, 'fr', id])
  assert.deepEqual([org.get(id)?.Name, org.get(id)?.PersonContactId], ['Ann Lee', contact.Id])
  await call('PATCH', `/sobjects/Account/${id}`, { PersonHasOptedOutOfEmail: true, Newsletter__pc: true })
  assert.deepEqual(
    [org.get(contact.Id)?.HasOptedOutOfEmail, org.get(contact.Id)?.Newsletter__c],
    [true, true],
  )
  await call('PATCH', `/sobjects/Contact/${contact.Id}`, { Email: 'lee@x.io', Newsletter__c: false })
  assert.deepEqual([org.get(id)?.PersonEmail, org.get(id)?.Newsletter__pc], ['lee@x.io', false])
  const moved = await query("SELECT Id FROM Account WHERE PersonEmail = 'lee@x.io'")
  assert.equal(moved.body.totalSize, 1)
  assert.equal(codeOf(await call('DELETE', `/sobjects/Contact/${contact.Id}`)), 'DELETE_FAILED')
  await call('DELETE', `/sobjects/Account/${id}`)
  assert.equal(org.get(contact.Id)?.IsDeleted, true)
})

test('a person account takes no name, any other account nothing of a person', async t => {
  const { org, call } = await startTrial(t, { personAccounts: true })
  const code = async (fields: object) => codeOf(await call('POST', '/sobjects/Account', fields))
  assert.equal(await code({ Name: 'Acme', PersonEmail: 'a@x.io' }), 'INVALID_FIELD_FOR_INSERT_UPDATE')
  assert.equal(await code({ Name: 'Acme', LastName: 'Lee' }), 'INVALID_FIELD_FOR_INSERT_UPDATE')
  org.insert('Account', { Name: 'Acme', Phone: '1' })
  assert.equal(org.records('Contact').length, 0)
  org.addField('Contact', { name: 'Late__c', type: 'string' })
  const id = org.insert('Account', { LastName: 'Lee', Late__pc: 'x' })
  assert.equal(org.get(String(org.get(id)?.PersonContactId))?.Late__c, 'x')
  org.removeField('Contact', 'Late__c')
  assert.equal(await code({ LastName: 'Lee', Late__pc: 'x' }), 'INVALID_FIELD')
})

test('a merged person account takes its contact with it', async t => {
  const { org } = await startTrial(t, { personAccounts: true })
  const [master, loser] = org.insertMany('Account', [{ LastName: 'A' }, { LastName: 'B' }]) as [
    string,
    string,
  ]
  org.merge(master, loser)
  assert.equal(org.get(loser)?.MasterRecordId, master)
  const contact = org.get(String(org.get(loser)?.PersonContactId))
  assert.deepEqual([contact?.IsDeleted, contact?.MasterRecordId], [true, org.get(master)?.PersonContactId])
})

test('who changed a record, and when, can be asked, filtered and ordered by', async t => {
  let now = new Date('2026-01-01T10:00:00Z')
  const { org, call, query } = await startTrial(t, { now: () => now })
  const [first, second] = org.insertMany('Lead', [lead('a@x.io'), lead('b@x.io')]) as [string, string]
  now = new Date('2026-01-01T11:00:00Z')
  await call('PATCH', `/sobjects/Lead/${second}`, { Newsletter__c: true })
  now = new Date('2026-01-01T12:00:00Z')
  const user = org.insert('User', { LastName: 'Otto', Username: 'otto@acme.test' })
  org.update(first, { Newsletter__c: true }, { by: user })
  const { body } = await query(
    'SELECT Id, LastModifiedBy.Name, CreatedBy.Name, SystemModstamp FROM Lead WHERE SystemModstamp > 2026-01-01T10:30:00Z ORDER BY SystemModstamp, Id',
  )
  assert.deepEqual(
    body.records.map((row: Record<string, { Name: string }>) => [
      row.Id,
      row.LastModifiedBy?.Name,
      row.CreatedBy?.Name,
    ]),
    [
      [second, 'Integration User', 'Sara Sales'],
      [first, 'Otto', 'Sara Sales'],
    ],
  )
  const later = 'SELECT COUNT() FROM Lead WHERE LastModifiedDate >= 2026-01-01T13:00:00+01:00'
  assert.equal((await query(later)).body.totalSize, 1)
  const byOtto = "SELECT COUNT() FROM Lead WHERE LastModifiedBy.Name = 'otto'"
  assert.equal((await query(byOtto)).body.totalSize, 1)
  assert.equal(codeOf(await query('SELECT Nobody.Name FROM Lead')), 'INVALID_FIELD')
})

test('an encrypted field can be read, and neither filtered, sorted nor looked up by', async t => {
  const { org, call, query } = await startTrial(t)
  org.addField('Lead', { name: 'Secret__c', type: 'string', encrypted: true, externalId: true })
  org.insert('Lead', lead('a@x.io', { Secret__c: 's' }))
  assert.equal((await query('SELECT Secret__c FROM Lead')).body.records[0].Secret__c, 's')
  const { fields } = (await call('GET', '/sobjects/Lead/describe')).body
  const field = fields.find(({ name }: { name: string }) => name === 'Secret__c')
  assert.deepEqual([field.encrypted, field.filterable, field.sortable], [true, false, false])
  const filtered = await query("SELECT Id FROM Lead WHERE Secret__c = 's'")
  assert.equal(codeOf(filtered), 'INVALID_FIELD')
  assert.match(filtered.body[0].message, /can not be filtered/)
  assert.equal(codeOf(await query('SELECT Id FROM Lead ORDER BY Secret__c')), 'INVALID_FIELD')
  assert.equal(codeOf(await call('PATCH', '/sobjects/Lead/Secret__c/s', {})), 'INVALID_FIELD')
})

test('a JWT that the app has the key of gives a token; others are refused by what is wrong with them', async t => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const org = await startSandboxOrg({ jwt: { publicKey: pem, username: 'heed@acme.test' } })
  t.after(() => org.close())
  const ask = async (claims: object = {}, key = privateKey, expires = '3m') => {
    const assertion = await new SignJWT({ iss: org.clientId, sub: 'heed@acme.test', aud: org.url, ...claims })
      .setProtectedHeader({ alg: 'RS256' })
      .setExpirationTime(expires)
      .sign(key)
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
    })
    return (await fetch(`${org.url}/services/oauth2/token`, { method: 'POST', body })).json() as Promise<
      Record<string, string>
    >
  }
  const { access_token } = await ask({ aud: 'https://login.salesforce.com' })
  const info = await fetch(`${org.url}/services/oauth2/userinfo`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  const { user_id, organization_id, preferred_username } = (await info.json()) as Record<string, string>
  assert.equal(preferred_username, 'heed@acme.test')
  assert.ok(org.get(user_id as string))
  assert.match(organization_id as string, /^00D\w{15}$/)
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  assert.equal((await ask({}, other)).error_description, 'invalid assertion')
  assert.equal((await ask({}, privateKey, '-1m')).error_description, 'invalid assertion')
  assert.equal((await ask({ aud: 'https://elsewhere.test' })).error_description, 'audience is invalid')
  assert.equal((await ask({ sub: 'who@x.io' })).error_description, "user hasn't approved this consumer")
  assert.equal((await ask({ iss: 'nobody' })).error, 'invalid_client_id')
})
