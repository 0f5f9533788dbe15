/** The org's rules for writing its records. Knows nothing of HTTP. */
import { checkValues, refuseMissing, refuseUnwritable } from './checks.ts'
import { DuplicateRules } from './duplicates.ts'
import { Ambiguous, Refusal, RowRefusal } from './errors.ts'
import { keyPrefixes, makeId, normalizeId, sobjectOf } from './ids.ts'
import { refuseMixed, twinValues } from './persons.ts'
import {
  createSchema,
  defineField,
  type FieldDefinition,
  type FieldInput,
  mirrorOf,
  type ObjectDefinition,
} from './schema.ts'
import { type OrgRecord, Store } from './store.ts'
import { formatDateTime, parseValue, type Value } from './values.ts'
import { integration, type Writer } from './writers.ts'

export type Fields = Record<string, unknown>

export interface Change {
  at: number
  sobject: string
  id: string
  fields: string[]
  kind: 'created' | 'updated' | 'deleted'
}

export interface ValidationRule {
  name: string
  message: string
  fields?: readonly string[]
  /** `before` is undefined for a new record. */
  refuses(record: Readonly<OrgRecord>, before: Readonly<OrgRecord> | undefined): boolean
}

export interface RecordsOptions {
  personAccounts: boolean
  convertedLeadsEditable: boolean
  now: () => Date
  onChange(change: Change): void
}

export class Records {
  readonly schema: Map<string, ObjectDefinition>
  readonly store: Store
  readonly duplicateRules: DuplicateRules
  readonly validationRules = new Map<string, ValidationRule[]>()
  /** By object: to whom the active rule gives each record. */
  readonly assignmentRules = new Map<string, string>()
  readonly now: () => Date
  readonly #options: RecordsOptions
  #made = 100

  constructor(options: RecordsOptions) {
    this.#options = options
    this.now = options.now
    this.schema = createSchema(options)
    this.store = new Store(this.schema)
    this.duplicateRules = new DuplicateRules(this.store)
  }

  object(name: string): ObjectDefinition {
    const found =
      this.schema.get(name) ??
      [...this.schema.values()].find(one => one.name.toLowerCase() === name.toLowerCase())
    if (!found) throw new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
    return found
  }

  /** The object of the record that an id names. */
  nameOf(given: string): string | undefined {
    const id = normalizeId(given)
    return id !== undefined && this.store.get(id) ? sobjectOf(id) : undefined
  }

