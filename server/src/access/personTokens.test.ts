import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose'
import { createPersonTokens, isPersonToken, type PersonGrant } from './personTokens.ts'
import { createTokens } from './tokens.ts'
import { createVault } from './vault.ts'

const vault = createVault(Buffer.alloc(32, 1))
const tokens = createPersonTokens(vault)
const grant: PersonGrant = {
  organizationId: 'acme',
  organizationUserId: 'ann@acme.test',
  permissions: ['read', 'write'],
  eventMetadata: { source: 'mail' },
  userMetadata: { language: 'de' },
  metadata: { campaign: 7 },
  delegate: { id: 'agent-7', name: 'Call centre' },
  validations: { email: { enabled: true, approval: true } },
}
const refused = (token: string) => assert.rejects(tokens.verify(token), { kind: 'not_authenticated' })

test('a token gives back what it was issued for, signed or sealed, in full and in its smallest form', async () => {
  const least: PersonGrant = { organizationId: 'acme', organizationUserId: 'ann', permissions: ['read'] }
  for (const one of [grant, least])
    for (const token of [await tokens.issue(one, 60), await tokens.seal(one, 60)]) {
      assert.ok(isPersonToken(token))
      assert.deepEqual(await tokens.verify(token), one)
    }
})

test('a sealed token tells nothing to whoever sees it', async () => {
  const sealed = await tokens.seal(grant, 60)
  for (const part of sealed.split('.'))
    assert.doesNotMatch(Buffer.from(part, 'base64url').toString(), /acme|ann|campaign/)
})

test('a token that has expired, was changed, is unsigned, or was made with another key opens nothing', async () => {
  await refused(await tokens.issue(grant, -1))
  await refused(await tokens.seal(grant, -1))
  const [head, , signature] = (await tokens.issue(grant, 60)).split('.')
  const other = await tokens.issue({ ...grant, organizationUserId: 'bob@acme.test' }, 60)
  await refused(`${head}.${other.split('.')[1]}.${signature}`)
  const payload = decodeJwt(other)
  await refused(new UnsecuredJWT(payload).encode())
  const strangers = createPersonTokens(createVault(Buffer.alloc(32, 2)))
  await refused(await strangers.issue(grant, 60))
  await refused(await strangers.seal(grant, 60))
  for (const nonsense of ['', 'x', 'a.b.c', 'a.b.c.d.e', '....']) {
    assert.ok(!isPersonToken(nonsense))
    await refused(nonsense)
  }
})

test('a session token is no person token, and a person token is no session, whatever it calls itself', async () => {
  const sessions = createTokens(vault.tokenKey)
  const session = await sessions.issue({ organizationId: 'acme', keyId: 'key' })
  assert.ok(!isPersonToken(session))
  await refused(session)
  for (const token of [await tokens.issue(grant, 60), await tokens.seal(grant, 60)])
    await assert.rejects(sessions.verify(token), { kind: 'not_authenticated' })
  const disguised = await new SignJWT(decodeJwt(session))
    .setProtectedHeader({ alg: 'HS256', typ: 'person+jwt' })
    .sign(vault.tokenKey)
  await refused(disguised)
})
