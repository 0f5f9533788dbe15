/** Fields by their path: of the object itself, or one step over a reference, as `LastModifiedBy.Name`. */
import { Refusal } from '../errors.ts'
import type { Records } from '../records.ts'
import { type FieldDefinition, type ObjectDefinition, relationshipOf } from '../schema.ts'
import type { OrgRecord } from '../store.ts'
import type { Value } from '../values.ts'

export interface Column {
  field: FieldDefinition
  read(row: OrgRecord): Value
  /** The reference that leads there, and the object it leads to. */
  over?: { relationship: string; field: FieldDefinition; object: string }
}

export function columnOf(records: Records, object: ObjectDefinition, path: string): Column {
  const [first = '', second, ...more] = path.split('.')
  if (second === undefined) {
    const field = fieldOf(object, first)
    return { field, read: row => row[field.name] ?? null }
  }
  if (first.toLowerCase() === object.name.toLowerCase())
    return columnOf(records, object, [second, ...more].join('.'))
  const reference = [...object.fields.values()].find(
    field => relationshipOf(field)?.toLowerCase() === first.toLowerCase(),
  )
  const target = reference && records.schema.get(reference.referenceTo[0] ?? '')
  if (!reference || !target || more.length > 0)
    throw new Refusal(
      400,
      'INVALID_FIELD',
      `Didn't understand relationship '${first}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name.`,
    )
  const field = fieldOf(target, second)
  return {
    field,
    read: row => records.store.get(String(row[reference.name]))?.[field.name] ?? null,
    over: { relationship: relationshipOf(reference) as string, field: reference, object: target.name },
  }
}

/** One that is filtered by: an encrypted field is not. */
export function filterOf(records: Records, object: ObjectDefinition, path: string): Column {
  const column = columnOf(records, object, path)
  if (!column.field.filterable) throw cannot(column.field, 'filtered')
  return column
}

export const cannot = ({ name }: FieldDefinition, what: 'filtered' | 'sorted'): Refusal =>
  new Refusal(400, 'INVALID_FIELD', `field '${name}' can not be ${what} in a query call`)

function fieldOf(object: ObjectDefinition, name: string): FieldDefinition {
  const found =
    object.fields.get(name) ??
    [...object.fields.values()].find(field => field.name.toLowerCase() === name.toLowerCase())
  if (!found) throw new Refusal(400, 'INVALID_FIELD', `No such column '${name}' on entity '${object.name}'.`)
  return found
}
