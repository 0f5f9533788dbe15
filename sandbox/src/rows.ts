/** Writing one row, and what became of it: the same for collections and for bulk jobs. */
import { refuseByStrain } from './effort.ts'
import { Ambiguous, type RowError, RowRefusal } from './errors.ts'
import { normalizeId, sobjectOf } from './ids.ts'
import type { Api } from './rest.ts'
import type { FieldDefinition } from './schema.ts'
import type { Value } from './values.ts'

export interface RowResult {
  id?: string
  success: boolean
  created?: boolean
  errors: RowError[]
}

export type ParsedRow = Map<FieldDefinition, Value>

export function createOne(api: Api, sobject: string, values: ParsedRow): RowResult {
  refuseByStrain(api, { sobject, id: undefined, accountId: accountOf(values) })
  const id = api.records.create(sobject, values, api.writer)
  api.countRows(1)
  return { id, success: true, errors: [] }
}

export function updateOne(api: Api, sobject: string, given: unknown, values: ParsedRow): RowResult {
  const { name } = api.records.object(sobject)
  const id = api.records.find(name, given).Id as string
  refuseByStrain(api, { sobject: name, id, accountId: accountOf(values) })
  api.records.update(name, id, values, api.writer)
  api.countRows(1)
  return { id, success: true, errors: [] }
}

export function upsertOne(
  api: Api,
  sobject: string,
  field: string,
  value: unknown,
  values: ParsedRow,
): RowResult {
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '')
    throw new RowRefusal('MISSING_ARGUMENT', `${field} not specified`, [field])
  const found = api.records.findByExternalId(sobject, field, String(value))
  const done = found ? updateOne(api, sobject, found.Id, values) : createOne(api, sobject, values)
  return { ...done, created: !found }
}

export function removeOne(api: Api, given: string): RowResult {
  const row = api.records.store.get(normalizeId(given) ?? '')
  if (!row) throw new RowRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
  refuseByFault(api, row)
  const id = row.Id as string
  refuseByStrain(api, { sobject: sobjectOf(id) as string, id })
  api.records.remove(sobjectOf(id) as string, id, api.writer)
  api.countRows(1)
  return { id, success: true, errors: [] }
}

function accountOf(values: ParsedRow): Value | undefined {
  for (const [field, value] of values) if (field.name === 'AccountId') return value
  return undefined
}

/** A failed row has no id: it is known by its place. */
export function attempt(work: () => RowResult): RowResult {
  try {
    return work()
  } catch (error) {
    if (error instanceof RowRefusal) return { success: false, errors: [error.error] }
    if (error instanceof Ambiguous)
      return {
        success: false,
        errors: [
          {
            statusCode: 'DUPLICATE_EXTERNAL_ID',
            message: `the external id matches several records: ${error.ids.join(', ')}`,
            fields: [],
          },
        ],
      }
    throw error
  }
}

/** A row that a fault refuses. */
export function refuseByFault(api: Api, row: unknown): void {
  const fault = api.faults.onRow(row)
  if (fault) throw new RowRefusal(fault.code, fault.message)
}

/** Two rows for one external id in one chunk: neither is written. */
export function refuseRepeatedKey(keys: readonly string[], i: number, field: string): void {
  const key = keys[i] as string
  if (keys.indexOf(key) !== keys.lastIndexOf(key))
    throw new RowRefusal('DUPLICATE_VALUE', `Duplicate external id specified: ${key}`, [field])
}
