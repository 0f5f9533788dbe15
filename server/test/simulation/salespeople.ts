/** What people, administrators and other programs do in the org. */
import type { SandboxOrg } from '@heed/sandbox'
import type { Act, World } from './history.ts'
import {
  type Fields,
  fieldOn,
  isAlive,
  isUnique,
  keyOf,
  type ObjectName,
  objectOf,
  recordsOf,
} from './people.ts'

export interface Sales {
  /** False: the org refused, or there was nothing to do it to. */
  act(act: Act): boolean
  mend(): boolean
  isHolding(): boolean
}

const PARENTS = ['North', 'South']

export function createSales(
  org: SandboxOrg,
  world: World,
  count: (what: string) => void = () => undefined,
): Sales {
  const { people, strangers, matchField, objects, personAccounts } = world
  const mends: (() => void)[] = []
  let held: (() => void)[] = []
  let moved = 0
  // Contacts of companies: what is locked for one of them is locked for the others.
  const parents = world.parentLocks ? PARENTS.map(Name => org.insert('Account', { Name })) : []
  const nth = <T>(n: number, all: readonly T[]): T | undefined => all[n % (all.length || 1)]
  const living = (object?: ObjectName): Fields[] =>
    recordsOf(org, world).filter(record => isAlive(record) && (!object || objectOf(record) === object))
  const idOf = ({ Id }: Fields): string => String(Id)
  /** A person account's contact is deleted and merged by its account. */
  const wholeOf = ({ Id, AccountId, IsPersonAccount }: Fields): string =>
    String(IsPersonAccount && AccountId ? AccountId : Id)
  const inOrg = (object: ObjectName): ObjectName =>
    object === 'Account' && !personAccounts ? 'Contact' : object
  const countPerson = (what: string, record: Fields | undefined): void => {
    if (record?.IsPersonAccount) count(`person account: ${what}`)
  }
  const typed = (value: string | undefined) => (matchField === 'Score__c' ? Number(value) : value)

  function insert(object: ObjectName, value: string, n: number): void {
    const required = { LastName: 'Doe', ...(object === 'Lead' ? { Company: 'Acme' } : {}) }
    const parent = object === 'Contact' && nth(n, parents)
    // Addresses need not be what people are found by.
    if (object !== 'Account' || objects.includes('Account'))
      org.insert(object, {
        ...required,
        ...(parent ? { AccountId: parent } : {}),
        [fieldOn(object, matchField)]: typed(value),
      })
    else {
      const account = org.get(org.insert(object, required)) as Fields
      org.update(String(account.PersonContactId), { [matchField]: typed(value) })
    }
  }

  const update = (record: Fields, fields: Fields): void =>
    org.update(
      idOf(record),
      Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [fieldOn(objectOf(record), name), value]),
      ),
    )

  function nobody(): string | undefined {
    if (matchField === 'Member__c') return nth(++moved, strangers)
    return matchField === 'Score__c' ? String(1_000 + ++moved) : `moved-${++moved}@x.io`
  }

  /** Into a new contact, or into one that is nobody else's. */
  function convert(lead: Fields, n: number): void {
    const heldBy = (record: Fields): string => keyOf(matchField, record[matchField])
    const others = new Set(people.map(id => keyOf(matchField, id)))
    // A lead with a company becomes no person account.
    const contacts = living('Contact').filter(
      contact =>
        !contact.IsPersonAccount && (heldBy(contact) === heldBy(lead) || !others.has(heldBy(contact))),
    )
    const into = n % 2 === 0 ? undefined : nth(n, contacts)
    org.convertLead(idOf(lead), into && { contactId: idOf(into) })
  }

  function attempt(act: Act): boolean {
    switch (act.act) {
      case 'insert': {
        const value = nth(act.person, act.isStranger ? strangers : people) as string
        const hasCase = matchField === 'Email' || isUnique(matchField)
        insert(inOrg(act.object), act.upperCase && hasCase ? value.toUpperCase() : value, act.person)
        return true
      }
      case 'convert': {
        const lead = nth(act.lead, living('Lead'))
        if (lead) convert(lead, act.into)
        return lead !== undefined
      }
      case 'move and convert': {
        const lead = nth(act.lead, living('Lead'))
        if (!lead) return false
        update(lead, { [matchField]: typed(nobody()) })
        convert(org.get(idOf(lead)) as Fields, act.into)
        return true
      }
      case 'merge': {
        const master = nth(act.master, living())
        const same = living().filter(
          record =>
            master &&
            objectOf(record) === objectOf(master) &&
            record.IsPersonAccount === master.IsPersonAccount &&
            record.Id !== master.Id,
        )
        const loser = nth(act.loser, same)
        if (master && loser) org.merge(wholeOf(master), wholeOf(loser))
        countPerson('merge', loser)
        return loser !== undefined
      }
      case 'remove': {
        const record = nth(act.record, recordsOf(org, world))
        if (record) org.remove(wholeOf(record))
        countPerson('remove', record)
        return record !== undefined
      }
      case 'edit': {
        const record = nth(act.record, living())
        if (record) update(record, { Newsletter__c: act.newsletter, Topics__c: act.topics.join(';') || null })
        countPerson('edit', record)
        return record !== undefined
      }
      case 'move': {
        const record = nth(act.record, living())
        const to = act.to === undefined ? nobody() : nth(act.to, people)
        if (record) update(record, { [matchField]: typed(to) })
        return record !== undefined
      }
      case 'lock field': {
        const object = inOrg(act.object)
        const field = fieldOn(object, 'Newsletter__c')
        org.setFieldAccess(object, field, { updateable: false })
        mends.push(() => org.setFieldAccess(object, field, { updateable: true }))
        return true
      }
      case 'drop field': {
        // A person account shows its contact's.
        const object = act.object === 'Account' ? 'Contact' : act.object
        org.removeField(object, 'Channel__c')
        mends.push(() =>
          org.addField(object, {
            name: 'Channel__c',
            type: 'picklist',
            restrictedPicklist: true,
            picklist: ['email', 'sms', 'post'],
          }),
        )
        return true
      }
      case 'forbid': {
        const object = inOrg(act.object)
        const name = `No_${act.channel}`
        org.addValidationRule(object, {
          name,
          message: name,
          refuses: row => row[fieldOn(object, 'Channel__c')] === act.channel,
        })
        mends.push(() => org.removeValidationRule(object, name))
        return true
      }
      case 'duplicate rule': {
        const object = inOrg(act.object)
        const against = object === 'Account' ? [object] : ['Lead', 'Contact']
        const rule = { object, action: act.action, matchOn: [fieldOn(object, matchField)], against }
        const name = org.setDuplicateRule(rule)
        mends.push(() => org.removeDuplicateRule(name))
        return true
      }
      case 'hold': {
        const persons = org.records('Account').filter(({ IsPersonAccount }) => IsPersonAccount)
        const parent = nth(act.parent, world.parentLocks ? [...parents, ...persons.map(idOf)] : [])
        if (parent !== undefined) held.push(org.hold([parent]))
        return parent !== undefined
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
      const all = [...mends.splice(0), ...held]
      held = []
      for (const undo of all) undo()
      return all.length > 0
    },
    isHolding: () => held.length > 0,
  }
}
