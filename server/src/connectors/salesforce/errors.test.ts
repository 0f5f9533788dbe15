import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallError, judge } from './errors.ts'
import { RULES, type Verdict } from './rules.ts'

/** [code, the org's text, verdict]: Salesforce's documented codes, and texts as integrators have met them. */
const MET: [code: string, message: string, verdict: Verdict][] = [
  ['UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record or 1 records: 001xx', 'transient'],
  [
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    'Rollup: execution of AfterUpdate caused by: UNABLE_TO_LOCK_ROW, unable',
    'transient',
  ],
  [
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    'T: System.LimitException: Apex CPU time limit exceeded',
    'transient',
  ],
  [
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    'T: System.LimitException: Too many SOQL queries: 101',
    'transient',
  ],
  [
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    'T: System.LimitException: Too many query rows: 50001',
    'transient',
  ],
  [
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    'T: execution of BeforeUpdate caused by: NullPointerException',
    'person',
  ],
  [
    'CANNOT_EXECUTE_FLOW_TRIGGER',
    'We can’t save this record because the “Scoring” process failed.',
    'person',
  ],
  [
    'CANNOT_EXECUTE_FLOW_TRIGGER',
    'The flow tried to update records: UNABLE_TO_LOCK_ROW: unable to obtain',
    'transient',
  ],
  [
    'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE',
    'Updates can’t be made during maintenance. Try again when maintenance is complete.',
    'stop',
  ],
  ['FIELD_CUSTOM_VALIDATION_EXCEPTION', 'A phone is required', 'person'],
  ['CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead', 'anew'],
  ['ENTITY_IS_DELETED', 'entity is deleted', 'anew'],
  ['INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', 'anew'],
  ['INVALID_CROSS_REFERENCE_KEY', "Record Type ID: this ID value isn't valid for the user: 012xx", 'person'],
  ['NOT_FOUND', 'The requested resource does not exist', 'anew'],
  ['MALFORMED_ID', 'Contact ID: id value of incorrect type: 001xx', 'anew'],
  ['INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', 'person'],
  [
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    'insufficient access rights on cross-reference id',
    'person',
  ],
  ['INVALID_FIELD_FOR_INSERT_UPDATE', 'Unable to create/update fields: X__c', 'stop'],
  [
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    'Account: bad field names on insert/update call: PersonDoNotCall',
    'person',
  ],
  ['INVALID_FIELD', "No such column 'X__c' on sobject of type Contact", 'stop'],
  ['JSON_PARSER_ERROR', 'Cannot deserialize instance of boolean from VALUE_STRING value FALSE', 'person'],
  ['INVALID_TYPE_ON_FIELD_IN_RECORD', 'Opt In: value not of required type: maybe', 'person'],
  [
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    'Channel: bad value for restricted picklist field: fax',
    'person',
  ],
  ['STRING_TOO_LONG', 'Frequency: data value too large: ... (max length=40)', 'person'],
  ['INVALID_EMAIL_ADDRESS', 'Email: invalid email address: x', 'person'],
  ['REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName, Company]', 'person'],
  ['DUPLICATES_DETECTED', 'Use one of these records?', 'person'],
  ['DUPLICATE_VALUE', 'duplicate value found: Pmp_Id__c duplicates value on record with id: 003xx', 'person'],
  ['DUPLICATE_EXTERNAL_ID', 'external id matches several records', 'person'],
  ['ENTITY_IS_LOCKED', 'the entity is locked for editing', 'transient'],
  ['INVALID_QUERY_LOCATOR', 'invalid query locator', 'transient'],
  ['STORAGE_LIMIT_EXCEEDED', 'storage limit exceeded', 'person'],
  ['LIMIT_EXCEEDED', 'limit exceeded', 'stop'],
  ['TOO_MANY_APEX_REQUESTS', 'Unable to process request', 'transient'],
  ['REQUEST_RUNNING_TOO_LONG', 'Your request was running for too long', 'transient'],
  ['QUERY_TIMEOUT', 'Your query request was running for too long.', 'transient'],
  ['UNKNOWN_EXCEPTION', 'An unexpected error occurred. Please include this ErrorId', 'transient'],
  ['ALL_OR_NONE_OPERATION_ROLLED_BACK', 'Record rolled back', 'transient'],
  ['PROCESSING_HALTED', 'The transaction was rolled back', 'transient'],
  ['REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.', 'stop'],
  ['REQUEST_LIMIT_EXCEEDED', 'ConcurrentPerOrgLongTxn Limit exceeded.', 'transient'],
  ['SERVER_UNAVAILABLE', 'Server unavailable', 'transient'],
  ['INVALID_OPERATION_WITH_EXPIRED_PASSWORD', 'The users password has expired', 'stop'],
  ['API_CURRENTLY_DISABLED', 'API is disabled for this User', 'stop'],
  ['API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner', 'stop'],
  ['INVALID_SESSION_ID', 'Session expired or invalid', 'transient'],
  ['INVALID_SESSION_ID', 'This session is not valid for use with the REST API', 'stop'],
  ['INVALID_SESSION_ID', 'Connected app is not attached to Agent', 'stop'],
  ['invalid_client', 'invalid client credentials', 'stop'],
  ['invalid_client_id', 'client identifier invalid', 'stop'],
  ['invalid_grant', 'no client credentials user enabled', 'stop'],
  ['invalid_grant', 'request not supported on this domain', 'stop'],
  ['invalid_grant', 'login rate exceeded', 'transient'],
  ['invalid_grant', 'user hasn’t approved this consumer', 'stop'],
  ['OAUTH_APP_ACCESS_DENIED', 'user is not admin approved to access this app', 'stop'],
  ['invalid_grant', 'invalid assertion', 'stop'],
  ['invalid_grant', 'audience is invalid', 'stop'],
  ['invalid_grant', 'expired authorization code', 'stop'],
  ['NUMBER_OUTSIDE_VALID_RANGE', 'Maximum SOQL offset allowed is 2000', 'person'],
  ['inactive_user', 'user is inactive', 'stop'],
  ['inactive_org', 'organization is inactive', 'stop'],
  ['unsupported_grant_type', 'grant type not supported', 'stop'],
  ['unknown_error', 'retry your request', 'transient'],
  ['A_CODE_OF_NEXT_YEAR', 'something new', 'person'],
]

