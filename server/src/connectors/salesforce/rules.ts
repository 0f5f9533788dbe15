/** THE table of what Salesforce can refuse with: what it means, and what a person does about it. The first match counts. */

/**
 * transient: tried again by itself; anew: the record is not what we remember, look the person up again;
 * person: this row waits for somebody; stop: no row can succeed before somebody acts, the integration holds.
 */
export type Verdict = 'transient' | 'anew' | 'person' | 'stop'

export interface Rule {
  /** Absent: any code. */
  code?: string
  /** Tested against the org's text; rules with one stand before the rule for the bare code. */
  message?: RegExp
  verdict: Verdict
  cure: string
  /** Of `anew`: the cure where the record is there all the same, or where a field of the row is named. */
  cureIfThere?: string
  retryAfterMs?: number
  /** Of less at a time it may not come. */
  isTooMuch?: true
  /** Where in the configuration the mistake is, when it is there. */
  place?: 'url' | 'client_id' | 'client_secret' | 'username' | 'private_key' | 'audience'
}

const MINUTE_MS = 60_000
const BY_ITSELF = 'Nothing to do: it is tried again by itself.'
const LOOKED_UP = 'Nothing to do: the person is looked up again.'
const REFERENCE =
  'Something that the record refers to (account, owner, record type) is not there, or the integration user does not see it: correct the mapped value, `properties.defaults` or the record, then replay the person.'
const SMALLER =
  'Tried again by itself in smaller calls; if it stays, automation on this object is too slow for the org’s limits.'
const FIELD_ACCESS =
  'Give the integration user’s permission set edit access to this field, or take it out of the mapping; formula fields cannot be written.'
const API_ACCESS =
  'Give the integration user the “API Enabled” permission, and check that the org’s edition includes API access.'
const APP =
  'Compare the consumer key and secret with those of the external client app; a new app takes up to 10 minutes to work.'
const FLOW = 'Enable the client credentials flow in the app’s OAuth settings.'
const PRE_APPROVAL =
  'Let the user use the app beforehand: in the app’s policies choose “Admin approved users are pre-authorized”, and assign it to the user’s profile or permission set.'
const MY_DOMAIN =
  'Use the org’s own domain (Setup, My Domain), such as https://acme.my.salesforce.com, not login or test.salesforce.com.'

const TOO_MUCH = { verdict: 'transient', cure: SMALLER, isTooMuch: true } as const

const transient = (code: string, cure = BY_ITSELF, more: Partial<Rule> = {}): Rule => ({
  code,
  verdict: 'transient',
  cure,
  ...more,
})
const anew = (code: string): Rule => ({ code, verdict: 'anew', cure: LOOKED_UP, cureIfThere: REFERENCE })
const person = (code: string, cure: string): Rule => ({ code, verdict: 'person', cure })
const stop = (code: string, cure: string, more: Partial<Rule> = {}): Rule => ({
  code,
  verdict: 'stop',
  cure,
  ...more,
})

const LATER = { retryAfterMs: 15 * MINUTE_MS }

