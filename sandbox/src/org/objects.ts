/** The standard objects of the org and their fields, cut down to what consent work meets. */

import type { FieldInput } from './field.ts'

export interface ObjectInput {
  name: string
  label: string
  labelPlural: string
  keyPrefix: string
  /** False: can be read only. */
  writable: boolean
  fields: FieldInput[]
}

const READ_ONLY = { createable: false, updateable: false } as const
const SET_BY_SYSTEM = { ...READ_ONLY, nillable: false, defaultedOnCreate: true } as const

const STATUSES = ['Open - Not Contacted', 'Working - Contacted', 'Closed - Converted', 'Closed - Not Converted']
const SOURCES = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other']
const SALUTATIONS = ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.', 'Mx.']

const ID: FieldInput = { name: 'Id', type: 'id', ...SET_BY_SYSTEM, idLookup: true }
const IS_DELETED: FieldInput = { name: 'IsDeleted', label: 'Deleted', type: 'boolean', ...SET_BY_SYSTEM }

export const SYSTEM_FIELDS: FieldInput[] = [
  { name: 'OwnerId', label: 'Owner ID', type: 'reference', referenceTo: ['User'], nillable: false, defaultedOnCreate: true },
  { name: 'CreatedDate', label: 'Created Date', type: 'datetime', ...SET_BY_SYSTEM },
  { name: 'CreatedById', label: 'Created By ID', type: 'reference', referenceTo: ['User'], ...SET_BY_SYSTEM },
  { name: 'LastModifiedDate', label: 'Last Modified Date', type: 'datetime', ...SET_BY_SYSTEM },
  { name: 'LastModifiedById', label: 'Last Modified By ID', type: 'reference', referenceTo: ['User'], ...SET_BY_SYSTEM },
  { name: 'SystemModstamp', label: 'System Modstamp', type: 'datetime', ...SET_BY_SYSTEM },
]

const PERSON_NAME: FieldInput[] = [
  { name: 'LastName', label: 'Last Name', type: 'string', length: 80, nillable: false, compoundFieldName: 'Name' },
  { name: 'FirstName', label: 'First Name', type: 'string', length: 40, compoundFieldName: 'Name' },
  { name: 'Salutation', type: 'picklist', length: 40, values: SALUTATIONS, compoundFieldName: 'Name' },
  { name: 'Name', label: 'Full Name', type: 'string', length: 121, ...READ_ONLY, nillable: false, nameField: true },
]

const REACH: FieldInput[] = [
  { name: 'Title', type: 'string', length: 128 },
  { name: 'Phone', type: 'phone' },
  { name: 'MobilePhone', label: 'Mobile Phone', type: 'phone' },
  { name: 'Email', type: 'email', idLookup: true },
  { name: 'LeadSource', label: 'Lead Source', type: 'picklist', values: SOURCES },
  { name: 'Description', type: 'textarea', length: 32000 },
]

const OPT_OUTS: FieldInput[] = [
  { name: 'HasOptedOutOfEmail', label: 'Email Opt Out', type: 'boolean' },
  { name: 'HasOptedOutOfFax', label: 'Fax Opt Out', type: 'boolean' },
  { name: 'DoNotCall', label: 'Do Not Call', type: 'boolean' },
  { name: 'EmailBouncedReason', label: 'Email Bounced Reason', type: 'string' },
  { name: 'EmailBouncedDate', label: 'Email Bounced Date', type: 'datetime' },
]

function masterRecord(sobject: string): FieldInput {
  return { name: 'MasterRecordId', label: 'Master Record ID', type: 'reference', referenceTo: [sobject], ...READ_ONLY }
}

/** Set by a conversion only; the vendor lets them be set on create too, which nobody here needs. */
const CONVERSION: FieldInput[] = [
  { name: 'IsConverted', label: 'Converted', type: 'boolean', ...READ_ONLY },
  { name: 'ConvertedDate', label: 'Converted Date', type: 'date', ...READ_ONLY },
  { name: 'ConvertedAccountId', label: 'Converted Account ID', type: 'reference', referenceTo: ['Account'], ...READ_ONLY },
  { name: 'ConvertedContactId', label: 'Converted Contact ID', type: 'reference', referenceTo: ['Contact'], ...READ_ONLY },
  {
    name: 'ConvertedOpportunityId',
    label: 'Converted Opportunity ID',
    type: 'reference',
    referenceTo: ['Opportunity'],
    ...READ_ONLY,
  },
]

export const LEAD: ObjectInput = {
  name: 'Lead',
  label: 'Lead',
  labelPlural: 'Leads',
  keyPrefix: '00Q',
  writable: true,
  fields: [
    ID,
    IS_DELETED,
    masterRecord('Lead'),
    ...PERSON_NAME,
    { name: 'Company', type: 'string', nillable: false },
    ...REACH,
    { name: 'Status', type: 'picklist', values: STATUSES, defaultValue: 'Open - Not Contacted', nillable: false },
    ...OPT_OUTS,
    ...CONVERSION,
    ...SYSTEM_FIELDS,
  ],
}

export const CONTACT: ObjectInput = {
  name: 'Contact',
  label: 'Contact',
  labelPlural: 'Contacts',
  keyPrefix: '003',
  writable: true,
  fields: [
    ID,
    IS_DELETED,
    masterRecord('Contact'),
    { name: 'AccountId', label: 'Account ID', type: 'reference', referenceTo: ['Account'] },
    ...PERSON_NAME,
    ...REACH,
    ...OPT_OUTS,
    ...SYSTEM_FIELDS,
  ],
}

export const ACCOUNT: ObjectInput = {
  name: 'Account',
  label: 'Account',
  labelPlural: 'Accounts',
  keyPrefix: '001',
  writable: true,
  fields: [
    ID,
    IS_DELETED,
    masterRecord('Account'),
    { name: 'Name', label: 'Account Name', type: 'string', nillable: false, nameField: true },
    { name: 'Type', label: 'Account Type', type: 'picklist', values: ['Prospect', 'Customer', 'Partner', 'Other'] },
    { name: 'Phone', label: 'Account Phone', type: 'phone' },
    { name: 'Website', type: 'url' },
    { name: 'Industry', type: 'picklist', values: ['Media', 'Retail', 'Technology', 'Other'] },
    ...SYSTEM_FIELDS,
  ],
}

export const USER: ObjectInput = {
  name: 'User',
  label: 'User',
  labelPlural: 'Users',
  keyPrefix: '005',
  writable: false,
  fields: [
    ID,
    { name: 'Username', type: 'string', length: 80, nillable: false, idLookup: true },
    { name: 'Name', label: 'Full Name', type: 'string', length: 121, nameField: true },
    { name: 'Email', type: 'email', idLookup: true },
  ],
}
