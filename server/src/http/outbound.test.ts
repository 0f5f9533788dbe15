import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { request } from 'undici'
import { createOutbound, isSpecial, OutboundRefused } from './outbound.ts'

test('private, loopback, link-local and otherwise special addresses are known as such', () => {
  for (const address of [
    ...[
      '127.0.0.1',
      '10.1.2.3',
      '172.31.255.255',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
    ],
    ...[
      '::1',
      '::',
      'fe80::1',
      'fd00::1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '64:ff9b:1::7f00:1',
      '::7f00:1',
      'fec0::1',
    ],
  ])
    assert.ok(isSpecial(address), address)
  for (const address of ['8.8.8.8', '172.32.0.1', '96.43.144.26', '2606:4700::1111'])
    assert.ok(!isSpecial(address), address)
})

test('a private address is refused unless it is allow-listed, and so is plain http', async () => {
  const server = createServer((_, response) => response.end('reached')).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const refused = (url: string, allowed: string[] = []) =>
    assert.rejects(request(url, { dispatcher: createOutbound(allowed) }), OutboundRefused, url)
  try {
    await refused(`http://127.0.0.1:${port}/`)
    await refused(`https://127.0.0.1:${port}/`)
    await refused(`https://[::1]:${port}/`)
    await refused(`https://localhost:${port}/`)
    await refused('http://example.com/')
    await refused(`http://127.0.0.1:${port}/`, ['127.0.0.1:1'])
    for (const allowed of [`127.0.0.1:${port}`, '127.0.0.1']) {
      const dispatcher = createOutbound([allowed])
      const { body } = await request(`http://127.0.0.1:${port}/`, { dispatcher })
      assert.equal(await body.text(), 'reached')
    }
  } finally {
    server.close()
    server.closeAllConnections()
  }
})
