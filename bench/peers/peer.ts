/** What a peer is given and what it says of itself. */

/** A choice as a program between a website and Salesforce receives it. */
export interface Change {
  email: string
  newsletter: boolean
  /** As a multi-select picklist takes it: `travel;food`. */
  topics: string
}

export interface Task {
  url: string
  accessToken: string
  /** In the order in which people made them. */
  changes: readonly Change[]
  /** By e-mail address: the leads that the program found in an earlier run. Absent: it has to look people up. */
  leadIds?: Record<string, readonly string[]>
  /** By e-mail address: each live record. Only the floor is told. */
  liveIds: Record<string, readonly string[]>
  /** By e-mail address: the lead whose id came along with the person's data. Only a bulk update is told. */
  bulkIds: Record<string, string>
}

/** Returns the e-mail addresses of whom it says: this did not work. */
export type Peer = (task: Task) => Promise<Iterable<string>>

export interface Report {
  seconds: number
  /** From the first change to the last; loading the program is not counted. */
  cpuSeconds: number
  /** Of the whole process. */
  peakMiB: number
  failed: string[]
}

/** What the org's records hold for it. */
export const fieldsOf = ({ newsletter, topics }: Change) => ({
  Newsletter__c: newsletter,
  Topics__c: topics,
})

/** The last change of each person. */
export const lastOf = (changes: readonly Change[]): Change[] => [
  ...new Map(changes.map(change => [change.email, change])).values(),
]

export function* chunksOf<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}

/** Works through the items in their order, so many at a time. */
export async function eachOf<T>(
  items: Iterable<T>,
  atATime: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: atATime }, lane))
}
