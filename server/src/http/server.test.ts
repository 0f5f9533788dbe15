import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { buildServer } from './server.ts'

test('a proxy that nobody named is told of once, and not whom it spoke for', async () => {
  const linesWith = async (trustedProxies: readonly string[]) => {
    const lines: string[] = []
    const app = await buildServer(pino({}, { write: line => void lines.push(line) }), '0', trustedProxies)
    for (const headers of [{}, { 'x-forwarded-for': '192.0.2.9' }, { 'x-forwarded-for': '192.0.2.10' }])
      await app.inject({ url: '/', headers })
    return lines
  }
  const [line, ...more] = await linesWith([])
  assert.match(line as string, /HEED_TRUSTED_PROXIES/)
  assert.doesNotMatch(line as string, /192\.0/)
  assert.deepEqual([more, await linesWith(['127.0.0.1'])], [[], []])
})
