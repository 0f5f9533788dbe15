/** What one person's tokens may do in a day. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { createPersonTokens } from '../src/access/personTokens.ts'
import { createVault } from '../src/access/vault.ts'
import { startHeed, testSecretKey } from './heed.ts'
import { fillLibrary } from './library.ts'

const dailyLimits = { events: 3, proofs: 2, copies: 1 }
const heed = await startHeed({ delivers: false, connectors: new Map(), dailyLimits })
const { call, db, databaseUrl } = heed
const other = await startHeed({ delivers: false, connectors: new Map(), dailyLimits, databaseUrl })
before(async () => {
  await fillLibrary(heed)
  assert.equal((await call('POST /v1/widgets', { id: 'centre', name: 'Centre' })).status, 200)
  assert.equal((await call('POST /v1/widgets/deployments', { widget_id: 'centre' })).status, 200)
})

const tokenOf = async (organization_user_id: string): Promise<string> =>
  (await call('POST /v1/consents/tokens', { organization_user_id })).body.id_token
const yes = { consents: { purposes: [{ id: 'newsletter', enabled: true }] } }
const pdf = `data:application/pdf;base64,${Buffer.from('%PDF-1.7').toString('base64')}`
const tomorrow = () => sql`update throttles set ends_at = now()`.execute(db)

test('events are bounded per person and day, whichever node takes them, and not for the organization', async () => {
  const token = await tokenOf('ann@acme.test')
  assert.equal((await call('POST /v1/consents/events', [yes, yes], { token })).status, 200)
  assert.equal((await other.call('POST /v1/consents/events', yes, { token })).status, 200)
  const refused = await other.call('POST /v1/consents/events', yes, { token })
  assert.equal(refused.status, 429)
  const seconds = Number(refused.headers['retry-after'])
  assert.ok(seconds > 86_000 && seconds <= 86_400)
  assert.equal(
    (await call('POST /v1/consents/events', yes, { token: await tokenOf('bob@acme.test') })).status,
    200,
  )
  const user = { organization_user_id: 'ann@acme.test' }
  assert.equal((await call('POST /v1/consents/events', { user, ...yes })).status, 200)
  await tomorrow()
  assert.equal((await call('POST /v1/consents/events', yes, { token })).status, 200)
})

test('proofs that come with events are bounded too', async () => {
  const token = await tokenOf('file@acme.test')
  const withProofs = (...proofs: string[]) => call('POST /v1/consents/events', { ...yes, proofs }, { token })
  assert.equal((await withProofs(pdf, pdf)).status, 200)
  assert.equal((await withProofs(pdf)).status, 429)
  assert.equal((await withProofs()).status, 200)
})

test('one copy of a receipt too many is not sent; what was chosen is saved', async () => {
  const organizationUserId = 'copy@acme.test'
  const session = await createPersonTokens(createVault(testSecretKey)).seal(
    { organizationId: 'acme', organizationUserId, permissions: ['read', 'write'] },
    600,
  )
  for (const _ of [1, 2]) {
    await call('POST /v1/consents/events', { user: { organization_user_id: organizationUserId }, ...yes })
    const left = await heed.heed.app.inject({
      method: 'POST',
      url: '/c/acme/centre',
      headers: { cookie: `heed_person=${session}`, 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'action=unsubscribe_all&copy=yes',
    })
    assert.equal(left.statusCode, 303)
    assert.match(String(left.headers.location), /saved=/)
  }
  const { rows } = await sql`select from mails where recipient = ${organizationUserId}`.execute(db)
  assert.equal(rows.length, 1)
})
