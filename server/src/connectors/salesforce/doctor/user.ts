/** Who Heed is in the org, and whether that user may edit converted leads. */
import { literal } from '../soql.ts'
import type { Exam } from './exam.ts'

const USER = 'Integration user'

export const userExam = (userId: string): Exam => ({
  soql: `SELECT Username FROM User WHERE Id = ${literal(userId)}`,
  findings(look) {
    const [user] = 'records' in look ? look.records : []
    const username = typeof user?.Username === 'string' ? user.Username : undefined
    const message =
      username === undefined ? `user ${userId}, whose name it may not see itself` : `${username} (${userId})`
    return [{ name: USER, ok: true, message }]
  },
})

/** Each assignment of the user, its profile's among them: none at all means that they are hidden. */
export const convertedLeadExam = (userId: string): Exam => ({
  soql: `SELECT PermissionSet.PermissionsAllowViewEditConvertedLeads FROM PermissionSetAssignment WHERE AssigneeId = ${literal(userId)}`,
  findings(look) {
    const sets = 'records' in look ? look.records : []
    const may = sets.some(({ PermissionSet: set }) => isGranted(set))
    const whether =
      sets.length === 0
        ? 'it cannot be seen whether the integration user may edit them'
        : `the integration user may ${may ? '' : 'not '}edit them`
    return [
      {
        name: 'Converted leads',
        ok: true,
        message: `${whether}; Heed needs no such right and makes no use of it: a converted lead is left as it is, and its contact is written`,
      },
    ]
  },
})

const isGranted = (set: unknown): boolean =>
  typeof set === 'object' &&
  set !== null &&
  'PermissionsAllowViewEditConvertedLeads' in set &&
  set.PermissionsAllowViewEditConvertedLeads === true
