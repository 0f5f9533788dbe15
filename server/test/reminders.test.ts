/** Reminders of what waits to be confirmed: each once, and never of what does not wait any more. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { sql } from 'kysely'
import { createVault } from '../src/access/vault.ts'
import { createLog } from '../src/observe/log.ts'
import { mailDueReminders } from '../src/signin/reminders.ts'
import { eventually, startHeed, testSecretKey } from './heed.ts'
import { fillLibrary } from './library.ts'
import { startMailServer } from './smtp.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call, db } = heed
const { app } = heed.heed
before(() => fillLibrary(heed))

const ground = {
  db,
  vault: createVault(testSecretKey),
  log: createLog('silent'),
  publicUrl: () => 'http://heed.test',
  onOwed: () => undefined,
}
/** As two more nodes that look at one time would. */
const remind = () => Promise.all([mailDueReminders(ground), mailDueReminders(ground)])
const organization = (patch: object) => call('PATCH /v1/organizations/acme', patch)
const consents = { purposes: [{ id: 'newsletter', enabled: true }] }

/** An event whose person was asked to confirm it. */
async function asked(organization_user_id: string): Promise<string> {
  const user = { organization_user_id }
  const { body } = await call('POST /v1/consents/events', { user, status: 'pending_approval', consents })
  await eventually(async () => {
    const { rows } = await sql`
      select from confirmations where event_id = ${body.id} and mailed_at is not null`.execute(db)
    return rows.length === 1
  })
  return body.id
}
const aDayLater = () =>
  sql`
    update confirmations
    set mailed_at = mailed_at - interval '25 hours', reminded_at = reminded_at - interval '25 hours'`.execute(
    db,
  )
const remindersTo = async (address: string) =>
  (
    await sql<{ body: string; state: string; reason: string | null; lease: string | null }>`
      select body, state, reason, lease from mails
      where recipient = ${address} and email_type = 'validation-double-optin-reminder'`.execute(db)
  ).rows
const mailsTo = async (address: string) =>
  (
    await sql<{ state: string; reason: string | null }>`
      select state, reason from mails where recipient = ${address}`.execute(db)
  ).rows
/** Another node may be at it at this moment. */
const reminded = (address: string, times: number) =>
  eventually(async () => (await remindersTo(address)).length === times)

test('nobody is reminded unless the organization wants it', async () => {
  const { body } = await organization({ double_opt_in: true })
  assert.deepEqual([body.confirmation_reminders, body.confirmation_reminder_days], [0, 2])
  for (const wrong of [{ confirmation_reminders: 4 }, { confirmation_reminder_days: 0 }])
    assert.deepEqual(Object.keys((await organization(wrong)).body.errors), Object.keys(wrong))
  await asked('none@acme.test')
  await aDayLater()
  await aDayLater()
  await remind()
  assert.equal((await remindersTo('none@acme.test')).length, 0)
})

test('as often as the organization says, each time once, and its button confirms', async () => {
  await organization({ confirmation_reminders: 2, confirmation_reminder_days: 1 })
  const id = await asked('ann@acme.test')
  for (const times of [0, 1, 2, 2]) {
    await remind()
    await reminded('ann@acme.test', times)
    await aDayLater()
  }
  const [mail] = await remindersTo('ann@acme.test')
  const url = new URL(
    /<(https?:[^>]+)>/.exec(mail?.body.replace(/\s+(?=[^<]*>)/g, '') as string)?.[1] as string,
  )
  assert.equal((await app.inject({ method: 'POST', url: url.pathname })).statusCode, 200)
  assert.equal((await call(`GET /v1/consents/events/${id}`)).body.status, 'confirmed')
  const states = (await remindersTo('ann@acme.test')).map(({ state }) => state)
  assert.deepEqual(states, ['failed', 'failed'], 'what was not sent yet is not sent any more')
})

test('a reminder that was not committed is made once, later', async () => {
  await asked('crash@acme.test')
  await sql`
    create function die() returns trigger language plpgsql as $$ begin raise exception 'died'; end $$`.execute(
    db,
  )
  await sql`
    create trigger die before insert on mails for each row
    when (new.recipient = 'crash@acme.test') execute function die()`.execute(db)
  await aDayLater()
  await eventually(() =>
    mailDueReminders(ground).then(
      () => false,
      error => /died/.test(error.message),
    ),
  )
  await sql`drop trigger die on mails`.execute(db)
  await remind()
  await reminded('crash@acme.test', 1)
})

