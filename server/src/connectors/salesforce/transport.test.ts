import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Agent } from 'undici'
import type { CallError } from './errors.ts'
import { createTransport } from './transport.ts'

/** What a call ends with that cannot end well. */
async function failureAt(t: TestContext, origin: string, dispatcher = new Agent()): Promise<CallError> {
  t.after(() => dispatcher.destroy())
  const send = createTransport(origin, { dispatcher, recordCall: () => undefined })
  const call = send({ kind: 'composite', method: 'POST', path: '/', body: '{}', timeoutMs: 60_000 })
  return call.then(
    () => assert.fail('it was answered'),
    (error: CallError) => error,
  )
}

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const [what, afterMs, mayStillRun] of [
  ['at once took nothing with it: it had been idle for too long', 0, false],
  ['while the org was at work leaves the call at work', 3_000, true],
] as const)
  test(`a connection that breaks ${what}`, async t => {
    t.mock.timers.enable({ apis: ['Date'] })
    const origin = await serve(t, ({ socket }) => {
      t.mock.timers.tick(afterMs)
      socket.destroy()
    })
    const error = await failureAt(t, origin)
    assert.deepEqual([error.code, error.kind, error.mayStillRun], ['UNREACHABLE', 'transient', mayStillRun])
  })

test('an answer that breaks off was the end of the call', async t => {
  t.mock.timers.enable({ apis: ['Date'] })
  const origin = await serve(t, ({ socket }, response) => {
    t.mock.timers.tick(3_000)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 })
    response.write('{"compositeResponse":', () => setImmediate(() => socket.destroy()))
  })
  const error = await failureAt(t, origin)
  assert.deepEqual([error.code, error.mayStillRun], ['UNREACHABLE', false])
})

test('what was never sent is not at work, however long it was tried', async t => {
  t.mock.timers.enable({ apis: ['Date'] })
  const dispatcher = new Agent({
    connect: (_, callback) => {
      t.mock.timers.tick(25_000)
      callback(Object.assign(new Error('no connection'), { code: 'UND_ERR_CONNECT_TIMEOUT' }), null)
    },
  })
  const error = await failureAt(t, 'http://127.0.0.1:1', dispatcher)
  assert.deepEqual([error.code, error.mayStillRun], ['UNREACHABLE', false])
})
