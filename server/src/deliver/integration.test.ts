import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { Agent } from 'undici'
import { startDelivering } from '../../test/delivering.ts'
import { eventually, testSecretKey } from '../../test/heed.ts'
import { ledgerIntegration, targetAway } from '../../test/ledger.ts'
import { createVault } from '../access/vault.ts'
import { createLibraries } from '../library/libraries.ts'
import { createLog } from '../observe/log.ts'
import { createMetrics } from '../observe/metrics.ts'
import { type IntegrationRow, readIntegration, sealCredentials } from './integration.ts'
import { createSessions } from './sessions.ts'

const delivering = await startDelivering()
const { ledger, call, db, choose, explain, holds, inState, integration } = delivering

test('a hold is lifted by changing the integration', async () => {
  ledger.onDeliver = () => {
    throw targetAway('hold', 3600_000)
  }
  await choose('hold@acme.test', true)
  await eventually(
    async () => (await call(`GET /v1/marketplace/integrations/${integration}`)).body.hold?.kind === 'hold',
  )
  ledger.onDeliver = () => undefined
  await call(`PATCH /v1/marketplace/integrations/${integration}`, {
    authentication: { token: 'a better one' },
  })
  await holds('hold@acme.test', true)
})

test('the connection test, the fields and the preview come from the connector', async () => {
  await choose('first@acme.test', true)
  const tested = await call(`POST /v1/marketplace/integrations/${integration}/test`)
  assert.deepEqual(tested.body, { ok: true, checks: [{ name: 'ledger', ok: true, message: 'is there' }] })
  const fields = await call(`GET /v1/marketplace/integrations/${integration}/fields?search=a`)
  assert.deepEqual(fields.body.data, [{ sobject: 'Line', id: 'a', label: 'A', type: 'boolean' }])
  const preview = await call(`POST /v1/marketplace/integrations/${integration}/preview`, {
    organization_user_id: ['first@acme.test', 'nobody@acme.test'],
  })
  assert.equal(preview.body.data[0].records[0].action, 'create')
  assert.match(preview.body.data[1].note, /nobody/)
})

test('explain leads each field back to the event that set it', async () => {
  const event = await choose('why@acme.test', true)
  await inState('why@acme.test', 'delivered')
  const { body } = await explain('why@acme.test')
  const line = (value: unknown) => [{ sobject: 'Line', value, error: null }]
  assert.deepEqual(
    body.fields.map((field: { id: string; chosen: unknown; written: unknown; event_id: string | null }) => [
      field.id,
      field.chosen,
      field.written,
      field.event_id,
    ]),
    [
      ['newsletter', true, line(true), event.id],
      ['channel', 'email', line('email'), event.id],
      ['who', 'why@acme.test', line('why@acme.test'), null],
      ['since', true, line(true), event.id],
      ['why', true, line(true), event.id],
      ['law', null, [], null],
    ],
  )
  assert.equal(body.written_error, null)
  assert.equal(body.delivery.state, 'delivered')
  assert.equal(body.last_attempts[0].state, 'delivered')
})

test('explain tells what was chosen also while the target is away, and why it cannot say what is written', async () => {
  ledger.onLook = () => {
    throw targetAway('transient')
  }
  const { body } = await explain('why@acme.test')
  ledger.onLook = () => undefined
  assert.deepEqual(
    [body.fields[0].chosen, body.fields[0].written, body.written_error.code],
    [true, null, 'AWAY'],
  )
})

test('what is refused at saving is not saved, and credentials are never given back', async () => {
  const bad = async (body: object, field: string) => {
    const answer = await call('POST /v1/marketplace/integrations', { ...ledgerIntegration, ...body })
    assert.equal(answer.status, 400, JSON.stringify(answer.body))
    assert.ok(field in answer.body.errors, JSON.stringify(answer.body.errors))
  }
  await bad({ type_id: 'nothing' }, 'type_id')
  await bad({ authentication: {} }, 'authentication.token')
  await bad({ authentication: { token: 'x', extra: 1 } }, 'authentication.extra')
  await bad({ mappings: [{ id: 'x', value: 'zzzzzzz', type: 'pmp-widget-id' }] }, 'mappings[0].value')
  await bad({ mappings: [{ id: 'x', value: 'consents_purposes_nothing_enabled' }] }, 'mappings[0].value')
  await bad({ mappings: [{ id: 'x', value: 'newsltr', type: 'pmp-widget' }] }, 'mappings[0].type')
  ledger.issues = [{ path: 'mappings[0].id', message: 'no such field', cure: 'Create it.' }]
  await bad({}, 'mappings[0].id')
  ledger.issues = []
  const { body } = await call('GET /v1/marketplace/integrations')
  assert.equal(body.total, 1)
  assert.doesNotMatch(JSON.stringify(body), /secret token|better one/)
  const { rows } = await sql<{ credentials: Buffer }>`select credentials from integrations`.execute(db)
  assert.doesNotMatch(rows[0]?.credentials.toString('latin1') ?? '', /better one/)
})

test('a session that nobody has used for a day is let go, and what was learned in it with it', async () => {
  const vault = createVault(testSecretKey)
  let nowMs = Date.now()
  const ground = {
    ...{ connectors: ledger.connectors, vault, dispatcher: new Agent(), db },
    ...{ libraries: createLibraries(db), metrics: createMetrics(), log: createLog('silent') },
  }
  const sessions = createSessions(ground, () => nowMs)
  const row = (await readIntegration(db, 'acme', integration)) as IntegrationRow
  const credentials = sealCredentials(vault, 'another', { token: 'x' })
  const { session } = sessions.of(row)
  nowMs += 23 * 3600_000
  sessions.of({ ...row, id: 'another', credentials })
  assert.equal(sessions.of(row).session, session)
  nowMs += 25 * 3600_000
  sessions.of({ ...row, id: 'another', credentials, upsert_mode: !row.upsert_mode })
  assert.notEqual(sessions.of(row).session, session)
  await sessions.close()
})

test('an integration whose credentials cannot be opened holds with a cure, until they are saved again', async () => {
  await sql`update integrations set credentials = '\\x01'::bytea where id = ${integration}`.execute(db)
  await choose('sealed@acme.test', true)
  const read = async () => (await call(`GET /v1/marketplace/integrations/${integration}`)).body
  const hold = await eventually(async () => (await read()).hold)
  assert.equal(hold.code, 'CREDENTIALS_UNREADABLE')
  for (const ask of ['POST preview', 'GET fields']) {
    const refused = await delivering.own(
      ask,
      ask === 'POST preview' ? { organization_user_id: ['x'] } : undefined,
    )
    assert.equal(refused.status, 503, ask)
    assert.match(refused.body.message, /CREDENTIALS_UNREADABLE/)
  }
  const exported = await delivering.own('GET export')
  assert.deepEqual([exported.status, Object.keys(exported.body.errors)], [409, ['authentication']])
  const { ok, checks } = (await delivering.own('POST test')).body
  assert.deepEqual([ok, checks.length], [false, 1])
  assert.match(checks[0].cure, /HEED_SECRET_KEY/)
  const mended = await call(`PATCH /v1/marketplace/integrations/${integration}`, {
    authentication: { token: 'new' },
  })
  assert.equal(mended.status, 200, JSON.stringify(mended.body))
  await holds('sealed@acme.test', true)
})
