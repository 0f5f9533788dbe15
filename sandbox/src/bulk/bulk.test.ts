/** Bulk API 2.0: what a job takes, how its rows end, and what is left where it stops halfway. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { Connection } from 'jsforce'
import type { SandboxOptions } from '../main.ts'
import { codeOf, lead, startTrial } from '../trial.ts'

interface JobAnswer {
  state: string
  numberRecordsProcessed: number
  numberRecordsFailed: number
  errorMessage?: string
}

const ENDED = ['JobComplete', 'Failed', 'Aborted']

async function start(t: TestContext, options: SandboxOptions = {}) {
  const trial = await startTrial(t, options)
  const { call } = trial
  const open = async (request: object): Promise<string> => {
    const answer = await call('POST', '/jobs/ingest', request)
    assert.equal(answer.status, 200, answer.text)
    return answer.body.id
  }
  const send = async (request: object, csv: string): Promise<string> => {
    const id = await open(request)
    assert.equal((await call('PUT', `/jobs/ingest/${id}/batches`, csv)).status, 201)
    assert.equal((await call('PATCH', `/jobs/ingest/${id}`, { state: 'UploadComplete' })).status, 200)
    return id
  }
  const ended = async (id: string): Promise<JobAnswer> => {
    for (;;) {
      const { body } = await call('GET', `/jobs/ingest/${id}`)
      if (ENDED.includes(body.state)) return body
      await pause(5)
    }
  }
  const results = async (id: string, part: string): Promise<Record<string, string>[]> =>
    parse((await call('GET', `/jobs/ingest/${id}/${part}`)).text, { columns: true })
  return { ...trial, open, send, ended, results }
}

test('jsforce loads a job and reads back what became of each row', async t => {
  const { org, token } = await start(t)
  const connection = new Connection({ instanceUrl: org.url, accessToken: token, version: '67.0' })
  const input = Array.from({ length: 450 }, (_, i) =>
    lead(`b${i}@acme.test`, { Newsletter__c: true, Channel__c: 'sms' }),
  )
  const { successfulResults, failedResults, unprocessedRecords } =
    await connection.bulk2.loadAndWaitForResults({
      object: 'Lead',
      operation: 'insert',
      input: [...input, lead('bad@acme.test', { Channel__c: 'pigeon' })],
      pollInterval: 10,
    })
  assert.deepEqual([successfulResults.length, failedResults.length, unprocessedRecords.length], [450, 1, 0])
  assert.equal(org.records('Lead').filter(({ Newsletter__c }) => Newsletter__c === true).length, 450)
  const { sf__Id, sf__Created } =
    successfulResults.find(row => Object.values(row).includes('b7@acme.test')) ?? {}
  assert.equal(org.get(String(sf__Id))?.Email, 'b7@acme.test')
  assert.equal(sf__Created, 'true')
  assert.match(
    failedResults[0]?.sf__Error as string,
    /^INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:.*:Channel__c --$/,
  )
})

test('each request of a job is one API call, whatever its rows', async t => {
  const { org, send, ended } = await start(t)
  org.resetUsage()
  const id = await send({ object: 'Lead', operation: 'insert' }, 'LastName,Company\nA,C\nB,C\n')
  await ended(id)
  assert.ok((org.usage.byKind.bulk as number) >= 4)
  assert.equal(org.usage.calls, org.usage.byKind.bulk)
  assert.equal(org.usage.rowsWritten, 2)
})

test('cells are read by the type of their field: an empty one is left alone, #N/A clears', async t => {
  const { org, send, ended, results } = await start(t)
  const before = { Language__c: 'fr', Frequency__c: 'weekly', Score__c: 3 }
  const ids = org.insertMany(
    'Lead',
    [1, 2, 3].map(n => lead(`${n}@x.io`, before)),
  )
  const id = await send(
    { object: 'Lead', operation: 'update' },
    `Id,Newsletter__c,Language__c,Frequency__c,Score__c,Consent_Date__c\n${ids[0]},TRUE,,#N/A,1.5,2026-01-31T10:00:00+01:00\n${ids[1]},maybe,,,,\n${ids[2]},,,,much,\n`,
  )
  const job = await ended(id)
  assert.deepEqual([job.state, job.numberRecordsProcessed, job.numberRecordsFailed], ['JobComplete', 3, 2])
  const row = org.get(ids[0] as string)
  assert.deepEqual(
    [row?.Newsletter__c, row?.Language__c, row?.Frequency__c, row?.Score__c, row?.Consent_Date__c],
    [true, 'fr', null, 1.5, '2026-01-31T09:00:00.000+0000'],
  )
  const errors = (await results(id, 'failedResults')).map(({ sf__Id, sf__Error }) => [sf__Id, sf__Error])
  assert.deepEqual(
    new Map(errors as [string, string][]),
    new Map([
      [
        ids[1],
        'INVALID_TYPE_ON_FIELD_IN_RECORD:Newsletter: value not of required type: maybe:Newsletter__c --',
      ],
      [ids[2], 'INVALID_TYPE_ON_FIELD_IN_RECORD:Score: value not of required type: much:Score__c --'],
    ] as [string, string][]),
  )
})

test('every delimiter and line ending is taken; the wrong line ending fails the job', async t => {
  const { org, send, ended, results } = await start(t)
  const delimiters = { COMMA: ',', TAB: '\t', SEMICOLON: ';', PIPE: '|', CARET: '^', BACKQUOTE: '`' }
  for (const [columnDelimiter, delimiter] of Object.entries(delimiters)) {
    const csv = `LastName${delimiter}Company\r\n"a ${delimiter} ""quoted"""${delimiter}C\r\n`
    const id = await send({ object: 'Lead', operation: 'insert', columnDelimiter, lineEnding: 'CRLF' }, csv)
    assert.equal((await ended(id)).state, 'JobComplete')
  }
  assert.deepEqual(
    org.records('Lead').map(({ LastName }) => LastName),
    Object.values(delimiters).map(delimiter => `a ${delimiter} "quoted"`),
  )
  const id = await send({ object: 'Lead', operation: 'insert' }, 'LastName,Company\r\nA,C\r\n')
  const { state, errorMessage } = await ended(id)
  assert.equal(state, 'Failed')
  assert.match(String(errorMessage), /LineEnding is invalid/)
  assert.equal((await results(id, 'unprocessedrecords')).length, 0)
})

test('an unknown column fails the job with its name, and no row is processed', async t => {
  const { org, send, ended, results } = await start(t)
  org.setFieldAccess('Lead', 'Language__c', { readable: false })
  for (const [operation, header, missing] of [
    ['insert', 'LastName,Company,Nope__c', 'Nope__c'],
    ['insert', 'LastName,Company,Language__c', 'Language__c'],
    ['update', 'LastName,Company,Email', 'Id'],
  ]) {
    const id = await send({ object: 'Lead', operation }, `${header}\nA,C,x\nB,C,y\n`)
    const job = await ended(id)
    assert.equal(job.state, 'Failed')
    assert.equal(job.errorMessage, `InvalidBatch : Field name not found : ${missing}`)
    assert.equal((await results(id, 'unprocessedrecords')).length, 2)
  }
  assert.equal(org.records('Lead').length, 0)
})

test('an upsert creates and updates by its external id, and refuses the same one twice', async t => {
  const { org, send, ended, results } = await start(t)
  org.insert('Lead', lead('a@x.io', { Pmp_Id__c: 'a' }))
  const id = await send(
    { object: 'Lead', operation: 'upsert', externalIdFieldName: 'Pmp_Id__c' },
    'Pmp_Id__c,LastName,Company\na,A,C\nb,B,C\nc,C1,C\nC,C2,C\n,D,C\n',
  )
  await ended(id)
  const done = await results(id, 'successfulResults')
  assert.deepEqual(done.map(({ Pmp_Id__c, sf__Created }) => `${Pmp_Id__c} ${sf__Created}`).sort(), [
    'a false',
    'b true',
  ])
  assert.equal((await results(id, 'failedResults')).length, 3)
  assert.equal(org.records('Lead').length, 2)
})

test('a delete names its rows by id', async t => {
  const { org, send, ended } = await start(t)
  const ids = org.insertMany('Lead', [lead('a@x.io'), lead('b@x.io')])
  await ended(await send({ object: 'Lead', operation: 'delete' }, `Id\n${ids[0]}\n00Q5e0000009999EAA\n`))
  assert.deepEqual(
    org.records('Lead').map(({ Id }) => Id),
    [ids[1]],
  )
})

test('a job that is aborted leaves written rows written and the rest unprocessed', async t => {
  const { org, call, send, results } = await start(t)
  org.jobs.pauseAfter = 0.5
  const ids = org.insertMany(
    'Lead',
    Array.from({ length: 2000 }, (_, i) => lead(`${i}@x.io`)),
  )
  const csv = `Id,Newsletter__c\n${ids.map(id => `${id},true`).join('\n')}\n`
  const id = await send({ object: 'Lead', operation: 'update' }, csv)
  await org.jobs.idle()
  assert.equal((await call('PATCH', `/jobs/ingest/${id}`, { state: 'Aborted' })).body.state, 'Aborted')
  const written = () => org.records('Lead').filter(({ Newsletter__c }) => Newsletter__c === true).length
  await org.jobs.resume()
  const done = await results(id, 'successfulResults')
  const rest = await results(id, 'unprocessedrecords')
  assert.deepEqual([done.length, rest.length, written()], [1000, 1000, 1000])
  assert.equal(codeOf(await call('PATCH', `/jobs/ingest/${id}`, { state: 'Aborted' })), 'INVALIDJOBSTATE')
})

test('a job can fail halfway: the rows before it are written, the rest is unprocessed', async t => {
  const { org, send, ended, results } = await start(t)
  org.faults.inject({ kind: 'job', after: 0.25, match: 'insert Lead' })
  const csv = `LastName,Company\n${Array.from({ length: 400 }, (_, i) => `L${i},C`).join('\n')}\n`
  const id = await send({ object: 'Lead', operation: 'insert' }, csv)
  const job = await ended(id)
  assert.deepEqual([job.state, job.numberRecordsProcessed], ['Failed', 100])
  assert.equal((await results(id, 'unprocessedrecords')).length, 300)
  assert.equal(org.records('Lead').length, 100)
})

test('faults of rows strike rows of jobs', async t => {
  const { org, send, ended, results } = await start(t)
  org.faults.inject({ kind: 'row', match: 'hit', times: 1 })
  const id = await send({ object: 'Lead', operation: 'insert' }, 'LastName,Company\nhit,C\nmissed,C\n')
  await ended(id)
  assert.deepEqual(
    (await results(id, 'failedResults')).map(({ sf__Error }) => sf__Error),
    ['UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--'],
  )
})

test('12,000 rows are two batches beside each other, and their results keep no order', async t => {
  const { org, call, send, ended, results } = await start(t)
  const csv = `LastName,Company\n${Array.from({ length: 12_000 }, (_, i) => `L${i},C`).join('\n')}\n`
  const id = await send({ object: 'Lead', operation: 'insert' }, csv)
  assert.equal((await ended(id)).numberRecordsProcessed, 12_000)
  const names = (await results(id, 'successfulResults')).map(({ LastName }) => LastName)
  assert.notDeepEqual(
    names,
    Array.from({ length: 12_000 }, (_, i) => `L${i}`),
  )
  assert.equal(new Set(names).size, 12_000)
  assert.equal(org.records('Lead').length, 12_000)
  assert.equal((await call('GET', '/limits')).body.DailyBulkApiBatches.Remaining, 14_998)
})

test('a job takes its content once, is closed after it, and goes when it has ended', async t => {
  const { call, open, send, ended } = await start(t)
  assert.equal(
    codeOf(await call('POST', '/jobs/ingest', { object: 'Nope', operation: 'insert' })),
    'INVALIDENTITY',
  )
  assert.equal(
    codeOf(
      await call('POST', '/jobs/ingest', {
        object: 'Lead',
        operation: 'upsert',
        externalIdFieldName: 'Company',
      }),
    ),
    'INVALIDJOB',
  )
  const id = await open({ object: 'Lead', operation: 'insert' })
  assert.equal(
    codeOf(await call('PATCH', `/jobs/ingest/${id}`, { state: 'UploadComplete' })),
    'INVALIDJOBSTATE',
  )
  assert.equal((await call('PUT', `/jobs/ingest/${id}/batches`, 'LastName,Company\n')).status, 201)
  assert.equal(
    codeOf(await call('PUT', `/jobs/ingest/${id}/batches`, 'LastName,Company\n')),
    'CLIENTINPUTERROR',
  )
  assert.equal((await call('DELETE', `/jobs/ingest/${id}`)).status, 400)
  assert.equal((await call('GET', `/jobs/ingest/${id}/successfulResults`)).status, 400)
  const other = await send({ object: 'Lead', operation: 'insert' }, 'LastName,Company\nA,C\n')
  await ended(other)
  assert.equal((await call('GET', '/jobs/ingest')).body.records.length, 2)
  assert.equal((await call('DELETE', `/jobs/ingest/${other}`)).status, 204)
  assert.equal((await call('GET', `/jobs/ingest/${other}`)).status, 404)
})

test('a job waits as long as the org says', async t => {
  const { call, send } = await start(t, { bulk: { startDelayMs: 60_000 } })
  const id = await send({ object: 'Lead', operation: 'insert' }, 'LastName,Company\nA,C\n')
  assert.equal((await call('GET', `/jobs/ingest/${id}`)).body.state, 'UploadComplete')
})

test('a job that is paused stops half-way; it goes on when it is resumed, unless somebody has aborted it', async t => {
  const { org, send, ended } = await start(t)
  const ids = org.insertMany(
    'Lead',
    [1, 2, 3, 4].map(n => lead(`${n}@x.io`)),
  )
  const csv = ['Id,Newsletter__c', ...ids.map(id => `${id},TRUE`), ''].join('\n')
  const written = () => org.records('Lead').filter(({ Newsletter__c }) => Newsletter__c === true).length
  org.jobs.pauseAfter = 0.5
  const first = await send({ object: 'Lead', operation: 'update' }, csv)
  await org.jobs.idle()
  assert.equal(written(), 2)
  assert.equal(await org.jobs.resume(), 1)
  assert.equal((await ended(first)).state, 'JobComplete')
  assert.equal(written(), 4)
  for (const id of ids) org.update(id, { Newsletter__c: false })
  const second = await send({ object: 'Lead', operation: 'update' }, csv)
  await org.jobs.idle()
  assert.equal(org.jobs.abortAll(), 1)
  assert.equal(await org.jobs.resume(), 1)
  assert.equal((await ended(second)).state, 'Aborted')
  assert.equal(written(), 2)
})

test('a job is idle when its batches are paused, not before those beside them have written', async t => {
  const { org, send } = await start(t, { bulk: { batchRows: 1 } })
  org.setParentLocks(true, { waitMs: 0, holdMs: 50 })
  org.jobs.pauseAfter = 0.5
  await send({ object: 'Lead', operation: 'insert' }, 'LastName,Company\na,C\nb,C\nc,C\n')
  await org.jobs.idle()
  assert.equal(org.records('Lead').length, 2)
  await org.jobs.resume()
  assert.equal(org.records('Lead').length, 3)
})

test('jsforce sees batches beside each other, and another program, lock the contacts of one account', async t => {
  const { org, token } = await start(t, { bulk: { batchRows: 1 } })
  const connection = new Connection({ instanceUrl: org.url, accessToken: token, version: '67.0' })
  const account = org.insert('Account', { Name: 'Acme' })
  const input = ['a', 'b']
    .map(LastName => org.insert('Contact', { LastName, AccountId: account }))
    .concat(org.insert('Contact', { LastName: 'c' }))
    .map(Id => ({ Id, Newsletter__c: 'true' }))
  const update = async () => {
    const job = { object: 'Contact', operation: 'update' as const, input, pollInterval: 10 }
    const { failedResults } = await connection.bulk2.loadAndWaitForResults(job)
    return failedResults.map(({ sf__Error }) => String(sf__Error).split(':')[0])
  }
  org.setParentLocks(true, { waitMs: 0, holdMs: 5 })
  assert.deepEqual(await update(), ['UNABLE_TO_LOCK_ROW'])
  org.setParentLocks(true, { waitMs: 5_000, holdMs: 5 })
  assert.deepEqual(await update(), [])
  const release = org.hold([account])
  org.setParentLocks(true, { waitMs: 0, holdMs: 5 })
  assert.deepEqual(await update(), ['UNABLE_TO_LOCK_ROW', 'UNABLE_TO_LOCK_ROW'])
  assert.equal(org.rowsLocked, 3)
  release()
  org.setParentLocks(true, { waitMs: 5_000, holdMs: 5 })
  assert.deepEqual(await update(), [])
})
