/** The org's objects and fields, as its describe shows them. */

export interface FieldDefinition {
  name: string
  label: string
  type: string
  length: number
  nillable: boolean
  createable: boolean
  updateable: boolean
  defaultedOnCreate: boolean
  unique: boolean
  caseSensitive: boolean
  externalId: boolean
  idLookup: boolean
  restrictedPicklist: boolean
  picklistValues: { value: string; label: string; active: boolean; defaultValue: boolean }[]
  referenceTo: string[]
  calculated: boolean
  autoNumber: boolean
  encrypted: boolean
  custom: boolean
  filterable: boolean
}

export interface ObjectDefinition {
  name: string
  label: string
  fields: Map<string, FieldDefinition>
}

export type FieldInput = {
  name: string
  type: string
  picklist?: readonly string[]
} & Partial<FieldDefinition>

const NUMBERS = new Set(['double', 'int', 'currency', 'percent'])

export function defineField({ picklist, ...given }: FieldInput): FieldDefinition {
  const isBoolean = given.type === 'boolean'
  return {
    label: given.name.replace(/__c$/, '').replaceAll('_', ' '),
    length: isBoolean || NUMBERS.has(given.type) || given.type.startsWith('date') ? 0 : 255,
    nillable: !isBoolean,
    createable: true,
    updateable: true,
    defaultedOnCreate: isBoolean,
    unique: false,
    caseSensitive: false,
    externalId: false,
    idLookup: false,
    restrictedPicklist: false,
    picklistValues: (picklist ?? []).map(value => ({
      value,
      label: value,
      active: true,
      defaultValue: false,
    })),
    referenceTo: [],
    calculated: false,
    autoNumber: false,
    encrypted: false,
    custom: given.name.endsWith('__c'),
    filterable: true,
    ...given,
  }
}

const readOnly = { createable: false, updateable: false }
const flag = (name: string): FieldInput => ({ name, type: 'boolean' })
const text = (name: string, length = 255): FieldInput => ({ name, type: 'string', length })

const system: FieldInput[] = [
  { name: 'Id', type: 'id', length: 18, nillable: false, idLookup: true, ...readOnly },
  { ...flag('IsDeleted'), ...readOnly },
  { name: 'MasterRecordId', type: 'reference', length: 18, ...readOnly },
  { name: 'CreatedDate', type: 'datetime', nillable: false, ...readOnly },
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

const person: FieldInput[] = [
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
const consent: FieldInput[] = [
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

const lead: FieldInput[] = [
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

const contact: FieldInput[] = [{ name: 'AccountId', type: 'reference', length: 18, referenceTo: ['Account'] }]

const account: FieldInput[] = [
  { ...text('Name'), nillable: false },
  { name: 'Phone', type: 'phone', length: 40 },
  { name: 'Website', type: 'url' },
  { name: 'Type', type: 'picklist', picklist: ['Prospect', 'Customer'] },
]

const personAccount: FieldInput[] = [
  { ...flag('IsPersonAccount'), ...readOnly },
  { name: 'PersonEmail', type: 'email', length: 80, idLookup: true },
  flag('PersonHasOptedOutOfEmail'),
  flag('PersonDoNotCall'),
]

export function createSchema(options: { personAccounts: boolean }): Map<string, ObjectDefinition> {
  const object = (name: string, ...groups: FieldInput[][]): [string, ObjectDefinition] => [
    name,
    { name, label: name, fields: new Map(groups.flat().map(field => [field.name, defineField(field)])) },
  ]
  return new Map([
    object('Lead', system, person, lead, consent),
    object('Contact', system, person, contact, consent),
    object('Account', system, account, options.personAccounts ? personAccount : [], consent),
  ])
}

/** Hidden fields are absent, as they are for a user without read access. */
export function describeObject({ name, label, fields }: ObjectDefinition, root: string) {
  return {
    ...summary(name, label, root),
    fields: [...fields.values()].map(field => ({
      ...field,
      aggregatable: true,
      byteLength: field.length * 3,
      cascadeDelete: false,
      compoundFieldName: null,
      controllerName: null,
      defaultValue: field.type === 'boolean' ? false : null,
      defaultValueFormula: null,
      dependentPicklist: false,
      deprecatedAndHidden: false,
      digits: 0,
      groupable: true,
      htmlFormatted: false,
      inlineHelpText: null,
      nameField: field.name === 'Name',
      namePointing: false,
      permissionable: field.nillable,
      precision: field.type === 'double' ? 18 : 0,
      relationshipName: null,
      scale: field.type === 'double' ? 2 : 0,
      soapType: soapTypes[field.type] ?? 'xsd:string',
      sortable: true,
    })),
    childRelationships: [],
    recordTypeInfos: [],
  }
}

const soapTypes: Record<string, string> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  double: 'xsd:double',
  int: 'xsd:int',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
}

export const summary = (name: string, label: string, root: string) => ({
  name,
  label,
  labelPlural: `${label}s`,
  custom: false,
  createable: true,
  updateable: true,
  deletable: true,
  queryable: true,
  searchable: true,
  replicateable: true,
  retrieveable: true,
  undeletable: true,
  mergeable: true,
  layoutable: true,
  triggerable: true,
  keyPrefix: { Lead: '00Q', Contact: '003', Account: '001' }[name] ?? null,
  urls: {
    sobject: `${root}/sobjects/${name}`,
    describe: `${root}/sobjects/${name}/describe`,
    rowTemplate: `${root}/sobjects/${name}/{ID}`,
  },
})
