/** The rules that an org's own administrators make: duplicates, validation, triggers, locks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeId } from './ids.ts'
import { codeOf, codes, lead, ROOT, startTrial } from './trial.ts'

test('a duplicate rule refuses a new row, names whom it found for a single record alone, and ends', async t => {
  const { org, call, rows, query } = await startTrial(t)
  const id = org.insert('Lead', lead('a@x.io'))
  org.setDuplicateRule({ object: 'Lead', action: 'block', matchOn: ['Email'], name: 'Same_Address' })
  const answer = await call('POST', '/composite/sobjects', rows('Lead', [lead('A@X.io'), lead('b@x.io')]))
  assert.deepEqual(codes(answer), ['DUPLICATES_DETECTED', undefined])
  assert.deepEqual(Object.keys(answer.body[0].errors[0]).sort(), ['fields', 'message', 'statusCode'])
  const { body } = await call('POST', '/sobjects/Lead', lead('a@x.io'))
  assert.equal(body[0].errorCode, 'DUPLICATES_DETECTED')
  assert.equal(body[0].duplicateResut.matchResults[0].matchRecords[0].record.Id, id)
  assert.equal(body[0].duplicateResut.allowSave, false)
  const asked = await query('SELECT DeveloperName, SobjectType FROM DuplicateRule WHERE IsActive = true')
  assert.deepEqual(
    asked.body.records.map((one: Record<string, string>) => [one.DeveloperName, one.SobjectType]),
    [['Same_Address', 'Lead']],
  )
  org.removeDuplicateRule('Same_Address')
  assert.equal((await call('POST', '/sobjects/Lead', lead('a@x.io'))).status, 201)
  assert.equal((await query('SELECT COUNT() FROM DuplicateRule')).body.totalSize, 0)
})

test('the header gets past a rule that alerts, not past one that blocks', async t => {
  const { org, call } = await startTrial(t)
  org.insert('Contact', { LastName: 'L', Email: 'a@x.io' })
  const header = (text: string) => ({ 'sforce-duplicate-rule-header': text })
  const create = (headers = {}) => call('POST', '/sobjects/Lead', lead('a@x.io'), headers)
  org.setDuplicateRule({ object: 'Lead', action: 'alert', matchOn: ['Email'], against: ['Contact'] })
  assert.equal(codeOf(await create()), 'DUPLICATES_DETECTED')
  const detailed = await create(header('includeRecordDetails=true'))
  const { record } = detailed.body[0].duplicateResut.matchResults[0].matchRecords[0]
  assert.equal(record.LastName, 'L')
  assert.equal((await create(header('allowSave=true; includeRecordDetails=false'))).status, 201)
  const composed = await call('POST', '/composite', {
    compositeRequest: [
      {
        method: 'POST',
        url: `${ROOT}/sobjects/Lead`,
        referenceId: 'r',
        body: lead('a@x.io'),
        httpHeaders: { 'Sforce-Duplicate-Rule-Header': 'allowSave=true' },
      },
    ],
  })
  assert.equal(composed.body.compositeResponse[0].httpStatusCode, 201)
  org.setDuplicateRule({ object: 'Lead', action: 'block', matchOn: ['Email'], against: ['Contact'] })
  assert.equal(codeOf(await create(header('allowSave=true'))), 'DUPLICATES_DETECTED')
})

test('an assignment rule runs over whatever a call writes, unless its header says otherwise, and over no edit by hand', async t => {
  const { org, call } = await startTrial(t)
  const id = org.insert('Lead', lead('a@x.io'))
  const owner = org.get(id)?.OwnerId as string
  const queue = makeId('User', 7)
  org.setAssignmentRule('Lead', queue)
  const edit = (headers = {}) => call('PATCH', `/sobjects/Lead/${id}`, { Phone: '1' }, headers)
  org.update(id, { Phone: '2' })
  await edit({ 'sforce-auto-assign': 'False' })
  assert.equal(org.get(id)?.OwnerId, owner)
  const { body } = await call('POST', '/sobjects/Lead', lead('b@x.io'))
  assert.equal(org.get(body.id)?.OwnerId, queue)
  await edit()
  assert.equal(org.get(id)?.OwnerId, queue)
})

test('a duplicate rule looks at edits only where it says so, and only of its own fields', async t => {
  const { org, call } = await startTrial(t)
  const [, second] = org.insertMany('Lead', [lead('a@x.io', { Phone: '1' }), lead('b@x.io', { Phone: '1' })])
  const edit = (fields: object) => call('PATCH', `/sobjects/Lead/${second}`, fields)
  org.setDuplicateRule({ object: 'Lead', action: 'block', matchOn: ['Email', 'Phone'], onUpdate: true })
  assert.equal(codeOf(await edit({ Email: 'a@x.io' })), 'DUPLICATES_DETECTED')
  assert.equal((await edit({ Email: 'a@x.io', Phone: '2' })).status, 204)
  assert.equal((await edit({ Newsletter__c: true })).status, 204)
})

test('an object that may not be edited is described so, and its rows are refused; people edit it', async t => {
  const { org, call, rows } = await startTrial(t)
  const id = org.insert('Lead', lead('a@x.io'))
  org.setObjectAccess('Lead', { updateable: false })
  const { body } = await call('GET', '/sobjects/Lead/describe')
  assert.ok(!body.updateable && body.fields.every(({ updateable }: { updateable: boolean }) => !updateable))
  const update = rows('Lead', [{ id, Newsletter__c: true }])
  assert.deepEqual(codes(await call('PATCH', '/composite/sobjects', update)), [
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
  ])
  org.update(id, { Newsletter__c: true })
  assert.equal(org.get(id)?.Newsletter__c, true)
})

test('a validation rule refuses its rows with its own text, in bulk, in collections and by hand', async t => {
  const { org, call, rows } = await startTrial(t)
  const id = org.insert('Lead', lead('a@x.io', { Language__c: 'fr' }))
  org.addValidationRule('Lead', {
    name: 'Keep_Language',
    message: 'The language stays',
    fields: ['Language__c'],
    refuses: (record, before) => before !== undefined && record.Language__c !== before.Language__c,
  })
  const answer = await call('PATCH', '/composite/sobjects', rows('Lead', [{ id, Language__c: 'de' }]))
  assert.deepEqual(answer.body[0].errors, [
    {
      statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
      message: 'The language stays',
      fields: ['Language__c'],
    },
  ])
  assert.throws(() => org.update(id, { Language__c: 'de' }), /The language stays/)
  org.removeValidationRule('Lead', 'Keep_Language')
  org.update(id, { Language__c: 'de' })
})

test('triggers take time for each row, and run out of CPU on too many rows at once', async t => {
  const { org, call, rows } = await startTrial(t)
  org.setTriggerCost('Lead', 5)
  const beganAt = performance.now()
  await call(
    'POST',
    '/composite/sobjects',
    rows(
      'Lead',
      Array.from({ length: 20 }, (_, i) => lead(`${i}@x.io`)),
    ),
  )
  assert.ok(performance.now() - beganAt >= 99)
  org.setGovernor({ cpuLimitMs: 50 })
  const all = await call(
    'POST',
    '/composite/sobjects',
    rows(
      'Lead',
      Array.from({ length: 11 }, () => lead('c@x.io')),
    ),
  )
  assert.ok(codes(all).every(code => code === 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY'))
  assert.match(all.body[0].errors[0].message, /Apex CPU time limit exceeded/)
  const few = await call(
    'POST',
    '/composite/sobjects',
    rows(
      'Lead',
      Array.from({ length: 10 }, () => lead('c@x.io')),
    ),
  )
  assert.ok(codes(few).every(code => code === undefined))
})

test('requests that run long fill slots of their own: beyond them calls are refused until one ends', async t => {
  const { org, call, rows } = await startTrial(t)
  org.setTriggerCost('Lead', 300)
  org.setGovernor({ longRunningMs: 50, longRunningLimit: 1 })
  const long = call('POST', '/composite/sobjects', rows('Lead', [lead('a@x.io')]))
  const refused = await new Promise<Awaited<ReturnType<typeof call>>>(resolve => {
    const ask = async () => {
      const answer = await call('GET', '/limits')
      if (answer.status === 200) void ask()
      else resolve(answer)
    }
    void ask()
  })
  assert.deepEqual(refused.body, [
    { message: 'ConcurrentPerOrgLongTxn Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' },
  ])
  await long
  assert.equal((await call('GET', '/limits')).status, 200)
})

test('two requests at once for contacts of one account: the later waits, then its rows are refused', async t => {
  const { org, call, rows } = await startTrial(t)
  const [one, two] = org.insertMany('Account', [{ Name: 'One' }, { Name: 'Two' }])
  const [a, b, c] = org.insertMany('Contact', [
    { LastName: 'A', AccountId: one },
    { LastName: 'B', AccountId: one },
    { LastName: 'C', AccountId: two },
  ])
  const update = (...ids: unknown[]) =>
    call(
      'PATCH',
      '/composite/sobjects',
      rows(
        'Contact',
        ids.map(id => ({ id, Newsletter__c: true })),
      ),
    )
  org.setParentLocks(true, { waitMs: 20, holdMs: 300 })
  const both = (await Promise.all([update(a), update(b, c)])).flatMap(codes)
  assert.deepEqual(both.filter(Boolean), ['UNABLE_TO_LOCK_ROW'])
  assert.equal(both.length, 3)
  assert.deepEqual(codes(await update(a, b, c)), [undefined, undefined, undefined])
  org.setParentLocks(true, { waitMs: 5_000, holdMs: 30 })
  assert.deepEqual((await Promise.all([update(a), update(b)])).flatMap(codes), [undefined, undefined])
})

test('what people do can be done over HTTP, costs no API call, and is not open to other pages', async t => {
  const { org } = await startTrial(t)
  const act = async (method: string, path: string, body: object = {}, headers = {}) => {
    const answer = await fetch(`${org.url}/sandbox/${path}`, { method, headers, body: JSON.stringify(body) })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }
  const { id } = (await act('POST', 'records', { sobject: 'Lead', fields: lead('a@x.io') })).body
  const { id: other } = (await act('POST', 'records', { sobject: 'Lead', fields: lead('b@x.io') })).body
  await act('PATCH', `records/${id}`, { Newsletter__c: true })
  assert.equal(org.get(id as string)?.Newsletter__c, true)
  await act('POST', 'merge', { masterId: id, loserId: other })
  assert.equal(org.get(other as string)?.MasterRecordId, id)
  const { contactId } = (await act('POST', 'convert', { leadId: id })).body
  assert.equal(org.get(contactId as string)?.Newsletter__c, true)
  assert.equal((await act('DELETE', `records/${contactId}`)).status, 200)
  await act('POST', 'duplicate-rules', { object: 'Lead', action: 'block', matchOn: ['Email'], name: 'R' })
  for (const wrong of [{}, { object: 'Lead' }, { object: 'Lead', action: 'block', matchOn: 'Email' }])
    assert.equal((await act('POST', 'duplicate-rules', wrong)).status, 400)
  assert.equal(
    (await act('POST', 'records', { sobject: 'Lead', fields: lead('a@x.io') })).body.statusCode,
    'DUPLICATES_DETECTED',
  )
  assert.equal((await act('DELETE', 'duplicate-rules/R')).status, 200)
  assert.equal((await act('DELETE', 'records/nope')).status, 404)
  assert.equal((await act('DELETE', `records/${id}`, {}, { origin: 'http://elsewhere.test' })).status, 403)
  assert.equal(org.usage.calls, 0)
})
