import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from '../../test/heed.ts'
import { Refusal } from '../http/errors.ts'
import { enqueue, type Mail } from './outbox.ts'

const { db, organizationId } = await startHeed({ delivers: false })
const mail = (more: Partial<Mail> = {}): Mail => ({
  organizationId,
  templateId: 'otp',
  to: 'ana@acme.test',
  language: 'en',
  parameters: { code: '123456', url: 'https://acme.test' },
  ...more,
})

async function refused(more: Partial<Mail>, field: string): Promise<void> {
  await assert.rejects(enqueue(db, mail(more)), (error: Refusal) => {
    assert.ok(error instanceof Refusal)
    assert.deepEqual(Object.keys(error.errors), [field])
    return true
  })
}

test('one address, every parameter of the template and no other', async () => {
  await refused({ to: 'nobody' }, 'to')
  await refused({ to: 'ana@' }, 'to')
  await refused({ to: 'ana@acme.test>' }, 'to')
  await refused({ to: `ana@${'acme.'.repeat(60)}test` }, 'to')
  await refused({ to: 'a@acme.test, b@acme.test' }, 'to')
  await refused({ to: 'a@acme.test\r\nBcc: b@acme.test' }, 'to')
  await refused({ parameters: { code: '123456' } }, 'parameters.url')
  await refused({ parameters: { code: '1', url: 'https://a.test', colour: 'red' } }, 'parameters.colour')
  await refused({ organizationId: 'nowhere' }, 'organization_id')
})

test('it is rendered in the language asked for, and names the organization', async () => {
  const id = await enqueue(db, mail({ language: 'de-AT' }))
  const { rows } = await sql<{ language: string; subject: string; html: string }>`
    select language, subject, html from mails where id = ${id}`.execute(db)
  assert.deepEqual([rows[0]?.language, rows[0]?.subject], ['de', 'Ihr Code: 123456'])
  assert.match(rows[0]?.html as string, /bei acme\./)
})
