/** What can happen: the acts of people, salespeople, networks and machines, as a generator of random histories. */
import fc from 'fast-check'
import { type ObjectName, SCORES } from './people.ts'

/** What stays the same throughout a history. */
export interface World {
  objects: ObjectName[]
  /** A text, a unique external id, one that tells cases apart, a number, a reference. */
  matchField: 'Email' | 'Pmp_Id__c' | 'Key__c' | 'Score__c' | 'Member__c'
  personAccounts: boolean
  /** The org locks the account along with its contacts, and bulk jobs have batches beside each other. */
  parentLocks: boolean
  upsert: boolean
  /** Some orgs let integration users edit converted leads. */
  convertedLeadsEditable: boolean
  nodes: 1 | 2
  /** So much is owed that remembered records are written without looking people up first. */
  isBusy: boolean
  roundSize: number
  /** From so many people on a round writes by bulk jobs; undefined: never. */
  bulkFrom: number | undefined
  people: string[]
  strangers: string[]
  /** What stands in the org at the beginning. */
  records: { object: ObjectName; person: number }[]
  seed: number
}

export const TRAPS = [
  ...(['park', 'kill-before', 'kill-after', 'stop-before', 'stop-after', 'late', 'hang'] as const),
  ...(['job-park', 'job-kill'] as const),
]

/** What befalls one call of a round. */
export interface Trap {
  on: 'any' | 'query' | 'write'
  /** Strikes the call of that sort with this number in its round. */
  at: number
  /**
   * park: the call waits until the node is resumed. kill: the process is gone, before the call was sent or after the org
   * has done it. stop: the round is told to end, likewise. late: the gateway gives up (504), and the org does it later.
   * hang: nobody answers within the time limit, and the org does it later.
   * job-park, job-kill: a bulk job stands half-way while its holder waits for it, or is gone.
   */
  how: (typeof TRAPS)[number]
}

export type Act =
  | { act: 'say'; person: number; newsletter?: boolean; topics?: string[]; channel?: string; agoS: number }
  | { act: 'deliver'; node: number; trap: Trap | undefined }
  | { act: 'resume'; node: number }
  | { act: 'land' }
  | { act: 'wait'; seconds: number }
  | { act: 'restart'; node: number }
  | { act: 'replay' }
  | { act: 'fault'; fault: FaultAct }
  | { act: 'expire tokens' }
  | { act: 'abort jobs' }
  | { act: 'insert'; object: ObjectName; person: number; upperCase: boolean; isStranger: boolean }
  | { act: 'convert'; lead: number; into: number }
  /** The lead is nobody's when it is converted: whose contact it is shows only in that they remember it. */
  | { act: 'move and convert'; lead: number; into: number }
  | { act: 'merge'; master: number; loser: number }
  | { act: 'remove'; record: number }
  | { act: 'edit'; record: number; newsletter: boolean; topics: string[] }
  /** To somebody's address, or to nobody's. */
  | { act: 'move'; record: number; to: number | undefined }
  | { act: 'lock field'; object: ObjectName }
  | { act: 'drop field'; object: ObjectName }
  /** A validation rule; records that hold this channel can be neither made nor changed. */
  | { act: 'forbid'; object: ObjectName; channel: string }
  /** Nobody is created who has the address of somebody else. */
  | { act: 'duplicate rule'; object: ObjectName; action: 'block' | 'alert' }
  /** Another program holds an account, until it is mended. */
  | { act: 'hold'; parent: number }
  | { act: 'mend' }

export interface FaultAct {
  kind: 'row' | 'job' | 'status' | 'html' | 'cut' | 'cut-after'
  code: string
  times: number
  on: 'any' | 'query' | 'write'
  /** Which share of a job's rows is written before it fails. */
  after: number
}

