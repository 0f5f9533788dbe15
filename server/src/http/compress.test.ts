import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { compressAnswers } from './compress.ts'

const app = Fastify()
await compressAnswers(app)
const long = 'word '.repeat(1000)
app.get('/long', async () => ({ long }))
app.get('/short', async () => ({ short: 1 }))
app.get('/sessions/long', async () => ({ long }))
const get = (url: string, encoding: string) => app.inject({ url, headers: { 'accept-encoding': encoding } })

test('an answer is compressed as the caller can read it', async () => {
  const br = await get('/long', 'gzip, br')
  assert.equal(br.headers['content-encoding'], 'br')
  assert.deepEqual(JSON.parse(brotliDecompressSync(br.rawPayload).toString()), { long })
  const gzip = await get('/long', 'gzip')
  assert.match(String(gzip.headers.vary), /accept-encoding/i)
  assert.deepEqual(JSON.parse(gunzipSync(gzip.rawPayload).toString()), { long })
  assert.equal((await get('/long', 'identity')).headers['content-encoding'], undefined)
})

test('what is short, and what holds a token, goes out as it is', async () => {
  for (const url of ['/short', '/sessions/long'])
    assert.equal((await get(url, 'gzip, br')).headers['content-encoding'], undefined, url)
})
