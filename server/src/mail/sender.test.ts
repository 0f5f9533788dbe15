import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { afterEach, test } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import { eventually, startHeed } from '../../test/heed.ts'
import { type MailServer, startMailServer } from '../../test/smtp.ts'
import { createMetrics } from '../observe/metrics.ts'
import { inTransaction } from '../store/database.ts'
import { enqueue, type Mail, withdrawMails } from './outbox.ts'
import { removeOldContent, removeOldMails } from './queue.ts'
import { type Sender, startSender } from './sender.ts'

const { db, call, organizationId } = await startHeed({ delivers: false })
const mail = (more: Partial<Mail> = {}): Mail => ({
  organizationId,
  templateId: 'message',
  to: 'ana@acme.test',
  language: 'en',
  parameters: { url: 'https://acme.test/c?token=x&lang=en' },
  ...more,
})

interface Row {
  state: string
  attempts: number
  reason: string | null
}
const rowOf = async (id: string) =>
  (await sql<Row>`select state, attempts, reason from mails where id = ${id}`.execute(db)).rows[0]
const inState = (id: string, state: string): Promise<Row> =>
  eventually(async () => {
    const row = await rowOf(id)
    return row?.state === state ? row : undefined
  })
/** The reason for which it was not sent yet, nor given up. */
const postponed = (id: string): Promise<string> =>
  eventually(async () => {
    const { state, reason } = (await rowOf(id)) ?? {}
    return state === 'sent' || state === 'failed' ? undefined : reason
  })
const makeDue = () =>
  sql`update mails set due_at = now() where due_at is not null and lease is null`.execute(db)

const senders: Sender[] = []
const logged: string[] = []
const metrics = createMetrics()
function send(smtpUrl: string | undefined, keepsContent = false): Sender {
  const log = pino({}, { write: line => void logged.push(line) })
  const sender = startSender(
    { db, log, metrics },
    { smtpUrl, from: 'Acme <no-reply@acme.test>', retentionDays: 7, keepsContent },
  )
  senders.push(sender)
  return sender
}
afterEach(async () => {
  await Promise.all(senders.splice(0).map(sender => sender.stop()))
  await sql`delete from mails`.execute(db)
})

test('two nodes send each mail once', async () => {
  const server = await startMailServer()
  const ids = await inTransaction(db, trx =>
    Promise.all(Array.from({ length: 40 }, (_, n) => enqueue(trx, mail({ to: `n${n}@acme.test` })))),
  )
  send(server.url)
  send(server.url)
  for (const id of ids) assert.equal((await inState(id, 'sent')).attempts, 1)
  assert.deepEqual(server.mails.map(({ to }) => to[0]).sort(), ids.map((_, n) => `n${n}@acme.test`).sort())
  const sources = server.mails.map(({ source }) => source)
  for (const id of ids) assert.ok(sources.some(source => source.includes(`Message-ID: <${id}@acme.test>`)))
})

test('a mail of a transaction that is rolled back is not sent', async () => {
  const server = await startMailServer()
  await assert.rejects(
    inTransaction(db, async trx => {
      await enqueue(trx, mail({ to: 'never@acme.test' }))
      throw new Error('undone')
    }),
  )
  const id = await enqueue(db, mail())
  send(server.url)
  await inState(id, 'sent')
  assert.deepEqual(
    server.mails.flatMap(({ to }) => to),
    ['ana@acme.test'],
  )
})