/** Written so that a careless query, comparison or path would miss them or take another for them. */
const ADDRESSES = [
  'ann@x.io',
  'a.nn@x.io',
  "o'neil@x.io",
  'back\\slash@x.io',
  "quote\\'s@x.io",
  'per%cent&amp=1@x.io',
  'gr\u00fc\u00dfe@x.io',
  '\u{1f389}@x.io',
  '\u05e9\u05dc\u05d5\u05dd@x.io',
  `${'a'.repeat(74)}@x.io`,
  'plus+tag/#?@x.io',
]
/** Nobody's, but close to somebody's. */
const STRANGERS = [
  'xann@x.io',
  'ann@x.io.example',
  'oneil@x.io',
  'gru\u0308\u00dfe@x.io',
  'backslash@x.io',
  'a_nn@x.io',
  '%@x.io',
]
export const TOPICS = ['travel', 'food', 'music']
export const CHANNELS = ['email', 'sms', 'post']

/** Where the org has no person accounts, an account is a contact. */
const object = fc.constantFrom('Lead' as const, 'Contact' as const, 'Account' as const)
const node = fc.nat(1)
const on = fc.constantFrom('any' as const, 'query' as const, 'write' as const)
const nth = fc.nat(30)
const act = <A extends Act['act']>(
  name: A,
  rest: { [K in keyof Omit<Extract<Act, { act: A }>, 'act'>]-?: fc.Arbitrary<unknown> },
) => fc.record({ act: fc.constant(name), ...rest }) as unknown as fc.Arbitrary<Act>

const topics = fc.subarray(TOPICS)
const say = fc.record(
  {
    act: fc.constant('say' as const),
    person: nth,
    newsletter: fc.boolean(),
    topics,
    channel: fc.constantFrom(...CHANNELS),
    // Most are new; some come late, behind what was said since.
    agoS: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(5, 600)),
  },
  { requiredKeys: ['act', 'person', 'agoS', 'newsletter'] },
)
const trap = fc.record({
  on: fc.constantFrom('any', 'query', 'write', 'write'),
  at: fc.constantFrom(0, 0, 0, 1, 2),
  how: fc.constantFrom(...TRAPS, 'park', 'late', 'job-park'),
})
const fault = fc.record({
  kind: fc.constantFrom<FaultAct['kind']>(
    'row',
    'row',
    'row',
    'job',
    'job',
    'status',
    'html',
    'cut',
    'cut-after',
    'cut-after',
  ),
  code: fc.constantFrom(
    // Only what is no lie: that a record is deleted or converted is said of those that are.
    'UNABLE_TO_LOCK_ROW',
    'UNABLE_TO_LOCK_ROW',
    'ENTITY_IS_LOCKED',
    'UNKNOWN_EXCEPTION',
    'FIELD_CUSTOM_VALIDATION_EXCEPTION',
  ),
  times: fc.integer({ min: 1, max: 3 }),
  on,
  after: fc.constantFrom(0, 0.5, 1),
})

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 22, arbitrary: say },
  { weight: 16, arbitrary: act('deliver', { node, trap: fc.constant(undefined) }) },
  { weight: 14, arbitrary: act('deliver', { node, trap }) },
  { weight: 4, arbitrary: act('resume', { node }) },
  { weight: 4, arbitrary: act('land', {}) },
  { weight: 6, arbitrary: act('wait', { seconds: fc.constantFrom(3, 70, 400) }) },
  { weight: 2, arbitrary: act('restart', { node }) },
  { weight: 1, arbitrary: act('replay', {}) },
  { weight: 8, arbitrary: act('fault', { fault }) },
  { weight: 2, arbitrary: act('expire tokens', {}) },
  { weight: 1, arbitrary: act('abort jobs', {}) },
  {
    weight: 8,
    arbitrary: act('insert', {
      object,
      person: nth,
      upperCase: fc.boolean(),
      isStranger: fc.nat(4).map(n => n === 0),
    }),
  },
  { weight: 6, arbitrary: act('convert', { lead: nth, into: nth }) },
  { weight: 2, arbitrary: act('move and convert', { lead: nth, into: nth }) },
  { weight: 3, arbitrary: act('merge', { master: nth, loser: nth }) },
  { weight: 3, arbitrary: act('remove', { record: nth }) },
  { weight: 4, arbitrary: act('edit', { record: nth, newsletter: fc.boolean(), topics }) },
  { weight: 2, arbitrary: act('move', { record: nth, to: fc.option(nth, { nil: undefined }) }) },
  { weight: 1, arbitrary: act('lock field', { object }) },
  { weight: 1, arbitrary: act('drop field', { object }) },
  { weight: 1, arbitrary: act('forbid', { object, channel: fc.constantFrom(...CHANNELS) }) },
  {
    weight: 1,
    arbitrary: act('duplicate rule', { object, action: fc.constantFrom('block', 'alert') }),
  },
  { weight: 2, arbitrary: act('hold', { parent: nth }) },
  { weight: 3, arbitrary: act('mend', {}) },
)

