import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { spawnHeed, startHeedProcess, temporaryDataDir } from './process.ts'

const organization = {
  HEED_ORGANIZATION: 'globex',
  HEED_API_KEY: 'the-key',
  HEED_API_SECRET: 'the-long-secret',
}

async function signIn(url: string): Promise<number> {
  const { HEED_API_KEY: key, HEED_API_SECRET: secret } = organization
  const answer = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'api-key', key, secret }),
  })
  return answer.status
}

test('a start with an organization makes its key, shows where it listens, is ready, and ends cleanly', async () => {
  const dataDir = await temporaryDataDir()
  const heed = await startHeedProcess({ DATA_DIR: dataDir, ...organization })
  assert.equal((await fetch(`${heed.url}/health`)).status, 200)
  assert.equal((await fetch(`${heed.url}/ready`)).status, 200)
  assert.match(await (await fetch(`${heed.url}/`)).text(), /\/docs/)
  assert.equal(await signIn(heed.url), 200)

  const second = spawnHeed({ PORT: '0', DATA_DIR: dataDir, ...organization })
  let said = ''
  second.stderr?.on('data', text => {
    said += text
  })
  assert.deepEqual(await once(second, 'close'), [1, null])
  assert.match(said, /DATA_DIR: another Heed/)
  assert.equal((await fetch(`${heed.url}/ready`)).status, 200)

  assert.equal(await heed.end('SIGTERM'), 0)

  const again = await startHeedProcess({ DATA_DIR: dataDir, ...organization })
  assert.equal(await signIn(again.url), 200)
  assert.equal(await again.end('SIGTERM'), 0)
})

test('who ends npm start ends Heed, which leaves nothing running', async () => {
  const dataDir = await temporaryDataDir()
  const heed = await startHeedProcess({ DATA_DIR: dataDir, ...organization }, ['npm', 'start'])
  assert.equal(await heed.end('SIGTERM'), 0)
  await assert.rejects(fetch(`${heed.url}/health`))
  assert.equal(existsSync(join(dataDir, 'postgresql/postmaster.pid')), false)
})

test('a wrong setting stops the start with one line that names it', async () => {
  const child = spawnHeed({ PORT: 'eighty' })
  let said = ''
  child.stderr?.on('data', text => {
    said += text
  })
  assert.deepEqual(await once(child, 'close'), [1, null])
  assert.match(said, /^Heed did not start: PORT: .+\n$/)
})
