/** What people do in the org, and whose record is whose: also after its address changed, or its lead was converted. */
import type { SandboxOrg } from '@heed/sandbox'
import { type Act, STRANGERS, type World } from './history.ts'

type Fields = Record<string, unknown>
type Object = 'Lead' | 'Contact'

const OBJECTS: readonly Object[] = ['Lead', 'Contact']
export const recordsOf = (org: SandboxOrg): Fields[] => OBJECTS.flatMap(object => org.records(object))
export const isAlive = ({ IsConverted }: Fields): boolean => IsConverted !== true

export interface Sales {
  /** False: the org refused, or there was nothing to do it to. */
  act(act: Act): boolean
  mend(): boolean
}

export function createSales(org: SandboxOrg, { people, matchField }: World): Sales {
  const mends: (() => void)[] = []
  let moved = 0
  const nth = (n: number, records: Fields[]): Fields | undefined => records[n % (records.length || 1)]
  const living = (object?: Object): Fields[] =>
    (object ? org.records(object) : recordsOf(org)).filter(isAlive)
  const idOf = ({ Id }: Fields): string => String(Id)

  function insert(object: Object, value: string): void {
    const required = { LastName: 'Doe', ...(object === 'Lead' ? { Company: 'Acme' } : {}) }
    // Addresses need not be what people are found by.
    org.insert(object, { ...required, [matchField]: value })
  }

  /** Into a new contact, or into one that is nobody else's. */
  function convert(lead: Fields, n: number): void {
    const value = String(lead[matchField]).toLowerCase()
    const others = new Set(people.map(id => id.toLowerCase()))
    const contacts = living('Contact').filter(contact => {
      const held = String(contact[matchField]).toLowerCase()
      return held === value || !others.has(held)
    })
    const into = n % 2 === 0 ? undefined : nth(n, contacts)
    org.convertLead(idOf(lead), into && { contactId: idOf(into) })
  }

  function attempt(act: Act): boolean {
    switch (act.act) {
      case 'insert': {
        const id = act.isStranger
          ? (STRANGERS[act.person % STRANGERS.length] as string)
          : (people[act.person % people.length] as string)
        insert(act.object, act.upperCase ? id.toUpperCase() : id)
        return true
      }
      case 'convert': {
        const lead = nth(act.lead, living('Lead'))
        if (lead) convert(lead, act.into)
        return lead !== undefined
      }
      case 'merge': {
        const master = nth(act.master, living())
        const same = living().filter(
          record => master && idOf(record).startsWith(idOf(master).slice(0, 3)) && record.Id !== master.Id,
        )
        const loser = nth(act.loser, same)
        if (master && loser) org.merge(idOf(master), idOf(loser))
        return loser !== undefined
      }
      case 'remove': {
        const record = nth(act.record, recordsOf(org))
        if (record) org.remove(idOf(record))
        return record !== undefined
      }
      case 'edit': {
        const record = nth(act.record, living())
        if (record)
          org.update(idOf(record), { Newsletter__c: act.newsletter, Topics__c: act.topics.join(';') || null })
        return record !== undefined
      }
      case 'move': {
        const record = nth(act.record, living())
        const to = act.to === undefined ? `moved-${++moved}@x.io` : people[act.to % people.length]
        if (record) org.update(idOf(record), { [matchField]: to })
        return record !== undefined
      }
      case 'lock field':
        org.setFieldAccess(act.object, 'Newsletter__c', { updateable: false })
        mends.push(() => org.setFieldAccess(act.object, 'Newsletter__c', { updateable: true }))
        return true
      case 'drop field':
        org.removeField(act.object, 'Channel__c')
        mends.push(() =>
          org.addField(act.object, {
            name: 'Channel__c',
            type: 'picklist',
            restrictedPicklist: true,
            picklist: ['email', 'sms', 'post'],
          }),
        )
        return true
      case 'forbid': {
        const name = `No_${act.channel}`
        org.addValidationRule(act.object, {
          name,
          message: name,
          refuses: row => row.Channel__c === act.channel,
        })
        mends.push(() => org.removeValidationRule(act.object, name))
        return true
      }
      case 'duplicate rule': {
        const { object, action } = act
        const name = org.setDuplicateRule({ object, action, matchOn: [matchField], against: OBJECTS })
        mends.push(() => org.removeDuplicateRule(name))
        return true
      }
      default:
        throw new Error(`salespeople do not ${act.act}`)
    }
  }

  return {
    act(act) {
      try {
        return attempt(act)
      } catch (error) {
        // The org's rules hold for them too: a second record with a unique value, for example.
        if (error instanceof Error && /Refusal/.test(error.constructor.name)) return false
        throw error
      }
    },
    mend() {
      const all = mends.splice(0)
      for (const undo of all) undo()
      return all.length > 0
    },
  }
}
