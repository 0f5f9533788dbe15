import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startHeed } from '../../test/heed.ts'
import { fillLibrary } from '../../test/library.ts'
import { removeUnnamedProofs } from '../record/proofs.ts'

const heed = await startHeed({ delivers: false, connectors: new Map() })
const { call, db, tokenFor } = heed
await fillLibrary(heed)

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const files: Record<string, string> = {
  'application/pdf': '%PDF-1.7 signed',
  'image/png': '\x89PNG\r\n\x1a\n...',
  'image/jpeg': '\xff\xd8\xff\xe0...',
  'image/gif': 'GIF89a...',
  'application/msword': `\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...${[...'WordDocument'].join('\0')}\0...`,
  [DOCX]: 'PK\x03\x04...[Content_Types].xml...word/document.xml...',
}
const uri = (mediaType: string, content: string) =>
  `data:${mediaType};base64,${Buffer.from(content, 'latin1').toString('base64')}`
const pdf = uri('application/pdf', '%PDF-1.7 signed')
const upload = (file: unknown) => call('POST /v1/consents/proofs?organization_id=acme', { file })
const proofs = () => db.selectFrom('proofs').selectAll().execute()
const event = (id: string, more: object) => ({
  user: { organization_user_id: id },
  consents: { purposes: [{ id: 'newsletter', enabled: true }] },
  ...more,
})

test('every kind of file is taken, and comes back as it was', async () => {
  for (const [mediaType, content] of Object.entries(files)) {
    const file = uri(mediaType, content)
    const { status, body } = await upload(file)
    assert.equal(status, 200, mediaType)
    assert.deepEqual(body, { id: body.id, size: content.length, file })
    assert.deepEqual((await call(`GET /v1/consents/proofs/${body.id}`)).body, body)
  }
})

test('what a file is, its content says, not what it is called', async () => {
  assert.equal((await upload(uri('image/png', '%PDF-1.7 signed'))).body.file, pdf)
  const refused = [
    uri('application/pdf', '<script>alert(1)</script>'),
    uri('image/png', 'GIF88a'),
    uri(DOCX, 'PK\x03\x04...[Content_Types].xml...xl/workbook.xml'),
    uri('application/msword', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...Workbook'),
    'data:application/pdf;base64,',
    'data:application/pdf,%PDF-1.7',
    `${pdf}!`,
    'https://acme.test/signed.pdf',
    7,
    undefined,
  ]
  for (const file of refused) {
    const { status, body } = await upload(file)
    assert.deepEqual([status, Object.keys(body.errors)], [400, ['file']], String(file))
  }
  const [fake] = refused
  const { body } = await call('POST /v1/consents/events', event('fake@acme.test', { proofs: [pdf, fake] }))
  assert.deepEqual(Object.keys(body.errors), ['proofs[1]'])
})

test('a file of up to 5 MiB is taken, a larger one is refused', async () => {
  const padded = (bytes: number) => uri('application/pdf', '%PDF-1.7'.padEnd(bytes))
  const most = 5 * 1024 * 1024
  assert.equal((await upload(padded(most))).body.size, most)
  const larger = await upload(padded(most + 1))
  assert.deepEqual([larger.status, larger.body.errors], [400, { file: 'takes a file of at most 5 MiB' }])
  assert.equal((await upload(padded(2 * most))).status, 413)
})

test('an uploaded proof belongs to the person of the first event that names it, and goes with them', async () => {
  const [{ body: first }, { body: second }] = [await upload(pdf), await upload(pdf)]
  const { body: recorded } = await call(
    'POST /v1/consents/events',
    event('ana@acme.test', { proofs_id: [first.id] }),
  )
  await call('POST /v1/consents/events', event('bob@acme.test', { proofs_id: [first.id] }))
  await call(`PATCH /v1/consents/events/${recorded.id}`, { proofs_id: [first.id, second.id], proofs: [pdf] })
  const { body: person } = await call('GET /v1/consents/users/ana@acme.test?$by_organization_user_id=true')
  const hers = (await proofs()).filter(proof => proof.person_id === person.id)
  assert.deepEqual(
    hers.map(({ event_id }) => event_id),
    [recorded.id, recorded.id, recorded.id],
  )
  assert.ok([first.id, second.id].every(id => hers.some(proof => proof.id === id)))
  await call(`DELETE /v1/consents/users/${person.id}`)
  assert.equal((await call(`GET /v1/consents/proofs/${first.id}`)).status, 404)
  assert.ok((await proofs()).length > 0)
})

test('another organization’s proofs do not exist', async () => {
  const { id } = (await upload(pdf)).body
  const token = await tokenFor('globex')
  assert.equal((await call(`GET /v1/consents/proofs/${id}`, undefined, { token })).status, 404)
  const named = await call('POST /v1/consents/events', { user: { id: 'eve' }, proofs_id: [id] }, { token })
  assert.equal(named.status, 200)
  assert.equal((await proofs()).find(proof => proof.id === id)?.person_id, '')
  assert.equal((await call('GET /v1/consents/proofs/nothing')).status, 404)
})

test('what no event has named for days is removed, and nothing else', async () => {
  const [{ body: old }, { body: named }, { body: fresh }] = [
    await upload(pdf),
    await upload(pdf),
    await upload(pdf),
  ]
  await call('POST /v1/consents/events', event('keeper@acme.test', { proofs_id: [named.id] }))
  await sql`update proofs set created_at = now() - interval '8 days' where id in (${old.id}, ${named.id})`.execute(
    db,
  )
  await removeUnnamedProofs(db, 7)
  const ids = (await proofs()).map(({ id }) => id)
  assert.ok(!ids.includes(old.id) && ids.includes(named.id) && ids.includes(fresh.id))
})
