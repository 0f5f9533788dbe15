/**
 * What must be true, from the events and the org alone: it reads none of the connector's code, and of what Heed keeps only
 * which records it remembers as whose (an address that changed in the org leaves a record its person's).
 */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { SandboxOrg } from '@heed/sandbox'
import type { Comparison } from '../../src/connectors/contract.ts'
import { GAPS } from './gaps.ts'
import type { World } from './history.ts'
import {
  type Fields,
  fieldOn,
  isAlive,
  isUnique,
  keyOf,
  objectOf,
  recordsOf as recordsOfOrg,
  short,
} from './people.ts'
import type { Debt } from './room.ts'

export interface Said {
  id: string
  at: Date
  newsletter?: boolean
  topics?: readonly string[]
  channel?: string
}

export interface Truth {
  say(person: string, said: Said): void
  /** After each act: what became of the records, and whether Heed was right to make those that it made. */
  look(bySales: boolean): void
  sawWrite(body: string, roundBeganAtMs: number): void
  /** Everything has settled. What people said after the last thing that befell their records must stand there. */
  checkFresh(): void
  /** Besides, there was a look for records that appeared: nobody waits for one that is there, or lacks one. */
  checkAppeared(): void
  /** An audit names what differs on the records of people who are delivered, and nothing else. */
  checkCompared(comparisons: readonly Comparison[]): void
  /** Everything has been replayed and has settled again. */
  checkAll(): void
}

interface Sight {
  text: string
  owners: readonly string[]
}

/** What Heed says of each person. */
export type Debts = ReadonlyMap<string, Pick<Debt, 'organizationUserId' | 'links' | 'state' | 'error'>>