  /** Throws where no record has the id. */
  objectOf(given: string): string {
    const found = this.nameOf(given)
    if (!found) throw new Error(`no record has the id ${given}`)
    return found
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

  create(sobject: string, given: ReadonlyMap<FieldDefinition, Value>, writer: Writer = integration): string {
    const { name: object, fields } = this.object(sobject)
    refuseUnwritable(given, 'createable')
    const row = this.store.blank(object)
    if (object === 'Lead') row.Status = 'Open'
    const names: string[] = []
    for (const [field, value] of given) {
      row[field.name] = value
      names.push(field.name)
    }
    const isPerson = object === 'Account' && typeof row.LastName === 'string'
    if (this.#options.personAccounts && object === 'Account') refuseMixed(row, names)
    if (isPerson) row.Name = fullName(row)
    refuseMissing(row, fields)
    checkValues(this.store, object, given, undefined)
    row.Id = makeId(object, ++this.#made)
    this.#checkRules(object, () => row, undefined, names, writer)
    row.CreatedDate = formatDateTime(this.now())
    row.CreatedById = writer.userId
    row.OwnerId = this.#assigneeOf(object, writer) ?? row.OwnerId ?? writer.userId
    if (isPerson) this.#createPersonContact(row, writer)
    this.#stamp(row, row, writer)
    this.store.insert(object, row)
    this.#changed(object, row, names, 'created')
    return row.Id
  }

  update(
    sobject: string,
    id: string,
    given: ReadonlyMap<FieldDefinition, Value>,
    writer: Writer = integration,
  ): void {
    const { name: object, isReadOnly } = this.object(sobject)
    if (isReadOnly && writer.userId === integration.userId)
      throw new RowRefusal('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', `entity type cannot be updated: ${object}`)
    const row = this.find(object, id)
    const mayEdit = writer.editsConvertedLeads || this.#options.convertedLeadsEditable
    if (object === 'Lead' && row.IsConverted && !mayEdit)
      throw new RowRefusal('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead')
    refuseUnwritable(given, 'updateable')
    if (this.#options.personAccounts && object === 'Account')
      refuseMixed(
        row,
        [...given.keys()].map(({ name }) => name),
      )
    checkValues(this.store, object, given, row.Id as string)
    const values: OrgRecord = {}
    for (const [field, value] of given) values[field.name] = value
    const assignee = this.#assigneeOf(object, writer)
    if (assignee !== undefined) values.OwnerId = assignee
    const changed = Object.keys(values).filter(name => row[name] !== values[name])
    this.#checkRules(object, () => ({ ...row, ...values }), row, changed, writer)
    this.write(object, row, values, writer, changed)
  }

  /** Deletes; a master says into which record it was merged. */
  remove(sobject: string, id: string, writer: Writer = integration, masterId: string | null = null): void {
    const { name: object } = this.object(sobject)
    const row = this.find(object, id)
    const twin = this.#twinOf(object, row)
    if (twin && object === 'Contact')
      throw new RowRefusal('DELETE_FAILED', 'the contact of a person account is deleted with its account')
    const masterTwin = masterId === null ? null : (this.store.get(masterId)?.PersonContactId ?? null)
    this.#delete(object, row, masterId, writer)
    if (twin) this.#delete('Contact', twin, masterTwin, writer)
  }

  /** Writes without asking any rule, to both rows of a person account. */
  write(
    object: string,
    row: OrgRecord,
    values: OrgRecord,
    writer: Writer,
    changed = Object.keys(values),
  ): void {
    this.#put(object, row, values, changed, writer)
    const twin = this.#twinOf(object, row)
    if (!twin) return
    const twinObject = object === 'Account' ? 'Contact' : 'Account'
    const mirror = twinValues(object, values)
    if (Object.keys(mirror).length === 0) return
    const differing = Object.keys(mirror).filter(name => twin[name] !== mirror[name])
    this.#put(twinObject, twin, mirror, differing, writer)
  }

  /** A row of the org's own, beside its rules. */
  seed(object: string, values: OrgRecord): void {
    const row = Object.assign(this.store.blank(object), { Id: makeId(object, ++this.#made) }, values)
    row.CreatedDate = formatDateTime(this.now())
    row.CreatedById = integration.userId
    this.#stamp(row, row, integration)
    this.store.insert(object, row)
  }

  /** The record that an id names, as writing sees it. */
  find(sobject: string, given: unknown): OrgRecord {
    const id = normalizeId(given)
    if (!id?.startsWith(keyPrefixes[sobject] ?? ''))
      throw new RowRefusal('MALFORMED_ID', `${sobject} ID: id value of incorrect type: ${given}`, ['Id'])
    const row = this.store.get(id)
    if (!row) throw new RowRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [])
    if (row.IsDeleted) throw new RowRefusal('ENTITY_IS_DELETED', 'entity is deleted', [])
    return row
  }

  /** The one record with this external id; several are refused. */
  findByExternalId(sobject: string, fieldName: string, value: string): OrgRecord | undefined {
    const { name: object, fields } = this.object(sobject)
    const field = fields.get(fieldName)
    if (!field || field.encrypted || !(field.externalId || field.idLookup))
      throw new Refusal(
        400,
        'INVALID_FIELD',
        `Field name provided, ${fieldName} does not match an External ID, Salesforce Id, or indexed field for ${object}`,
      )
    const ids = this.store.living(object, fieldName, value)
    if (ids.length > 1) throw new Ambiguous(ids)
    return ids[0] === undefined ? undefined : this.store.get(ids[0])
  }

  addField(sobject: string, input: FieldInput): void {
    const field = defineField(input)
    this.object(sobject).fields.set(field.name, field)
    this.store.addField(sobject, field)
    if (!this.#options.personAccounts || sobject !== 'Contact' || !field.name.endsWith('__c')) return
    const twin = mirrorOf(field)
    this.object('Account').fields.set(twin.name, twin)
    this.store.addField('Account', twin)
  }

  removeField(sobject: string, name: string): void {
    this.object(sobject).fields.delete(name)
    this.store.removeField(sobject)
    // A person account shows its contact's custom field, and has none of its own by that name.
    if (this.#options.personAccounts && sobject === 'Contact' && name.endsWith('__c'))
      this.removeField('Account', name.replace(/__c$/, '__pc'))
  }

  #assigneeOf = (object: string, { runsAssignmentRules }: Writer): string | undefined =>
    runsAssignmentRules ? this.assignmentRules.get(object) : undefined

  #createPersonContact(account: OrgRecord, writer: Writer): void {
    const contact = Object.assign(this.store.blank('Contact'), twinValues('Account', account))
    contact.Id = makeId('Contact', ++this.#made)
    contact.AccountId = account.Id as string
    contact.IsPersonAccount = true
    contact.CreatedDate = account.CreatedDate as string
    contact.CreatedById = writer.userId
    account.IsPersonAccount = true
    account.PersonContactId = contact.Id
    this.#stamp(contact, contact, writer)
    this.store.insert('Contact', contact)
    this.#changed('Contact', contact, ['AccountId'], 'created')
  }

  /** The other row of a person account. */
  #twinOf(object: string, row: OrgRecord): OrgRecord | undefined {
    if (object === 'Account' && typeof row.PersonContactId === 'string')
      return this.store.get(row.PersonContactId)
    if (object !== 'Contact' || !row.IsPersonAccount || typeof row.AccountId !== 'string') return undefined
    const account = this.store.get(row.AccountId)
    return account?.PersonContactId === row.Id ? account : undefined
  }

  /** Validation rules come before duplicate rules, as in the org's order of execution. */
  #checkRules(
    object: string,
    recordOf: () => OrgRecord,
    before: OrgRecord | undefined,
    changed: readonly string[],
    writer: Writer,
  ): void {
    const rules = this.validationRules.get(object) ?? []
    if (rules.length === 0 && this.duplicateRules.isEmpty) return
    const record = recordOf()
    for (const { message, fields = [], refuses } of rules)
      if (refuses(record, before))
        throw new RowRefusal('FIELD_CUSTOM_VALIDATION_EXCEPTION', message, [...fields])
    this.duplicateRules.check(object, record, before && new Set(changed), writer)
  }

  #put(object: string, row: OrgRecord, values: OrgRecord, changed: string[], writer: Writer): void {
    const stamped = { ...values }
    const isRenamed = 'FirstName' in values || 'LastName' in values
    this.#stamp(stamped, isRenamed ? { ...row, ...values } : {}, writer)
    this.store.change(object, row, stamped)
    this.#changed(object, row, changed, 'updated')
  }

  #delete(object: string, row: OrgRecord, masterId: Value, writer: Writer): void {
    const values: OrgRecord = { IsDeleted: true, MasterRecordId: masterId }
    this.#stamp(values, row, writer)
    this.store.change(object, row, values)
    this.#changed(object, row, ['IsDeleted'], 'deleted')
  }

  /** What the org itself writes beside what it was given. */
  #stamp(values: OrgRecord, row: OrgRecord, writer: Writer): void {
    const stamp = formatDateTime(this.now())
    values.LastModifiedDate = stamp
    values.SystemModstamp = stamp
    values.LastModifiedById = writer.userId
    if (typeof row.LastName === 'string') values.Name = fullName(row)
  }

  #changed(object: string, row: OrgRecord, fields: string[], kind: Change['kind']): void {
    this.#options.onChange({ at: this.now().getTime(), sobject: object, id: row.Id as string, fields, kind })
  }
}

const fullName = ({ FirstName, LastName }: OrgRecord): string =>
  [FirstName, LastName].filter(Boolean).join(' ')
