/** The fields of the org's objects, as a fresh org has them. */
import type { FieldInput } from './schema.ts'

const readOnly = { createable: false, updateable: false }
const flag = (name: string): FieldInput => ({ name, type: 'boolean' })
const text = (name: string, length = 255): FieldInput => ({ name, type: 'string', length })

export const system: FieldInput[] = [
  { name: 'Id', type: 'id', length: 18, nillable: false, idLookup: true, ...readOnly },
  { ...flag('IsDeleted'), ...readOnly },
  { name: 'MasterRecordId', type: 'reference', length: 18, ...readOnly },
  { name: 'CreatedDate', type: 'datetime', nillable: false, ...readOnly },
  { name: 'CreatedById', type: 'reference', length: 18, nillable: false, referenceTo: ['User'], ...readOnly },
  { name: 'LastModifiedDate', type: 'datetime', nillable: false, ...readOnly },
  {
    name: 'LastModifiedById',
    type: 'reference',
    length: 18,
    nillable: false,
    referenceTo: ['User'],
    ...readOnly,
  },
  { name: 'SystemModstamp', type: 'datetime', nillable: false, ...readOnly },
]

export const owner: FieldInput[] = [
  {
    ...{ name: 'OwnerId', type: 'reference', length: 18, nillable: false, defaultedOnCreate: true },
    referenceTo: ['User'],
  },
]

export const person: FieldInput[] = [
  text('FirstName', 40),
  { ...text('LastName', 80), nillable: false },
  { ...text('Name', 121), nillable: false, ...readOnly },
  { name: 'Email', type: 'email', length: 80, idLookup: true },
  { name: 'Phone', type: 'phone', length: 40 },
  { name: 'MobilePhone', type: 'phone', length: 40 },
  text('Title', 128),
  flag('HasOptedOutOfEmail'),
  flag('HasOptedOutOfFax'),
  flag('DoNotCall'),
  text('EmailBouncedReason'),
  { name: 'EmailBouncedDate', type: 'datetime' },
  { name: 'LeadSource', type: 'picklist', picklist: ['Web', 'Phone Inquiry', 'Other'] },
]

/** Ready-made for trying consent mappings. */
export const consent: FieldInput[] = [
  flag('Newsletter__c'),
  flag('Product_News__c'),
  {
    name: 'Topics__c',
    type: 'multipicklist',
    length: 4099,
    restrictedPicklist: true,
    picklist: ['travel', 'food', 'music', 'sport'],
  },
  { name: 'Channel__c', type: 'picklist', restrictedPicklist: true, picklist: ['email', 'sms', 'post'] },
  text('Frequency__c', 40),
  { name: 'Consent_Date__c', type: 'datetime' },
  text('Consent_Event__c', 64),
  text('Consent_Regulation__c', 20),
  { ...text('Pmp_Id__c', 120), externalId: true, unique: true, idLookup: true },
  text('Language__c', 10),
  { name: 'Score__c', type: 'double', length: 0 },
]

export const lead: FieldInput[] = [
  { ...text('Company'), nillable: false },
  {
    name: 'Status',
    type: 'picklist',
    nillable: false,
    defaultedOnCreate: true,
    picklist: ['Open', 'Working', 'Closed'],
  },
  { ...flag('IsConverted'), updateable: false },
  { name: 'ConvertedDate', type: 'date', ...readOnly },
  ...['Contact', 'Account', 'Opportunity'].map(
    (name): FieldInput => ({
      name: `Converted${name}Id`,
      type: 'reference',
      length: 18,
      referenceTo: [name],
      ...readOnly,
    }),
  ),
]

export const contact: FieldInput[] = [
  { name: 'AccountId', type: 'reference', length: 18, referenceTo: ['Account'] },
]

export const account: FieldInput[] = [
  { ...text('Name'), nillable: false },
  { name: 'Phone', type: 'phone', length: 40 },
  { name: 'Website', type: 'url' },
  { name: 'Type', type: 'picklist', picklist: ['Prospect', 'Customer'] },
]

/** What an account has where it is a person; the contact behind it has the same without `Person`. */
export const personAccountFields: FieldInput[] = [
  { ...flag('IsPersonAccount'), ...readOnly },
  { name: 'PersonContactId', type: 'reference', length: 18, referenceTo: ['Contact'], ...readOnly },
  text('FirstName', 40),
  text('LastName', 80),
  { name: 'PersonEmail', type: 'email', length: 80, idLookup: true },
  { name: 'PersonMobilePhone', type: 'phone', length: 40 },
  text('PersonTitle', 128),
  flag('PersonHasOptedOutOfEmail'),
  flag('PersonHasOptedOutOfFax'),
  flag('PersonDoNotCall'),
  text('PersonEmailBouncedReason'),
  { name: 'PersonEmailBouncedDate', type: 'datetime' },
  { name: 'PersonLeadSource', type: 'picklist', picklist: ['Web', 'Phone Inquiry', 'Other'] },
]

export const isPersonAccount: FieldInput = { ...flag('IsPersonAccount'), ...readOnly }

export const user: FieldInput[] = [
  text('Username', 80),
  text('FirstName', 40),
  { ...text('LastName', 80), nillable: false },
  { ...text('Name', 121), nillable: false, ...readOnly },
  { name: 'Email', type: 'email', length: 128, idLookup: true },
  { ...flag('IsActive'), ...readOnly },
]

export const duplicateRule: FieldInput[] = [
  text('DeveloperName', 80),
  text('MasterLabel', 80),
  text('SobjectType', 40),
  flag('IsActive'),
].map(field => ({ ...field, ...readOnly }))
