/** The org's objects and fields, as its describe shows them. */
import {
  account,
  consent,
  contact,
  duplicateRule,
  isPersonAccount,
  lead,
  owner,
  person,
  personAccountFields,
  system,
  user,
} from './fields.ts'
import { keyPrefixes } from './ids.ts'

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
  /** The integration user has Read on it, and no Edit. */
  isReadOnly?: boolean
}

export type FieldInput = {
  name: string
  type: string
  picklist?: readonly string[]
} & Partial<FieldDefinition>

const NUMBERS = new Set(['double', 'int', 'currency', 'percent'])

export function defineField({ picklist, encrypted = false, ...given }: FieldInput): FieldDefinition {
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
    encrypted,
    custom: given.name.endsWith('__c'),
    filterable: !encrypted,
    ...given,
  }
}

/** A custom field of the contact as its person account shows it: no external id, whatever the contact's is. */
export const mirrorOf = (field: FieldDefinition): FieldDefinition => ({
  ...field,
  name: field.name.replace(/__c$/, '__pc'),
  externalId: false,
  idLookup: false,
  unique: false,
})

export function createSchema(options: { personAccounts: boolean }): Map<string, ObjectDefinition> {
  const object = (name: string, ...groups: FieldInput[][]): [string, ObjectDefinition] => [
    name,
    { name, label: name, fields: new Map(groups.flat().map(field => [field.name, defineField(field)])) },
  ]
  const schema = new Map([
    object('Lead', system, owner, person, lead, consent),
    object(
      'Contact',
      system,
      owner,
      person,
      contact,
      options.personAccounts ? [isPersonAccount] : [],
      consent,
    ),
    object('Account', system, owner, account, options.personAccounts ? personAccountFields : [], consent),
    object('User', system, user),
    object('DuplicateRule', system, duplicateRule),
  ])
  if (options.personAccounts) {
    const fields = schema.get('Account')?.fields
    for (const field of consent.map(defineField).map(mirrorOf)) fields?.set(field.name, field)
  }
  return schema
}

/** Hidden fields are absent, as they are for a user without read access. */
export function describeObject({ name, label, fields, isReadOnly }: ObjectDefinition, root: string) {
  return {
    ...summary(name, label, root),
    ...(isReadOnly ? { createable: false, updateable: false } : {}),
    fields: [...fields.values()].map(field => ({
      ...field,
      ...(isReadOnly ? { createable: false, updateable: false } : {}),
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
      groupable: !field.encrypted,
      htmlFormatted: false,
      inlineHelpText: null,
      nameField: field.name === 'Name',
      namePointing: false,
      permissionable: field.nillable,
      precision: field.type === 'double' ? 18 : 0,
      relationshipName: relationshipOf(field) ?? null,
      scale: field.type === 'double' ? 2 : 0,
      soapType: soapTypes[field.type] ?? 'xsd:string',
      sortable: !field.encrypted,
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

const isWritable = (name: string): boolean => name !== 'User' && name !== 'DuplicateRule'

/** `LastModifiedById` leads to `LastModifiedBy`. */
export const relationshipOf = ({ name, type }: FieldDefinition): string | undefined =>
  type === 'reference' && name.endsWith('Id') ? name.slice(0, -2) : undefined

export const summary = (name: string, label: string, root: string) => ({
  name,
  label,
  labelPlural: `${label}s`,
  custom: false,
  createable: isWritable(name),
  updateable: isWritable(name),
  deletable: isWritable(name),
  queryable: true,
  searchable: true,
  replicateable: true,
  retrieveable: true,
  undeletable: true,
  mergeable: true,
  layoutable: true,
  triggerable: true,
  keyPrefix: keyPrefixes[name] ?? null,
  urls: {
    sobject: `${root}/sobjects/${name}`,
    describe: `${root}/sobjects/${name}/describe`,
    rowTemplate: `${root}/sobjects/${name}/{ID}`,
  },
})
