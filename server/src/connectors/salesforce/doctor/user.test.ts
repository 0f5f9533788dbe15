import assert from 'node:assert/strict'
import { test } from 'node:test'
import { convertedLeadExam, userExam } from './user.ts'

const ID = '005000000000001AAA'
const set = (granted: boolean) => ({ PermissionSet: { PermissionsAllowViewEditConvertedLeads: granted } })
const said = (records: readonly Record<string, unknown>[]) =>
  convertedLeadExam(ID).findings({ records })[0]?.message ?? ''

test('one permission set that grants the edit of converted leads is enough', () => {
  assert.match(said([set(false), set(true)]), /^the integration user may edit them/)
  assert.match(said([set(false), set(false)]), /^the integration user may not edit them/)
})

test('without any assignment to see, nothing is claimed about the right', () => {
  assert.match(said([]), /^it cannot be seen/)
  const [refused] = convertedLeadExam(ID).findings({ refusal: 'not supported' })
  assert.match(refused?.message ?? '', /^it cannot be seen/)
})

test('whatever the right, converted leads are left as they are, which needs no cure', () => {
  for (const records of [[], [set(true)], [set(false)]]) {
    const [check] = convertedLeadExam(ID).findings({ records })
    assert.deepEqual([check?.ok, check?.cure], [true, undefined])
    assert.match(check?.message ?? '', /its contact is written/)
  }
})

test('a user that may not see users is named by its id', () => {
  for (const look of [{ records: [] }, { refusal: 'no access' }])
    assert.match(userExam(ID).findings(look)[0]?.message ?? '', /005000000000001AAA/)
})
