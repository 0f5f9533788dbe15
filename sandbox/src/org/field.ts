/** A field as the org knows it: what `describe` shows of it, and who may touch it. */

export type FieldType =
  | 'id'
  | 'string'
  | 'boolean'
  | 'int'
  | 'double'
  | 'currency'
  | 'percent'
  | 'date'
  | 'datetime'
  | 'email'
  | 'phone'
  | 'url'
  | 'textarea'
  | 'picklist'
  | 'multipicklist'
  | 'reference'

export type Value = string | number | boolean | null

export interface PicklistValue {
  active: boolean
  defaultValue: boolean
  label: string
  validFor: string | null
  value: string
}

export interface Access {
  readable: boolean
  createable: boolean
  updateable: boolean
}

export interface Field {
  name: string
  label: string
  type: FieldType
  length: number
  precision: number
  scale: number
  digits: number
  nillable: boolean
  createable: boolean
  updateable: boolean
  defaultedOnCreate: boolean
  defaultValue: Value
  unique: boolean
  externalId: boolean
  idLookup: boolean
  calculated: boolean
  custom: boolean
  nameField: boolean
  filterable: boolean
  sortable: boolean
  restrictedPicklist: boolean
  picklistValues: PicklistValue[]
  referenceTo: string[]
  relationshipName: string | null
  compoundFieldName: string | null
  inlineHelpText: string | null
  /** Field-level security of the user whom the API runs as; people in the org see everything. */
  access: Access
}

/** What a field is made from; the rest follows from its type. */
export type FieldInput = Partial<Omit<Field, 'access' | 'picklistValues'>> & {
  name: string
  type: FieldType
  /** The values of a picklist, or the full form that describe shows. */
  values?: string[]
  picklistValues?: PicklistValue[]
}

const LENGTHS: Partial<Record<FieldType, number>> = {
  id: 18,
  reference: 18,
  string: 255,
  email: 80,
  phone: 40,
  url: 255,
  textarea: 255,
  picklist: 255,
  multipicklist: 4099,
}

export function makeField({ values, ...input }: FieldInput): Field {
  const isBoolean = input.type === 'boolean'
  const isNumber = input.type === 'double' || input.type === 'currency' || input.type === 'percent'
  const defaultValue = input.defaultValue ?? (isBoolean ? false : null)
  return {
    label: input.name.replace(/__c$/, '').replaceAll('_', ' '),
    length: LENGTHS[input.type] ?? 0,
    precision: isNumber ? 18 : 0,
    scale: isNumber ? 2 : 0,
    digits: input.type === 'int' ? 9 : 0,
    nillable: !isBoolean,
    createable: true,
    updateable: true,
    defaultedOnCreate: defaultValue !== null,
    defaultValue,
    unique: false,
    externalId: false,
    idLookup: false,
    calculated: false,
    custom: input.name.endsWith('__c') || input.name.endsWith('__pc'),
    nameField: false,
    filterable: input.type !== 'textarea' || (input.length ?? 255) <= 255,
    sortable: input.type !== 'multipicklist',
    restrictedPicklist: false,
    referenceTo: [],
    relationshipName: input.type === 'reference' ? input.name.replace(/Id$/, '').replace(/__c$/, '__r') : null,
    compoundFieldName: null,
    inlineHelpText: null,
    ...input,
    picklistValues:
      input.picklistValues ??
      (values ?? []).map(value => ({
        active: true,
        defaultValue: value === defaultValue,
        label: value,
        validFor: null,
        value,
      })),
    access: { readable: true, createable: true, updateable: true },
  }
}

/** Fields by which records are found all the time get a hash index. */
export function isIndexed(field: Field): boolean {
  return field.idLookup || field.externalId || field.unique || field.type === 'reference'
}
