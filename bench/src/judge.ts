/** Who is right at the end: read from the org's records behind its API, after the contestant is done. */
import type { SandboxOrg } from '@heed/sandbox'
import { type Change, lastOf } from '../peers/peer.ts'

export interface Verdict {
  people: number
  right: number
  wrong: number
  /** Wrong, and the contestant said nothing of it. */
  silent: number
}

/**
 * @param liveIds by e-mail address: the records that count for a person, all of which must hold the last choice
 * @param failed of whom the contestant itself says that it did not work
 */
export function judge(
  org: Pick<SandboxOrg, 'get'>,
  changes: readonly Change[],
  liveIds: Record<string, readonly string[]>,
  failed: Iterable<string>,
): Verdict {
  const admitted = new Set(failed)
  const verdict: Verdict = { people: 0, right: 0, wrong: 0, silent: 0 }
  for (const change of lastOf(changes)) {
    verdict.people++
    const records = (liveIds[change.email] ?? []).map(id => org.get(id))
    if (records.length > 0 && records.every(record => holds(record, change))) verdict.right++
    else {
      verdict.wrong++
      if (!admitted.has(change.email)) verdict.silent++
    }
  }
  return verdict
}

const holds = (record: Record<string, unknown> | undefined, { newsletter, topics }: Change): boolean =>
  record?.Newsletter__c === newsletter && sorted(record.Topics__c) === sorted(topics)

const sorted = (value: unknown): string =>
  typeof value === 'string' ? value.split(';').sort().join(';') : ''