test('a mail has a text beside the HTML, says from whom it is, and unsubscribes with one click', async () => {
  const server = await startMailServer()
  const unsubscribeUrl = `https://acme.test/unsubscribe/${'x'.repeat(300)}`
  send(server.url)
  await inState(await enqueue(db, mail()), 'sent')
  await inState(await enqueue(db, mail({ unsubscribeUrl })), 'sent')
  const [plain, leaving] = server.mails.map(({ source }) => source) as [string, string]
  for (const source of [plain, leaving]) {
    assert.match(source, /^From: Acme <no-reply@acme\.test>/m)
    assert.match(source, /^To: ana@acme\.test/m)
    assert.match(source, /^Auto-Submitted: auto-generated/m)
    assert.match(source, /multipart\/alternative/)
    assert.match(source, /Content-Type: text\/plain; charset=utf-8/)
    assert.match(source, /Content-Type: text\/html; charset=utf-8/)
  }
  assert.doesNotMatch(plain, /List-Unsubscribe/)
  assert.ok(leaving.includes(`List-Unsubscribe: <${unsubscribeUrl}>`))
  assert.match(leaving, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m)
})

test('what a mail said goes once it was sent or has ended otherwise, unless it is to be kept', async () => {
  const contentOf = async (id: string) =>
    (
      await sql<{ content: string }>`
        select subject || html || body || coalesce(unsubscribe_url, '') as content from mails where id = ${id}`.execute(
        db,
      )
    ).rows[0]?.content
  const unsubscribeUrl = 'https://acme.test/unsubscribe/1'
  const server = await startMailServer()
  const keeping = send(server.url, true)
  const kept = await enqueue(db, mail({ unsubscribeUrl }))
  await inState(kept, 'sent')
  assert.match((await contentOf(kept)) as string, /token=x/)
  await keeping.stop()
  const withdrawn = await enqueue(db, mail({ eventId: 'event' }))
  await withdrawMails(db, organizationId, 'event')
  const late = await enqueue(db, mail())
  await sql`update mails set expires_at = now() - interval '1 second' where id = ${late}`.execute(db)
  const waits = await enqueue(db, mail())
  await removeOldContent(db)
  for (const id of [kept, withdrawn, late]) assert.equal(await contentOf(id), '')
  assert.notEqual(await contentOf(waits), '')
  send(server.url)
  await inState(waits, 'sent')
  assert.equal(await contentOf(waits), '')
  assert.equal((await inState(withdrawn, 'failed')).reason, 'what it asks to confirm does not wait any more')
  assert.match(server.mails.at(-1)?.source as string, /token=3Dx/)
})

test('an address may have a domain in any script', async () => {
  const server = await startMailServer()
  send(server.url)
  await inState(await enqueue(db, mail({ to: 'ana@käse.test' })), 'sent')
  assert.match(server.mails[0]?.source as string, /^To: ana@xn--kse-qla\.test$/m)
})

test('a server that cannot be reached is tried again until it takes the mail', async () => {
  // One that the system gives to nobody by itself: a free port could be another test's by the time it is back.
  const gone = await startMailServer(randomInt(20_000, 30_000))
  await gone.close()
  const id = await enqueue(db, mail())
  send(gone.url)
  assert.match(await postponed(id), /ECONNREFUSED/)
  const back = await startMailServer(gone.port)
  await eventually(async () => {
    await makeDue()
    return back.mails.length > 0
  })
  assert.equal((await inState(id, 'sent')).reason, null)
  assert.equal(back.mails.length, 1)
})

test('a recipient refused for good ends the mail, one refused for now does not; no address is logged', async () => {
  const server = await startMailServer()
  server.answer = recipient => ({ 'gone@acme.test': 550, 'full@acme.test': 452 })[recipient]
  logged.length = 0
  const gone = await enqueue(db, mail({ to: 'gone@acme.test' }))
  const full = await enqueue(db, mail({ to: 'full@acme.test' }))
  send(server.url)
  const failed = await inState(gone, 'failed')
  assert.match(failed.reason as string, /^550/)
  assert.match(await postponed(full), /^452/)
  server.answer = () => undefined
  await makeDue()
  await inState(full, 'sent')
  const lines = await eventually(() => (logged.length >= 2 ? logged.join('') : undefined))
  assert.match(lines, new RegExp(gone))
  assert.match(lines, /"responseCode":550/)
  assert.doesNotMatch(lines, /@/)
})