/** Somebody else to Heed, and the same to the org, unless its field tells cases apart. */
const shoutedOf = (id: string): string => id.replace(/^[^@]+/, name => name.toUpperCase())

type ObjectNames = World['objects']
const OBJECTS: ObjectNames[] = [['Lead'], ['Lead', 'Contact'], ['Contact', 'Lead'], ['Contact']]
const WITH_ACCOUNTS: ObjectNames[] = [
  ...([['Account'], ['Account', 'Contact'], ['Contact', 'Account']] as const).map(all => [...all]),
  ...([['Lead', 'Account'], ['Account', 'Lead'], ['Contact']] as const).map(all => [...all]),
]
const people = {
  addresses: fc
    .tuple(fc.shuffledSubarray(ADDRESSES, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([people, isShared]) => (isShared ? [...people, shoutedOf(people[0] as string)] : people)),
  /** The org gives them their values. */
  places: fc.shuffledSubarray(
    SCORES.map((_, i) => String(i)),
    { minLength: 1, maxLength: 4 },
  ),
}
const isOneOf = (n: number): fc.Arbitrary<boolean> => fc.nat(n - 1).map(n => n === 0)

const world: fc.Arbitrary<World> = fc
  .record({
    matchField: fc.constantFrom<World['matchField']>(
      ...(['Email', 'Email', 'Email', 'Pmp_Id__c', 'Pmp_Id__c', 'Key__c', 'Score__c', 'Member__c'] as const),
    ),
    personAccounts: isOneOf(4),
  })
  .chain(({ matchField, personAccounts }) =>
    fc.record({
      objects: fc.constantFrom(...(personAccounts ? WITH_ACCOUNTS : OBJECTS)),
      matchField: fc.constant(matchField),
      personAccounts: fc.constant(personAccounts),
      parentLocks: isOneOf(4),
      upsert: fc.boolean(),
      convertedLeadsEditable: fc.boolean(),
      nodes: fc.constantFrom(1, 2),
      isBusy: isOneOf(4),
      roundSize: fc.constantFrom(1, 2, 100),
      bulkFrom: fc.constantFrom(undefined, 1, 2),
      people: matchField === 'Score__c' || matchField === 'Member__c' ? people.places : people.addresses,
      strangers: fc.constant(STRANGERS),
      records: fc.array(fc.record({ object, person: nth }), { maxLength: 6, size: 'max' }),
      seed: fc.integer(),
    }),
  )

export interface History {
  world: World
  acts: Act[]
}
/** Something to deliver, and a call that does not go well. */
const pair = fc.tuple(say, act('deliver', { node, trap })).map(([said, delivery]): Act[] => [said, delivery])
/** A change of mind while the org may still be at what it was sent before. */
const changeOfMind = fc
  .record({ said: say, node, seconds: fc.constantFrom(3, 70), lands: fc.boolean() })
  .map(({ said, node, seconds, lands }): Act[] => [
    said,
    { act: 'deliver', node, trap: { on: 'write', at: 0, how: 'late' } },
    { act: 'wait', seconds },
    { act: 'say', person: said.person, newsletter: said.newsletter !== true, agoS: 0 },
    { act: 'deliver', node, trap: undefined },
    ...(lands ? [{ act: 'land' } as const] : []),
  ])
/** A job whose process died half-way; whoever comes next must end it before its people are written anew. */
const jobLeftBehind = fc
  .record({ said: say, node, seconds: fc.constantFrom(3, 70), lands: fc.boolean() })
  .map(({ said, node, seconds, lands }): Act[] => [
    said,
    { act: 'deliver', node, trap: { on: 'any', at: 0, how: 'job-kill' } },
    { act: 'say', person: said.person, newsletter: said.newsletter !== true, agoS: 0 },
    { act: 'wait', seconds },
    { act: 'deliver', node, trap: undefined },
    ...(lands ? [{ act: 'land' } as const] : []),
  ])
/** Of one human to the org, where there are such; of as many people as there ever are. */
const FIRST = 0
const LAST = 59
/** A round that stands still, and what others of the same node do meanwhile. */
const overtaken = fc
  .record({
    first: say,
    second: say,
    areTwins: fc.boolean(),
    node,
    on: fc.constantFrom('query' as const, 'job' as const),
  })
  .map(({ first, second, areTwins, node, on }): Act[] => [
    areTwins ? { ...first, person: FIRST } : first,
    {
      act: 'deliver',
      node,
      trap: on === 'job' ? { on: 'any', at: 0, how: 'job-park' } : { on, at: 0, how: 'park' },
    },
    areTwins ? { ...second, person: LAST } : second,
    { act: 'deliver', node, trap: undefined },
    { act: 'resume', node },
  ])
/** Somebody has the address who is not looked for; nobody may be created beside them. */
const refusedCreation = fc.record({ said: say, node, object }).map(({ said, node, object }): Act[] => [
  {
    act: 'insert',
    object: object === 'Lead' ? 'Contact' : 'Lead',
    person: said.person,
    upperCase: false,
    isStranger: false,
  },
  { act: 'duplicate rule', object, action: 'block' },
  said,
  { act: 'deliver', node, trap: undefined },
])
/** Nobody looks while a lead that was delivered to stops being its person's, and becomes a contact. */
const convertedUnseen = fc
  .record({ said: say, lead: nth, into: nth, node })
  .map(({ said, lead, into, node }): Act[] => [
    { act: 'insert', object: 'Lead', person: said.person, upperCase: false, isStranger: false },
    said,
    { act: 'deliver', node, trap: undefined },
    { act: 'move and convert', lead, into },
    { act: 'say', person: said.person, newsletter: said.newsletter !== true, agoS: 0 },
    { act: 'deliver', node, trap: undefined },
  ])
/** Somebody else's program is at the accounts of the contacts that are written. */
const heldParent = fc
  .record({ said: say, parent: nth, node })
  .map(({ said, parent, node }): Act[] => [
    { act: 'insert', object: 'Contact', person: said.person, upperCase: false, isStranger: false },
    { act: 'hold', parent },
    said,
    { act: 'deliver', node, trap: undefined },
    { act: 'wait', seconds: 3 },
  ])
const some: fc.Arbitrary<Act[]> = fc.oneof(
  { weight: 18, arbitrary: anyAct.map(one => [one]) },
  { weight: 2, arbitrary: pair },
  { weight: 1, arbitrary: changeOfMind },
  { weight: 1, arbitrary: jobLeftBehind },
  { weight: 2, arbitrary: overtaken },
  { weight: 1, arbitrary: refusedCreation },
  { weight: 1, arbitrary: convertedUnseen },
  { weight: 1, arbitrary: heldParent },
)
/** Short ones, too: what comes later heals what went wrong before. */
const acts: fc.Arbitrary<Act[]> = fc
  .oneof(
    fc.array(some, { minLength: 1, maxLength: 6, size: 'max' }),
    fc.array(some, { minLength: 1, maxLength: 40, size: 'max' }),
  )
  .map(all => all.flat())

export const history: fc.Arbitrary<History> = fc.noBias(fc.record({ world, acts }))