export function createTruth(org: SandboxOrg, room: { debts: Debts }, world: World, now: () => number): Truth {
  const events = new Map<string, Said[]>()
  /** In the order in which it was said, whatever time it names. */
  const everythingSaid: Said[] = []
  const known = new Map<
    string,
    {
      value: string
      sinceMs: number
      createdByHeed: boolean
      diedAtMs?: number
      /** Of looks: when its owners changed last, and when salespeople did something else to it. */
      ownedAt: number
      editedAt?: number
    }
  >()
  const everOwned = new Set<string>()
  const strangers = new Map<string, string>()
  const saidAt = new Map<string, number>()
  const disturbedAt = new Map<string, number>()
  let seen = new Map<string, Sight>()
  let looks = 0
  let writeBeganAtMs: number | undefined
  const graceMs = world.isBusy ? GAPS.conversionsSweptEveryMs : 0
  const salesUser = org.get(org.insert('Account', { Name: 'Acme' }))?.LastModifiedById

  const recordsOf = (): Fields[] => recordsOfOrg(org, world)
  const keyOfPerson = (id: string): string => keyOf(world.matchField, id)
  const matchValueOf = (record: Fields): string => keyOf(world.matchField, record[world.matchField])
  /** With the person: who is the same but for case. */
  const twinsOf = (person: string): string[] =>
    world.people.filter(id => keyOfPerson(id) === keyOfPerson(person))
  const isSearched = (record: Fields): boolean => world.objects.includes(objectOf(record))

  const ownersByValue = (record: Fields): string[] =>
    isSearched(record) ? world.people.filter(id => keyOfPerson(id) === matchValueOf(record)) : []

  /**
   * Whose record it is shows in what is remembered alone (its address was changed, it is not searched, or was converted from a lead
   * that was nobody's by then): whether it is also of those who are the same but for case, nothing says, and they may have been
   * among those who remembered it.
   */
  const isWordless = (record: Fields): boolean => ownersByValue(record).length === 0

  const leadsOf = (contact: Fields): Fields[] =>
    (world.objects.includes('Lead') ? org.records('Lead') : []).filter(
      ({ ConvertedContactId }) => ConvertedContactId === contact.Id,
    )

  const ownersByLink = (record: Fields): string[] =>
    [...room.debts.values()]
      .filter(({ links }) => links.some(({ id }) => short(id) === short(record.Id)))
      .map(({ organizationUserId }) => organizationUserId)

  /** Whoever remembers what was merged into it. */
  const ownersByMerge = (record: Fields): string[] =>
    [...known.keys()]
      .map(id => org.get(id))
      .filter((one): one is Fields => one?.MasterRecordId === record.Id)
      .flatMap(merged => [...ownersByLink(merged), ...ownersByMerge(merged)])

  const ownersOf = (record: Fields): string[] => [
    ...new Set([
      ...[...ownersByValue(record), ...ownersByLink(record), ...ownersByMerge(record)],
      ...leadsOf(record).flatMap(ownersOf),
    ]),
  ]

  function meet(record: Fields): void {
    const id = String(record.Id)
    const value = matchValueOf(record)
    const before = known.get(id)
    if (!before) {
      const createdByHeed = record.LastModifiedById !== salesUser
      if (createdByHeed) refuseSecond(record)
      known.set(id, { value, sinceMs: now(), createdByHeed, ownedAt: looks })
    } else if (before.value !== value) Object.assign(before, { value, sinceMs: now() })
    const one = known.get(id)
    if (one && !isAlive(record)) {
      one.diedAtMs ??= now()
      refuseWriteOfDead(record, one.diedAtMs)
    }
    if (ownersOf(record).length > 0) everOwned.add(id)
    else if (!everOwned.has(id) && !strangers.has(id)) strangers.set(id, String(record.LastModifiedById))
  }

  /** One record per person: none is made where one was there before the round that made it looked. */
  function refuseSecond(record: Fields): void {
    for (const other of recordsOf().filter(isAlive)) {
      const one = known.get(String(other.Id))
      if (!one || other.Id === record.Id || one.value !== matchValueOf(record) || !isSearched(other)) continue
      assert.ok(!one.createdByHeed, `Heed created ${record.Id}, and ${other.Id} before, for ${one.value}`)
      assert.ok(
        writeBeganAtMs === undefined || one.sinceMs > writeBeganAtMs,
        `Heed created ${record.Id} although ${other.Id} was there for ${one.value}`,
      )
    }
  }

  /** By its id or by an upsert that found it. */
  function refuseWriteOfDead(record: Fields, diedAtMs: number): void {
    if (record.LastModifiedById === salesUser || writeBeganAtMs === undefined) return
    const wasSeen = seen.get(String(record.Id))?.text === JSON.stringify(record)
    assert.ok(wasSeen || diedAtMs > writeBeganAtMs - graceMs, `${record.Id} was written after its conversion`)
  }

  const saidBy = (people: readonly string[]): Said[] => people.flatMap(person => events.get(person) ?? [])
  const expected = (people: readonly string[]): Record<string, unknown> => fieldsOf(saidBy(people))

  function fieldsOf(said: readonly Said[]): Record<string, unknown> {
    const all = said.toSorted((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1))
    const newsletter = all.findLast(said => said.newsletter !== undefined)
    const topics = all.findLast(said => said.topics !== undefined)?.topics
    const channel = all.findLast(said => said.channel !== undefined)?.channel
    return {
      ...(newsletter && {
        Newsletter__c: newsletter.newsletter,
        HasOptedOutOfEmail: !newsletter.newsletter,
        Consent_Event__c: newsletter.id,
        Consent_Date__c: `${newsletter.at.toISOString().slice(0, 19)}.000+0000`,
      }),
      ...(topics && { Topics__c: [...topics].sort().join(';') || null }),
      ...(channel && { Channel__c: channel }),
    }
  }

  function held(record: Fields, fields: Record<string, unknown>): Record<string, unknown> {
    const sorted = typeof record.Topics__c === 'string' ? record.Topics__c.split(';').sort().join(';') : null
    return Object.fromEntries(
      Object.keys(fields).map(name => [name, name === 'Topics__c' ? sorted : record[name]]),
    )
  }

  /** With what those who are the same but for case had said until any time: they may have remembered the record until then. */
  function possible(owners: readonly string[]): Record<string, unknown>[] {
    const others = new Set(saidBy(owners.flatMap(twinsOf).filter(id => !owners.includes(id))))
    const inOrder = everythingSaid.filter(said => others.has(said))
    return [0, ...inOrder.map((_, i) => i + 1)].map(n =>
      fieldsOf([...saidBy(owners), ...inOrder.slice(0, n)]),
    )
  }

  function check(person: string, record: Fields, owners: readonly string[]): void {
    const debt = room.debts.get(`key of ${person}`)
    const why = () =>
      `${record.Id} of ${owners.join(' and ')}; known: ${JSON.stringify(debt?.links)}, ${debt?.state}`
    const wanted = expected(isOne(owners) ? owners : [person])
    const isPossible = (fields: Record<string, unknown>) => isDeepStrictEqual(held(record, fields), fields)
    if (isOne(owners) && !(isWordless(record) && possible(owners).some(isPossible)))
      assert.deepEqual(held(record, wanted), wanted, why())
    if (!isOne(owners)) {
      // Reported, not fought over: each field says what one of them said.
      const any = owners.flatMap(owner => (isWordless(record) ? possible([owner]) : [expected([owner])]))
      for (const [field, value] of Object.entries(held(record, wanted)))
        assert.ok(
          any.some(one => one[field] === value),
          `${field} of ${why()} is nobody's: ${value}`,
        )
    }
  }

  /** A converted lead that stands for nobody any more keeps its unique value from the record that would be created. */
  const isBarred = (person: string): boolean =>
    world.upsert &&
    isUnique(world.matchField) &&
    world.objects[0] === 'Lead' &&
    org
      .records('Lead')
      .some(record => record.IsConverted === true && matchValueOf(record) === keyOfPerson(person))

  /** Equal but for case: one human to the org, of whom each field holds what was stated last. */
  const isOne = (owners: readonly string[]): boolean => new Set(owners.map(keyOfPerson)).size === 1

  /** It is told of: what stands on the records that they share with others is not the whole yet. */
  const isRefused = (person: string): boolean => room.debts.get(`key of ${person}`)?.state === 'failed'

  /** What is to be said of a remembered record that holds nothing any more. */
  function lossOf(id: string): string | undefined {
    const records = recordsOf()
    const record = records.find(({ Id }) => short(Id) === short(id))
    if (!record) return `missing ${short(id)}`
    if (isAlive(record) || records.some(({ Id }) => Id === record.ConvertedContactId)) return undefined
    return `not_writable ${short(id)}`
  }

  function wrongOf(record: Fields, owners: readonly string[]): string[] {
    const fields = expected(owners)
    return Object.entries(held(record, fields)).flatMap(([field, value]) =>
      value === fields[field] ? [] : [fieldOn(objectOf(record), field)],
    )
  }

  const livingOf = (person: string): { record: Fields; owners: string[] }[] =>
    recordsOf()
      .filter(isAlive)
      .map(record => ({ record, owners: ownersOf(record) }))
      .filter(({ owners }) => owners.includes(person))

  return {
    say(person, said) {
      const before = expected([person])
      events.set(person, [...(events.get(person) ?? []), said])
      everythingSaid.push(said)
      // What came late and changed nothing is no reason to look again.
      if (!isDeepStrictEqual(before, expected([person]))) saidAt.set(person, looks)
    },
    look(bySales) {
      looks++
      const present = new Map<string, Sight>()
      for (const record of recordsOf()) {
        meet(record)
        present.set(String(record.Id), { text: JSON.stringify(record), owners: ownersOf(record) })
      }
      for (const id of bySales ? new Set([...present.keys(), ...seen.keys()]) : []) {
        const [was, is] = [seen.get(id), present.get(id)]
        if (was?.text === is?.text) continue
        const one = known.get(id)
        if (one && was && isDeepStrictEqual(was.owners, is?.owners)) one.editedAt = looks
        else if (one) one.ownedAt = looks
        for (const owner of [...(was?.owners ?? []), ...(is?.owners ?? [])]) disturbedAt.set(owner, looks)
      }
      seen = present
      writeBeganAtMs = undefined
    },
    sawWrite(body, beganAtMs) {
      writeBeganAtMs = Math.min(writeBeganAtMs ?? beganAtMs, beganAtMs)
      if (!world.convertedLeadsEditable) return
      for (const [, id = ''] of body.matchAll(/"(00Q\w+)"/g)) {
        const record = org.records('Lead').find(({ Id }) => short(Id) === short(id))
        const diedAtMs = known.get(String(record?.Id))?.diedAtMs ?? Number.POSITIVE_INFINITY
        assert.ok(diedAtMs > beganAtMs - graceMs, `${id} was written after its conversion`)
      }
    },
    checkFresh() {
      for (const [person, at] of saidAt) {
        const debt = room.debts.get(`key of ${person}`)
        if ((disturbedAt.get(person) ?? -1) >= at || debt?.state !== 'delivered') continue
        for (const { id } of debt.links)
          assert.ok(
            isAlive(org.get(id) ?? {}),
            `${person} was delivered to ${id}, which was converted before`,
          )
        for (const { record, owners } of livingOf(person)) {
          const isRemembered = debt.links.some(({ id }) => short(id) === short(record.Id))
          if (!owners.some(isRefused) && (isRemembered || !world.isBusy)) check(person, record, owners)
        }
      }
    },
    checkAppeared() {
      for (const person of events.keys()) {
        const { state, links = [] } = room.debts.get(`key of ${person}`) ?? {}
        if (state === 'failed') continue
        for (const { record, owners } of livingOf(person)) {
          const about = `${record.Id} of ${person}, who is ${state}, with ${JSON.stringify(links)}`
          assert.ok(
            links.some(({ id }) => short(id) === short(record.Id)),
            `not seen: ${about}`,
          )
          if (owners.some(isRefused)) continue
          const one = known.get(String(record.Id))
          if (one?.editedAt === undefined || one.editedAt <= one.ownedAt) check(person, record, owners)
        }
      }
    },
    checkCompared(comparisons) {
      for (const { key, differences } of comparisons) {
        const { organizationUserId: person, links = [] } = room.debts.get(key) ?? {}
        if (person === undefined) continue
        const living = livingOf(person)
        const isMoreThanOne = twinsOf(person).length > 1
        const isShared = living.some(
          ({ record, owners }) => !isOne(owners) || (isMoreThanOne && isWordless(record)),
        )
        const wanted = new Set(links.flatMap(({ id }) => lossOf(id) ?? []))
        for (const { record, owners } of living) {
          if (links.every(({ id }) => short(id) !== short(record.Id)))
            wanted.add(`duplicate ${short(record.Id)}`)
          else if (!isShared)
            for (const field of wrongOf(record, owners)) wanted.add(`changed ${short(record.Id)} ${field}`)
        }
        const named = differences
          .filter(({ kind }) => kind !== 'changed' || !isShared)
          .map(({ kind, id, field }) => [kind, short(id), field].filter(Boolean).join(' '))
        assert.deepEqual(new Set(named), wanted, `${person}: ${JSON.stringify(differences)}`)
      }
    },
    checkAll() {
      for (const person of events.keys()) {
        const { state, error } = room.debts.get(`key of ${person}`) ?? {}
        const living = livingOf(person)
        const about = `${person}: ${state} ${JSON.stringify(error)}, ${living.length} records`
        if (living.length === 0 && isBarred(person))
          assert.deepEqual([state, error?.code], ['failed', 'HELD_BY_CONVERTED_LEAD'], about)
        else {
          assert.equal(state, living.length > 0 || world.upsert ? 'delivered' : 'unmatched', about)
          if (world.upsert) assert.ok(living.length > 0, about)
        }
        for (const { record, owners } of living) check(person, record, owners)
      }
      for (const [id, by] of strangers) {
        const record = org.get(id)
        if (everOwned.has(id) || !record || record.IsDeleted) continue
        assert.ok(
          record.LastModifiedById === salesUser && by === salesUser,
          `${id} is nobody's, and was written`,
        )
      }
    },
  }
}