export const RULES: readonly Rule[] = [
  // Lock errors also come wrapped in whatever a trigger or a roll-up package makes of them.
  { message: /UNABLE_TO_LOCK_ROW|unable to obtain exclusive access/i, verdict: 'transient', cure: BY_ITSELF },
  // Rows, jobs, memory: what a transaction may spend is spent by all of its rows.
  {
    message:
      /System\.LimitException|Apex CPU time limit|Too many (SOQL queries|DML)|REQUEST_RUNNING_TOO_LONG/i,
    ...TOO_MUCH,
  },

  // Rows
  transient('UNABLE_TO_LOCK_ROW'),
  transient('TOO_MANY_APEX_REQUESTS'),
  { code: 'REQUEST_RUNNING_TOO_LONG', ...TOO_MUCH },
  { code: 'QUERY_TIMEOUT', ...TOO_MUCH },
  transient(
    'UNKNOWN_EXCEPTION',
    'Tried again by itself; if it stays, give the ErrorId to Salesforce support.',
  ),
  transient('ALL_OR_NONE_OPERATION_ROLLED_BACK'),
  transient('PROCESSING_HALTED'),
  transient(
    'ENTITY_IS_LOCKED',
    'An approval process locks the record; it is written once the approval ends.',
  ),
  { code: 'CANNOT_UPDATE_CONVERTED_LEAD', verdict: 'anew', cure: LOOKED_UP },
  anew('ENTITY_IS_DELETED'),
  // Of the record type that a new record is to have, not of a record.
  {
    ...person(
      'INVALID_CROSS_REFERENCE_KEY',
      'The integration user may not use this record type, or it is another org’s: assign it to the user’s permission set, or correct properties.defaults.RecordTypeId.',
    ),
    message: /isn.t valid for the user/i,
  },
  anew('INVALID_CROSS_REFERENCE_KEY'),
  anew('NOT_FOUND'),
  anew('MALFORMED_ID'),
  person(
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    'A trigger of the org failed, or write access to the object is missing: the message says which.',
  ),
  person(
    'CANNOT_EXECUTE_FLOW_TRIGGER',
    'A flow of the org failed: the message says which. Mend it, or let it pass over what the integration user writes.',
  ),
  person(
    'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    'A validation rule of the org refuses the record: correct the record, or exempt the integration user from the rule.',
  ),
  person(
    'INSUFFICIENT_ACCESS_OR_READONLY',
    'Give the integration user edit access to this record (sharing, object permissions).',
  ),
  person(
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    'Give the integration user access to the record that this one refers to (owner, account, record type).',
  ),
  person('INSUFFICIENT_ACCESS', 'Give the integration user edit access to this record.'),
  person(
    'INVALID_TYPE_ON_FIELD_IN_RECORD',
    'The mapped value does not fit the field’s type: add a `values` table or map another field.',
  ),
  person(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    'Add the value to the picklist (and to the record type), or translate it with a `values` table.',
  ),
  person('STRING_TOO_LONG', 'Make the field longer, or translate the value with a `values` table.'),
  person(
    'NUMBER_OUTSIDE_VALID_RANGE',
    'The number does not fit the field: translate it with a `values` table.',
  ),
  person('INVALID_EMAIL_ADDRESS', 'The value is no e-mail address: correct it, or match by another field.'),
  person(
    'REQUIRED_FIELD_MISSING',
    'Give these fields a value: on the record, or under properties.defaults for new records.',
  ),
  person(
    'DUPLICATES_DETECTED',
    'A duplicate rule blocks the record: merge the duplicates, or exempt the integration user from the rule.',
  ),
  person(
    'DUPLICATE_VALUE',
    'Another record holds this unique value: correct or merge the record that the message names.',
  ),
  person('DUPLICATE_EXTERNAL_ID', 'Several records hold this external id: correct or merge them.'),
  // Of new records alone: what people withdraw is written to those that are there.
  person(
    'STORAGE_LIMIT_EXCEEDED',
    'The org’s data storage is full, and takes no new record: free some or buy more.',
  ),
  person(
    'JSON_PARSER_ERROR',
    'A value does not fit the field’s type: test the integration, its answer names the mapping item.',
  ),

  // Not of the field, but of this account.
  {
    code: 'INVALID_FIELD_FOR_INSERT_UPDATE',
    message: /bad field names on insert\/update call/i,
    verdict: 'person',
    cure: 'The account is a company’s, and the field a person’s, or the other way round: correct the match field of the account, or match accounts by PersonEmail.',
  },

  // The configuration or the org as a whole
  stop('INVALID_FIELD_FOR_INSERT_UPDATE', FIELD_ACCESS),
  stop('INVALID_FIELD', `The field is gone or hidden. ${FIELD_ACCESS}`),
  stop('INVALID_TYPE', 'Give the integration user’s permission set access to this object.'),
  stop('MALFORMED_QUERY', 'Check properties.match_field.'),
  stop(
    'INVALID_QUERY_FILTER_OPERATOR',
    'The match field cannot be searched by this kind of value: check properties.match_field.',
  ),
  stop(
    'QUERY_TOO_COMPLICATED',
    'The match field is a formula that is too complicated to search: match by a stored, indexed field.',
  ),
  // Site switches and instance refreshes: for a while the org is read, and not written.
  stop(
    'INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE',
    'Nothing to do: Salesforce keeps the org read-only for its maintenance (trust.salesforce.com), and it goes on once that is over.',
    { retryAfterMs: 5 * MINUTE_MS },
  ),
  stop('LIMIT_EXCEEDED', 'A limit of the org is reached: the message says which.', LATER),
  // The daily allowance and the limit on long calls share a code; only the text tells hours from seconds.
  transient('REQUEST_LIMIT_EXCEEDED', BY_ITSELF, { message: /Concurrent/i, retryAfterMs: 20_000 }),
  stop(
    'REQUEST_LIMIT_EXCEEDED',
    'The org’s API calls of the last 24 hours are used up: it goes on as they come back; buy more, or see under Setup, System Overview, who spends them.',
    LATER,
  ),
  stop('API_CURRENTLY_DISABLED', API_ACCESS, { place: 'client_id' }),
  stop('API_DISABLED_FOR_ORG', API_ACCESS, { place: 'client_id' }),
  stop('FUNCTIONALITY_NOT_ENABLED', API_ACCESS, { place: 'client_id' }),
  stop('UNSUPPORTED_API_VERSION', 'The org speaks no API version that Heed knows: update Heed.', {
    place: 'url',
  }),
  stop(
    'INVALID_OPERATION_WITH_EXPIRED_PASSWORD',
    'The password of the integration user has expired: set a new one, and give the user “Password Never Expires”.',
    { place: 'client_id' },
  ),
  stop('FORBIDDEN', API_ACCESS, { place: 'client_id' }),
  transient('SERVER_UNAVAILABLE'),
  transient('INVALID_AUTH_HEADER'),
  // The rest of an answer that was read page by page is not kept for ever.
  transient('INVALID_QUERY_LOCATOR'),
  // A new token does not cure these; clients that thought so asked for ever.
  stop(
    'INVALID_SESSION_ID',
    'Salesforce refuses the app’s sessions: check the app’s OAuth scopes (api), its policies and the IP restrictions of the integration user.',
    { message: /not valid for use with the REST API|not attached to Agent|\bIP\b/i, place: 'client_id' },
  ),
  transient(
    'INVALID_SESSION_ID',
    'The session was refused although it was new: check the session policies if it stays.',
  ),

  // OAuth
  stop('invalid_client_id', APP, { place: 'client_id' }),
  stop('invalid_client', APP, { message: /identifier/i, place: 'client_id' }),
  stop('invalid_client', APP, { place: 'client_secret' }),
  stop(
    'invalid_grant',
    'In the app’s policies, enable the client credentials flow and set the “Run As” user (by username, not e-mail).',
    { message: /no client credentials user/i, place: 'client_id' },
  ),
  stop('invalid_grant', PRE_APPROVAL, {
    message: /hasn.t approved this consumer|not admin approved/i,
    place: 'username',
  }),
  stop('OAUTH_APP_ACCESS_DENIED', PRE_APPROVAL, { place: 'client_id' }),
  stop(
    'invalid_grant',
    'Set authentication.audience to https://login.salesforce.com, or https://test.salesforce.com for a sandbox.',
    { message: /audience/i, place: 'audience' },
  ),
  stop(
    'invalid_grant',
    'The JWT had ended for the org: set the clock of the machine that Heed runs on (NTP).',
    { message: /expired/i, place: 'private_key' },
  ),
  stop(
    'invalid_grant',
    'Upload the certificate of this very private_key to the app, and compare client_id and username with the app and the user.',
    { message: /assertion|signature/i, place: 'private_key' },
  ),
  stop('invalid_grant', MY_DOMAIN, { message: /not supported on this domain/i, place: 'url' }),
  transient('invalid_grant', BY_ITSELF, { message: /rate exceeded/i, ...LATER }),
  stop(
    'invalid_grant',
    'Check the app’s policies: client credentials flow, “Run As” user, IP restrictions.',
    { place: 'client_id' },
  ),
  transient('LOGIN_RATE_EXCEEDED', BY_ITSELF, LATER),
  transient('rate_limit_exceeded', BY_ITSELF, { retryAfterMs: 5 * MINUTE_MS }),
  stop('unsupported_grant_type', FLOW, { place: 'client_id' }),
  stop('unauthorized_client', FLOW, { place: 'client_id' }),
  stop('invalid_app_access', 'Let the “Run As” user use the app (its policies, permitted users).', {
    place: 'client_id',
  }),
  stop('invalid_client_credentials', APP, { place: 'client_secret' }),
  stop('invalid_scope', 'Give the app the OAuth scope api.', { place: 'client_id' }),
  stop('inactive_user', 'Activate the app’s “Run As” user.', { place: 'client_id' }),
  stop('inactive_org', 'The org is closed or suspended: use an active one.', { place: 'url' }),
  transient('unknown_error'),
  transient('server_error'),
  transient('temporarily_unavailable'),

  // What this connector says itself
  transient(
    'UNREACHABLE',
    'Tried again by itself; if it stays, check the address and the network between Heed and Salesforce.',
  ),
  transient('TIMEOUT'),
  { code: 'REQUEST_TOO_LARGE', ...TOO_MUCH },
  transient('SERVER_ERROR'),
  transient('BULK_UNPROCESSED', 'The bulk job ended before this row; it is sent again by itself.'),
  person(
    'HELD_BY_CONVERTED_LEAD',
    'Bring the contact back or let the integration user see it, or delete the lead, or clear the field on it; then replay the person.',
  ),
  stop(
    'OUTBOUND_REFUSED',
    'Heed does not reach private addresses or plain http unless the host is listed in HEED_ALLOWED_HOSTS.',
    { place: 'url' },
  ),
  stop(
    'NOT_SALESFORCE',
    `${MY_DOMAIN} Where it has worked so far, something answers in the org’s place (a proxy, a page of maintenance): it goes on once that is over.`,
    { place: 'url' },
  ),
]