for (const [code, message, verdict] of MET)
  test(`${code} (“${message.slice(0, 40)}”) is ${verdict}`, () => {
    assert.equal(judge(code, message).verdict, verdict)
    assert.ok(judge(code, message).cure.length > 20)
  })

test('each code that is met has a rule of its own; one that nobody knows waits for a person', () => {
  for (const [code] of MET)
    assert.equal(
      RULES.some(rule => rule.code === code),
      code !== 'A_CODE_OF_NEXT_YEAR',
      code,
    )
})

test('what a JWT is refused for names the field to mend', () => {
  const placeOf = (message: string) => judge('invalid_grant', message).place
  assert.deepEqual(
    ['user hasn’t approved this consumer', 'audience is invalid', 'invalid assertion', 'token expired'].map(
      placeOf,
    ),
    ['username', 'audience', 'private_key', 'private_key'],
  )
})

test('every rule can be reached: none stands behind one that takes all of its cases', () => {
  for (const [i, rule] of RULES.entries()) {
    const taker = RULES.slice(0, i).find(other => other.code === rule.code && other.message === undefined)
    assert.equal(taker, undefined, rule.code)
  }
})

test('the daily limit holds for a quarter of an hour, the limit on long calls for seconds', () => {
  const daily = new CallError('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
  assert.deepEqual([daily.kind, daily.retryAfterMs], ['hold', 15 * 60_000])
  const concurrent = new CallError('REQUEST_LIMIT_EXCEEDED', 'ConcurrentPerOrgLongTxn Limit exceeded.')
  assert.deepEqual([concurrent.kind, concurrent.retryAfterMs], ['transient', 20_000])
})
