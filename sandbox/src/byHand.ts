/** What people do to records, over HTTP and without API calls: `/sandbox/records`, `/sandbox/merge` and the like. */
import { convertLead, merge } from './conversion.ts'
import type { DuplicateRule } from './duplicates.ts'
import { Refusal, RowRefusal } from './errors.ts'
import type { Fields, Records } from './records.ts'
import type { ApiAnswer } from './rest.ts'
import { removeDuplicateRule, setDuplicateRule } from './setup.ts'
import { salesperson } from './writers.ts'

/** Undefined: nothing is done by hand at this path. */
export function actByHand(
  records: Records,
  method: string,
  path: string,
  given: Record<string, unknown>,
): ApiAnswer | undefined {
  const [action, id = ''] = path.replace('/sandbox/', '').split('/')
  const done = (body: object = { ok: true }): ApiAnswer => ({ status: 200, body })
  const text = (name: string) => String(given[name] ?? '')
  const optional = (name: string) => (given[name] === undefined ? {} : { [name]: text(name) })
  try {
    if (action === 'records' && method === 'POST') {
      const sobject = text('sobject')
      const fields = (given.fields ?? {}) as Fields
      return done({ id: records.create(sobject, records.parse(sobject, fields), salesperson()) })
    }
    if (action === 'records' && method === 'PATCH') {
      const sobject = objectOf(records, id)
      records.update(sobject, id, records.parse(sobject, given), salesperson())
      return done()
    }
    if (action === 'records' && method === 'DELETE') {
      records.remove(objectOf(records, id), id, salesperson())
      return done()
    }
    if (action === 'merge' && method === 'POST') {
      objectOf(records, text('masterId'))
      merge(records, text('masterId'), text('loserId'))
      return done()
    }
    if (action === 'convert' && method === 'POST')
      return done(
        convertLead(records, text('leadId'), { ...optional('contactId'), ...optional('accountId') }),
      )
    if (action === 'duplicate-rules' && method === 'POST')
      return done({ name: setDuplicateRule(records, duplicateRuleOf(given)) })
    if (action === 'duplicate-rules' && method === 'DELETE')
      return removeDuplicateRule(records, id) ? done() : { status: 404, body: { message: 'no such rule' } }
    return undefined
  } catch (error) {
    if (error instanceof RowRefusal) return { status: 400, body: error.error }
    if (error instanceof Refusal) return { status: error.status, body: error.body }
    throw error
  }
}

function duplicateRuleOf(given: Record<string, unknown>): DuplicateRule {
  const { object, action, matchOn, against, onUpdate, name, message } = given
  const wrong = (what: string) => new Refusal(400, 'INVALID_FIELD', what)
  if (typeof object !== 'string') throw wrong('object must be the name of an object')
  if (action !== 'block' && action !== 'alert') throw wrong('action must be block or alert')
  if (!isNames(matchOn)) throw wrong('matchOn must be a list of field names')
  if (against !== undefined && !isNames(against)) throw wrong('against must be a list of object names')
  return {
    object,
    action,
    matchOn,
    ...(against ? { against } : {}),
    ...(onUpdate === undefined ? {} : { onUpdate: onUpdate === true }),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  }
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(one => typeof one === 'string')

function objectOf(records: Records, id: string): string {
  const found = records.nameOf(id)
  if (!found) throw new Refusal(404, 'NOT_FOUND', `no record has the id ${id}`)
  return found
}
