/** The org's records, its rules for writing them, and indexes on what they are looked up by. Knows nothing of HTTP. */
import { Ambiguous, Refusal, RowRefusal } from './errors.ts'
import { keyPrefixes, makeId, normalizeId, sobjectOf } from './ids.ts'
import {
  createSchema,
  defineField,
  type FieldDefinition,
  type FieldInput,
  type ObjectDefinition,
} from './schema.ts'
import { checkValue, formatDateTime, parseValue, type Value } from './values.ts'

export type Fields = Record<string, unknown>
export type OrgRecord = Record<string, Value>

export interface Change {
  at: number
  sobject: string
  id: string
  fields: string[]
  kind: 'created' | 'updated' | 'deleted'
}

export interface RecordsOptions {
  personAccounts: boolean
  convertedLeadsEditable: boolean
  now: () => Date
  onChange(change: Change): void
}

const INTEGRATION_USER = makeId('User', 1)
const SALES_USER = makeId('User', 2)

export class Records {
  readonly schema: Map<string, ObjectDefinition>
  readonly #options: RecordsOptions
  readonly #rows = new Map<string, Map<string, OrgRecord>>()
  /** By object and field: lower-cased value -> ids. */
  readonly #indexes = new Map<string, Map<string, Set<string>>>()
  #made = 0
  /** How to take back what was written since a transaction began, last first. */
  #undo: (() => void)[] | undefined

  constructor(options: RecordsOptions) {
    this.#options = options
    this.schema = createSchema(options)
    for (const { name, fields } of this.schema.values()) {
      this.#rows.set(name, new Map())
      for (const field of fields.values())
        if (isIndexed(field)) this.#indexes.set(`${name}.${field.name}`, new Map())
    }
  }

  object(name: string): ObjectDefinition {
    const found =
      this.schema.get(name) ??
      [...this.schema.values()].find(one => one.name.toLowerCase() === name.toLowerCase())
    if (!found) throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
    return found
  }

