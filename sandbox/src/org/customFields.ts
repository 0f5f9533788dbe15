/** The custom fields an admin would have made before connecting a consent platform. */

import type { FieldInput } from './field.ts'

export const CONSENT_FIELDS: FieldInput[] = [
  { name: 'Newsletter__c', type: 'boolean' },
  { name: 'Product_News__c', type: 'boolean' },
  {
    name: 'Topics__c',
    type: 'multipicklist',
    values: ['travel', 'food', 'music', 'sport'],
    restrictedPicklist: true,
    precision: 4,
  },
  { name: 'Channel__c', type: 'picklist', values: ['email', 'sms', 'post'], restrictedPicklist: true },
  { name: 'Frequency__c', type: 'string', length: 40 },
  { name: 'Consent_Date__c', type: 'datetime' },
  { name: 'Consent_Event__c', type: 'string', length: 64 },
  { name: 'Consent_Regulation__c', type: 'string', length: 20 },
  { name: 'Pmp_Id__c', label: 'PMP Id', type: 'string', length: 120, externalId: true, unique: true, idLookup: true },
  { name: 'Language__c', type: 'string', length: 10 },
  { name: 'Score__c', type: 'double' },
]
