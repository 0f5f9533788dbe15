/** The org's rows, how they are taken back, and indexes on what they are looked up by. Knows no rules. */
import { normalizeId, sobjectOf } from './ids.ts'
import type { FieldDefinition, ObjectDefinition } from './schema.ts'
import type { Value } from './values.ts'

export type OrgRecord = Record<string, Value>

interface Index {
  /** What is one to the field: texts without case, unless it tells cases apart. */
  keyOf(value: string | number): string
  /** The id, or the ids where several rows share the value: most addresses belong to one. */
  ids: Map<string, string | Set<string>>
}

const NONE: ReadonlySet<string> = new Set()

export class Store {
  readonly #schema: ReadonlyMap<string, ObjectDefinition>
  readonly #rows = new Map<string, Map<string, OrgRecord>>()
  /** By object, then field. */
  readonly #indexes = new Map<string, Map<string, Index>>()
  readonly #blanks = new Map<string, OrgRecord>()
  /** How to take back what was written since a transaction began, last first. */
  #undo: (() => void)[] | undefined

  constructor(schema: ReadonlyMap<string, ObjectDefinition>) {
    this.#schema = schema
    for (const { name, fields } of schema.values()) {
      this.#rows.set(name, new Map())
      this.#indexes.set(name, new Map())
      for (const field of fields.values()) if (isLookedUp(field)) this.addIndex(name, field.name)
    }
  }

  all(object: string): Iterable<OrgRecord> {
    return (this.#rows.get(object) ?? new Map<string, OrgRecord>()).values()
  }

  get(id: string): OrgRecord | undefined {
    return this.#rows.get(sobjectOf(id) ?? '')?.get(id)
  }

  /** Runs `work` and takes back all it wrote unless `keeps` says otherwise. One may stand inside another. */
  transact<T>(work: () => T, keeps: (result: T) => boolean): T {
    const outer = this.#undo
    const undo: (() => void)[] = []
    this.#undo = undo
    try {
      const result = work()
      if (keeps(result)) outer?.push(...undo)
      else for (const step of undo.reverse()) step()
      return result
    } catch (error) {
      for (const step of undo.reverse()) step()
      throw error
    } finally {
      this.#undo = outer
    }
  }

  /** Undefined: the field has no index. */
  lookUp(object: string, field: string, value: string): ReadonlySet<string> | undefined {
    if (field === 'Id') {
      const id = normalizeId(value)
      return id && this.#rows.get(object)?.has(id) ? new Set([id]) : NONE
    }
    const index = this.#indexes.get(object)?.get(field)
    if (!index) return undefined
    const found = index.ids.get(index.keyOf(value))
    return typeof found === 'string' ? new Set([found]) : (found ?? NONE)
  }

  /** The ids of the rows that are found so and not deleted. */
  living(object: string, field: string, value: string): string[] {
    return [...(this.lookUp(object, field, value) ?? NONE)].filter(id => !this.get(id)?.IsDeleted)
  }

  addIndex(object: string, field: string): void {
    const indexes = this.#indexes.get(object)
    if (!indexes || indexes.has(field)) return
    const isExact = this.#schema.get(object)?.fields.get(field)?.caseSensitive === true
    const keyOf = (value: string | number) => (isExact ? String(value) : String(value).toLowerCase())
    const index: Index = { keyOf, ids: new Map() }
    indexes.set(field, index)
    for (const row of this.all(object)) enter(index, row[field], row.Id as string)
  }

  addField(object: string, field: FieldDefinition): void {
    this.#blanks.delete(object)
    if (isLookedUp(field)) {
      this.#indexes.get(object)?.delete(field.name)
      this.addIndex(object, field.name)
    }
    for (const row of this.all(object)) row[field.name] = emptyOf(field)
  }

  removeField(object: string): void {
    this.#blanks.delete(object)
  }

  /** An empty row. Copies of one row with fast properties share their shape, which a million rows need. */
  blank(object: string): OrgRecord {
    let blank = this.#blanks.get(object)
    if (!blank) {
      const fields = [...(this.#schema.get(object)?.fields.values() ?? [])]
      const made = Object.fromEntries(fields.map(field => [field.name, emptyOf(field)]))
      blank = JSON.parse(JSON.stringify(made)) as OrgRecord
      this.#blanks.set(object, blank)
    }
    return { ...blank }
  }

  insert(object: string, row: OrgRecord): void {
    const id = row.Id as string
    this.#rows.get(object)?.set(id, row)
    this.#index(object, row)
    this.#undo?.push(() => {
      this.#unindex(object, row)
      this.#rows.get(object)?.delete(id)
    })
  }

  change(object: string, row: OrgRecord, values: OrgRecord): void {
    if (this.#undo) {
      const before = { ...row }
      this.#undo.push(() => this.#assign(object, row, before))
    }
    this.#assign(object, row, values)
  }

  #assign(object: string, row: OrgRecord, values: OrgRecord): void {
    this.#unindex(object, row)
    Object.assign(row, values)
    this.#index(object, row)
  }

  #index(object: string, row: OrgRecord): void {
    for (const [field, index] of this.#indexes.get(object) ?? []) enter(index, row[field], row.Id as string)
  }

  #unindex(object: string, row: OrgRecord): void {
    for (const [field, index] of this.#indexes.get(object) ?? []) leave(index, row[field], row.Id as string)
  }
}

function enter({ ids, keyOf }: Index, value: Value | undefined, id: string): void {
  if (typeof value !== 'string' && typeof value !== 'number') return
  const key = keyOf(value)
  const found = ids.get(key)
  if (found === undefined) ids.set(key, id)
  else if (typeof found === 'string') ids.set(key, new Set([found, id]))
  else found.add(id)
}

function leave({ ids, keyOf }: Index, value: Value | undefined, id: string): void {
  if (typeof value !== 'string' && typeof value !== 'number') return
  const key = keyOf(value)
  const found = ids.get(key)
  if (found === id) ids.delete(key)
  else if (found instanceof Set) found.delete(id)
}

const isLookedUp = (field: FieldDefinition): boolean =>
  field.name !== 'Id' && !field.encrypted && (field.externalId || field.idLookup || field.unique)

const emptyOf = (field: FieldDefinition): Value => (field.type === 'boolean' ? false : null)