test('wrong credentials of ours fail no mail', async () => {
  const server = await startMailServer()
  const id = await enqueue(db, mail())
  const wrong = send(server.url.replace('p%40ss', 'wrong'))
  assert.match(await postponed(id), /^535/)
  await wrong.stop()
  await makeDue()
  send(server.url)
  await inState(id, 'sent')
})

test('without a server mails are held, and are sent once there is one', async () => {
  const id = await enqueue(db, mail())
  const without = send(undefined)
  await inState(id, 'held')
  assert.match((await call('GET /metrics')).body, /^heed_mails_held 1$/m)
  await without.stop()
  const server = await startMailServer()
  send(server.url)
  await inState(id, 'sent')
  assert.equal(server.mails.length, 1)
  assert.match((await call('GET /metrics')).body, /^heed_mails_held 0$/m)
})

test('a mail that is of no use any more is not sent', async () => {
  const server: MailServer = await startMailServer()
  const id = await enqueue(
    db,
    mail({ templateId: 'otp', parameters: { code: '123456', url: 'https://a.test' } }),
  )
  await sql`update mails set expires_at = now()`.execute(db)
  send(server.url)
  assert.match((await inState(id, 'failed')).reason as string, /no use/)
  assert.equal(server.mails.length, 0)
  const counted = await metrics.mailsFailed.get()
  assert.ok((counted.values[0]?.value ?? 0) >= 1)
})

test('the mail of a dead sender is taken over when its lease has run out', async () => {
  const server = await startMailServer()
  const id = await enqueue(db, mail())
  await sql`update mails set lease = 'dead', attempts = 1, due_at = now() + interval '1 second'`.execute(db)
  send(server.url)
  assert.equal((await inState(id, 'sent')).attempts, 2)
})

test('a sender that is stopped finishes the mail that it is sending, and begins no other', async () => {
  const server = await startMailServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.pause = promise
  const first = await enqueue(db, mail())
  const sender = send(server.url)
  await eventually(() => server.mails.length === 1)
  const stopped = sender.stop()
  const second = await enqueue(db, mail())
  resolve()
  await stopped
  assert.equal((await rowOf(first))?.state, 'sent')
  const untouched = await rowOf(second)
  assert.deepEqual([untouched?.attempts, untouched?.reason], [0, null])
})

test('mails are removed a week after they were sent; those that still wait stay', async () => {
  const [sent, waiting, fresh] = await Promise.all([
    enqueue(db, mail()),
    enqueue(db, mail()),
    enqueue(db, mail()),
  ])
  await sql`
    update mails set created_at = now() - interval '9 days', state = 'sent', due_at = null, settled_at = now() - interval '8 days'
    where id = ${sent}`.execute(db)
  await sql`
    update mails set created_at = now() - interval '9 days', expires_at = now() - interval '6 days' where id = ${waiting}`.execute(
    db,
  )
  await removeOldMails(db, 7)
  const { rows } = await sql<{ id: string }>`select id from mails`.execute(db)
  assert.deepEqual(rows.map(({ id }) => id).sort(), [waiting, fresh].sort())
})

test('the erasure of a person takes their mails away, whichever address they went to', async () => {
  await call('POST /v1/consents/events', { user: { organization_user_id: 'Ana@acme.test' } })
  await enqueue(db, mail({ to: 'ana@acme.test' }))
  await enqueue(db, mail({ to: 'ana@home.test', organizationUserId: 'Ana@acme.test' }))
  const other = await enqueue(db, mail({ to: 'bob@acme.test' }))
  const erased = await call('DELETE /v1/consents/users/Ana@acme.test?$by_organization_user_id=true')
  assert.equal(erased.status, 200)
  const { rows } = await sql<{ id: string }>`select id from mails`.execute(db)
  assert.deepEqual(rows, [{ id: other }])
})
