/** What a row is refused for before any rule of the org's own is asked. */
import { RowRefusal } from './errors.ts'
import { normalizeId, sobjectOf } from './ids.ts'
import type { FieldDefinition } from './schema.ts'
import type { OrgRecord, Store } from './store.ts'
import { checkValue, type Value } from './values.ts'

/** `id`: of the row that is edited; undefined for a new one, whose required fields are asked for by themselves. */
export function checkValues(
  store: Store,
  object: string,
  given: ReadonlyMap<FieldDefinition, Value>,
  id: string | undefined,
): void {
  for (const [field, value] of given) {
    if (value === null && !field.nillable && id !== undefined) throw requiredMissing([field.name])
    checkValue(field, value)
    if (typeof value !== 'string' && typeof value !== 'number') continue
    if (field.type === 'reference') refuseDangling(store, field, String(value))
    if (field.unique) refuseTaken(store, object, field, value, id)
  }
}

export function refuseMissing(row: OrgRecord, fields: ReadonlyMap<string, FieldDefinition>): void {
  const missing: string[] = []
  for (const { name, nillable, createable, defaultedOnCreate } of fields.values())
    if (!nillable && createable && !defaultedOnCreate && row[name] === null) missing.push(name)
  if (missing.length > 0) throw requiredMissing(missing)
}

export function refuseUnwritable(
  given: ReadonlyMap<FieldDefinition, Value>,
  right: 'createable' | 'updateable',
): void {
  const names = [...given.keys()].filter(field => !field[right]).map(field => field.name)
  if (names.length === 0) return
  throw new RowRefusal(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${names.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
    names,
  )
}

function refuseDangling(store: Store, field: FieldDefinition, value: string): void {
  const id = normalizeId(value)
  if (!id || !field.referenceTo.includes(sobjectOf(id) ?? ''))
    throw new RowRefusal('MALFORMED_ID', `${field.label}: id value of incorrect type: ${value}`, [field.name])
  const target = store.get(id)
  if (!target || target.IsDeleted)
    throw new RowRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name])
}

function refuseTaken(
  store: Store,
  object: string,
  field: FieldDefinition,
  value: string | number,
  id: string | undefined,
): void {
  const other = store.living(object, field.name, String(value)).find(one => one !== id)
  if (other !== undefined)
    throw new RowRefusal(
      'DUPLICATE_VALUE',
      `duplicate value found: ${field.name} duplicates value on record with id: ${other}`,
      [field.name],
    )
}

const requiredMissing = (names: string[]): RowRefusal =>
  new RowRefusal('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names.join(', ')}]`, names)
