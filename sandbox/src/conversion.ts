/** What people do to records: convert a lead, merge two. */
import type { Records } from './records.ts'
import type { OrgRecord } from './store.ts'
import type { Value } from './values.ts'
import { salesperson, type Writer } from './writers.ts'

/** Into a new contact, or into an existing one of which only empty fields are filled. */
export function convertLead(
  records: Records,
  leadId: string,
  into: { contactId?: string; accountId?: string } = {},
  writer: Writer = salesperson(),
): { contactId: string; accountId: string } {
  const lead = records.find('Lead', leadId)
  const { fields } = records.object('Contact')
  const carried = [...fields.values()].filter(
    field => field.createable && lead[field.name] !== undefined && lead[field.name] !== null,
  )
  const valuesOf = (chosen: typeof carried) =>
    new Map(chosen.map(field => [field, lead[field.name] as Value] as const))
  const existing = into.contactId === undefined ? undefined : records.find('Contact', into.contactId)
  const accountId =
    into.accountId ??
    (existing?.AccountId as string | null | undefined) ??
    records.create('Account', records.parse('Account', { Name: lead.Company }), writer)
  const link = records.parse('Contact', { AccountId: accountId })
  let contactId = into.contactId
  if (existing) {
    const empty = carried.filter(field => existing[field.name] === null)
    records.update('Contact', existing.Id as string, valuesOf(empty), writer)
  } else contactId = records.create('Contact', new Map([...valuesOf(carried), ...link]), writer)
  const done: OrgRecord = {
    IsConverted: true,
    Status: 'Closed',
    ConvertedDate: records.now().toISOString().slice(0, 10),
    ConvertedContactId: contactId as string,
    ConvertedAccountId: accountId,
  }
  records.write('Lead', lead, done, writer)
  return { contactId: contactId as string, accountId }
}

/** The loser is deleted and points at the master; so does its person contact at the master's. */
export function merge(
  records: Records,
  masterId: string,
  loserId: string,
  writer: Writer = salesperson(),
): void {
  const object = records.objectOf(masterId)
  const master = records.find(object, masterId)
  records.remove(object, loserId, writer, masterId)
  records.write(object, master, {}, writer)
}