  all(sobject: string): Iterable<OrgRecord> {
    return (this.#rows.get(sobject) ?? new Map<string, OrgRecord>()).values()
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
  lookUp(sobject: string, field: string, value: string): ReadonlySet<string> | undefined {
    if (field === 'Id') {
      const id = normalizeId(value)
      return new Set(id && this.#rows.get(sobject)?.has(id) ? [id] : [])
    }
    const index = this.#indexes.get(`${sobject}.${field}`)
    return index && (index.get(value.toLowerCase()) ?? new Set())
  }

  /** Parses the fields of a row. What it refuses, it refuses for the whole request. */
  parse(sobject: string, given: Fields): Map<FieldDefinition, Value> {
    const { name: object, fields } = this.object(sobject)
    const parsed = new Map<FieldDefinition, Value>()
    for (const [name, value] of Object.entries(given)) {
      if (name === 'attributes' || name.toLowerCase() === 'id') continue
      const field =
        fields.get(name) ?? [...fields.values()].find(one => one.name.toLowerCase() === name.toLowerCase())
      if (!field)
        throw new Refusal(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${object}`, [
          name,
        ])
      parsed.set(field, parseValue(field, value))
    }
    return parsed
  }

  create(sobject: string, given: Map<FieldDefinition, Value>, bySales = false): string {
    const { name: object, fields } = this.object(sobject)
    refuseUnwritable(given, 'createable')
    const row: OrgRecord = {}
    for (const field of fields.values()) row[field.name] = field.type === 'boolean' ? false : null
    if (object === 'Lead') row.Status = 'Open'
    for (const [field, value] of given) row[field.name] = value
    const missing = [...fields.values()].filter(
      field => !field.nillable && field.createable && !field.defaultedOnCreate && row[field.name] === null,
    )
    if (missing.length > 0) {
      const names = missing.map(field => field.name)
      throw new RowRefusal(
        'REQUIRED_FIELD_MISSING',
        `Required fields are missing: [${names.join(', ')}]`,
        names,
      )
    }
    for (const [field, value] of given) {
      checkValue(field, value)
      this.#refuseDangling(field, value)
    }
    const id = makeId(object, ++this.#made)
    this.#refuseDuplicates(object, given, id)
    row.Id = id
    row.CreatedDate = formatDateTime(this.#options.now())
    this.#undo?.push(() => {
      this.#unindex(object, row)
      this.#rows.get(object)?.delete(id)
    })
    this.#store(
      object,
      row,
      [...given.keys()].map(field => field.name),
      'created',
      bySales,
    )
    return id
  }

  update(sobject: string, id: string, given: Map<FieldDefinition, Value>, bySales = false): void {
    const { name: object } = this.object(sobject)
    const row = this.find(object, id)
    if (object === 'Lead' && row.IsConverted && !this.#options.convertedLeadsEditable && !bySales)
      throw new RowRefusal('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead')
    refuseUnwritable(given, 'updateable')
    for (const [field, value] of given) {
      if (value === null && !field.nillable)
        throw new RowRefusal('REQUIRED_FIELD_MISSING', `Required fields are missing: [${field.name}]`, [
          field.name,
        ])
      checkValue(field, value)
      this.#refuseDangling(field, value)
    }
    this.#refuseDuplicates(object, given, row.Id as string)
    const changed = [...given]
      .filter(([field, value]) => row[field.name] !== value)
      .map(([field]) => field.name)
    this.#remember(object, row)
    this.#unindex(object, row)
    for (const [field, value] of given) row[field.name] = value
    this.#store(object, row, changed, 'updated', bySales)
  }

  remove(sobject: string, id: string, masterId: string | null = null, bySales = false): void {
    const { name: object } = this.object(sobject)
    const row = this.find(object, id)
    this.#remember(object, row)
    this.#unindex(object, row)
    row.IsDeleted = true
    row.MasterRecordId = masterId
    this.#store(object, row, ['IsDeleted'], 'deleted', bySales)
  }

  /** The record that an id names, as writing sees it. */
  find(sobject: string, given: unknown): OrgRecord {
    const id = normalizeId(given)
    if (!id?.startsWith(keyPrefixes[sobject] ?? ''))
      throw new RowRefusal('MALFORMED_ID', `${sobject} ID: id value of incorrect type: ${given}`, ['Id'])
    const row = this.#rows.get(sobject)?.get(id)
    if (!row) throw new RowRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [])
    if (row.IsDeleted) throw new RowRefusal('ENTITY_IS_DELETED', 'entity is deleted', [])
    return row
  }

  /** The one record with this external id; several are refused. */
  findByExternalId(sobject: string, fieldName: string, value: string): OrgRecord | undefined {
    const { name: object, fields } = this.object(sobject)
    const field = fields.get(fieldName)
    if (!field || !(field.externalId || field.idLookup))
      throw new Refusal(
        400,
        'INVALID_FIELD',
        `Field name provided, ${fieldName} does not match an External ID, Salesforce Id, or indexed field for ${object}`,
      )
    const ids = [...(this.lookUp(object, fieldName, value) ?? [])].filter(
      id => !this.#rows.get(object)?.get(id)?.IsDeleted,
    )
    if (ids.length > 1) throw new Ambiguous(ids)
    return ids[0] === undefined ? undefined : this.#rows.get(object)?.get(ids[0])
  }

  /** What converting a lead does: into a new contact, or into an existing one of which only empty fields are filled. */
  convertLead(
    leadId: string,
    into: { contactId?: string; accountId?: string } = {},
  ): { contactId: string; accountId: string } {
    const lead = this.find('Lead', leadId)
    const accountId =
      into.accountId ?? this.create('Account', this.parse('Account', { Name: lead.Company }), true)
    const carried = [...this.object('Contact').fields.values()].filter(
      field => field.createable && lead[field.name] !== undefined && lead[field.name] !== null,
    )
    let { contactId } = into
    if (contactId === undefined) {
      const values = new Map(carried.map(field => [field, lead[field.name] as Value]))
      contactId = this.create('Contact', values, true)
      this.update('Contact', contactId, this.parse('Contact', { AccountId: accountId }), true)
    } else {
      const contact = this.find('Contact', contactId)
      const empty = carried.filter(field => contact[field.name] === null)
      this.update('Contact', contactId, new Map(empty.map(field => [field, lead[field.name] as Value])), true)
    }
    this.#unindex('Lead', lead)
    Object.assign(lead, {
      IsConverted: true,
      Status: 'Closed',
      ConvertedDate: this.#options.now().toISOString().slice(0, 10),
      ConvertedContactId: contactId,
      ConvertedAccountId: accountId,
    })
    this.#store('Lead', lead, ['IsConverted', 'ConvertedContactId', 'ConvertedAccountId'], 'updated', true)
    return { contactId, accountId }
  }

  addField(sobject: string, input: FieldInput): void {
    const field = defineField(input)
    this.object(sobject).fields.set(field.name, field)
    if (isIndexed(field)) this.#indexes.set(`${sobject}.${field.name}`, new Map())
    for (const row of this.all(sobject)) row[field.name] = field.type === 'boolean' ? false : null
  }

  /** Before a record changes: how it was. */
  #remember(object: string, row: OrgRecord): void {
    if (!this.#undo) return
    const before = { ...row }
    this.#undo.push(() => {
      this.#unindex(object, row)
      Object.assign(row, before)
      this.#index(object, row)
    })
  }

  #refuseDangling(field: FieldDefinition, value: Value): void {
    if (field.type !== 'reference' || typeof value !== 'string') return
    const id = normalizeId(value)
    if (!id || !field.referenceTo.includes(sobjectOf(id) ?? ''))
      throw new RowRefusal('MALFORMED_ID', `${field.label}: id value of incorrect type: ${value}`, [
        field.name,
      ])
    const target = this.get(id)
    if (!target || target.IsDeleted)
      throw new RowRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name])
  }

  #store(object: string, row: OrgRecord, fields: string[], kind: Change['kind'], bySales: boolean): void {
    const at = this.#options.now()
    const stamp = formatDateTime(at)
    row.LastModifiedDate = stamp
    row.SystemModstamp = stamp
    row.LastModifiedById = bySales ? SALES_USER : INTEGRATION_USER
    if (object !== 'Account') row.Name = [row.FirstName, row.LastName].filter(Boolean).join(' ')
    this.#rows.get(object)?.set(row.Id as string, row)
    this.#index(object, row)
    this.#options.onChange({ at: at.getTime(), sobject: object, id: row.Id as string, fields, kind })
  }

  #refuseDuplicates(object: string, given: Map<FieldDefinition, Value>, id: string): void {
    for (const [field, value] of given) {
      if (!field.unique || typeof value !== 'string') continue
      const other = [...(this.lookUp(object, field.name, value) ?? [])].find(
        one => one !== id && !this.#rows.get(object)?.get(one)?.IsDeleted,
      )
      if (other !== undefined)
        throw new RowRefusal(
          'DUPLICATE_VALUE',
          `duplicate value found: ${field.name} duplicates value on record with id: ${other}`,
          [field.name],
        )
    }
  }

  #index(object: string, row: OrgRecord): void {
    this.#eachIndexed(object, row, (index, value) => {
      const ids = index.get(value)
      if (ids) ids.add(row.Id as string)
      else index.set(value, new Set([row.Id as string]))
    })
  }

  #unindex(object: string, row: OrgRecord): void {
    this.#eachIndexed(object, row, (index, value) => void index.get(value)?.delete(row.Id as string))
  }

  #eachIndexed(
    object: string,
    row: OrgRecord,
    visit: (index: Map<string, Set<string>>, value: string) => void,
  ): void {
    for (const field of this.object(object).fields.values()) {
      const value = row[field.name]
      const index = typeof value === 'string' && this.#indexes.get(`${object}.${field.name}`)
      if (index) visit(index, (value as string).toLowerCase())
    }
  }
}

const isIndexed = (field: FieldDefinition): boolean =>
  field.name !== 'Id' && (field.externalId || field.idLookup)

function refuseUnwritable(given: Map<FieldDefinition, Value>, right: 'createable' | 'updateable'): void {
  const names = [...given.keys()].filter(field => !field[right]).map(field => field.name)
  if (names.length === 0) return
  throw new RowRefusal(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${names.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
    names,
  )
}