test('not of what was confirmed, deleted, revoked, erased or has expired, nor once it is switched off', async () => {
  const addresses = ['confirmed', 'deleted', 'revoked', 'erased', 'expired', 'off'].map(
    name => `${name}@acme.test`,
  )
  const [confirmed, deleted, , erased, expired] = await Promise.all(addresses.map(asked))
  await call(`PATCH /v1/consents/events/${confirmed}`, { status: 'confirmed' })
  await call(`DELETE /v1/consents/events/${deleted}`)
  await call('POST /v1/consents/events', {
    user: { organization_user_id: 'revoked@acme.test' },
    consents: { purposes: [{ id: 'newsletter', enabled: false }] },
  })
  await call(`DELETE /v1/consents/users/erased@acme.test?$by_organization_user_id=true`)
  await sql`update confirmations set expires_at = now() - interval '1 second' where event_id = ${expired}`.execute(
    db,
  )
  assert.ok(erased)
  await organization({ confirmation_reminders: 0 })
  await aDayLater()
  await remind()
  assert.equal((await remindersTo('off@acme.test')).length, 0)
  await organization({ confirmation_reminders: 1 })
  await remind()
  await reminded('off@acme.test', 1)
  for (const address of addresses.slice(0, -1)) assert.equal((await remindersTo(address)).length, 0, address)
})

test('no mail is sent that has become pointless while it waited: reminders or signing in switched off, or the person refuses', async () => {
  const server = await startMailServer()
  server.answer = () => 451
  await startHeed({ connectors: new Map(), databaseUrl: heed.databaseUrl, smtpUrl: server.url })
  const [off, refuses, stays] = ['late-off@acme.test', 'late-no@acme.test', 'late-stays@acme.test'] as const
  const isIn = (address: string, state: string) =>
    eventually(async () => (await remindersTo(address))[0]?.state === state)
  /** Once at least, and nobody is at it: what the server answers from now on meets the next try. */
  const isRefusedForNow = (address: string) =>
    eventually(async () => {
      const [mail] = await remindersTo(address)
      return mail?.reason?.startsWith('451') && mail.lease === null
    })
  const tryAgain = () =>
    sql`update mails set due_at = now() where due_at is not null and lease is null`.execute(db)
  const sentTo = () => server.mails.flatMap(({ to }) => to)

  await Promise.all([refuses, stays].map(asked))
  await aDayLater()
  await remind()
  await Promise.all([refuses, stays].map(isRefusedForNow))
  await call('POST /v1/consents/events', {
    user: { organization_user_id: refuses },
    consents: { purposes: [{ id: 'newsletter', enabled: false }] },
  })
  server.answer = address => (address === off ? 451 : undefined)
  await tryAgain()
  await Promise.all([isIn(refuses, 'failed'), isIn(stays, 'sent')])
  await eventually(async () => (await mailsTo(refuses)).every(({ state }) => state === 'failed'))
  assert.equal(sentTo().includes(refuses), false, 'nor by the mail that asked at first')

  await asked(off)
  await aDayLater()
  await remind()
  await isRefusedForNow(off)
  await organization({ confirmation_reminders: 0 })
  const code = 'late-code@acme.test'
  server.answer = () => 451
  const { public_api_key: key } = (await call('GET /v1/organizations/acme')).body
  await call(`GET /v1/auth/protocols/otp/generate?${new URLSearchParams({ key, email: code })}`)
  await eventually(async () => (await mailsTo(code))[0]?.reason)
  await organization({ auth_enabled: false })
  server.answer = () => undefined
  await tryAgain()
  await isIn(off, 'failed')
  await eventually(async () => (await mailsTo(code))[0]?.state === 'failed')
  assert.equal(sentTo().includes(code), false, 'nor is a code that is worth nothing any more')
  const reminders = server.mails.filter(({ source }) => /still waits|remind/i.test(source))
  assert.ok(sentTo().includes(stays))
  assert.deepEqual(
    [off, refuses].filter(address => reminders.some(({ to }) => to.includes(address))),
    [],
  )
})
