/**
 * What became of remembered records that are gone: who merges two records says that they are one human, so whoever remembers the
 * one that was given up has the one that was kept, whatever address it holds. The org shows a deleted record for 15 days.
 */
import type { Client } from './client.ts'
import { shortId } from './match.ts'
import { ask } from './query.ts'
import { literal, pack } from './soql.ts'

export interface Lost {
  object: string
  id: string
}

/** What the org tells of a record that it shows among the deleted. */
export interface Fate {
  /** The record that it was merged into, which can be lost as well. */
  keptBy: string | undefined
}

/** By the short ids of those that were deleted; of the others nothing is known: they are hidden, or gone for longer. */
export async function fatesOf(
  client: Client,
  lost: readonly Lost[],
  signal: AbortSignal,
): Promise<Map<string, Fate>> {
  const statements = [...Map.groupBy(lost, ({ object }) => object)].flatMap(([object, some]) =>
    pack({
      object,
      select: ['Id', 'MasterRecordId'],
      anyOf: [{ field: 'Id', literals: some.map(({ id }) => literal(shortId(id))) }],
      and: 'IsDeleted = true',
    }),
  )
  // Who may not see what was deleted is told nothing of it, and no worse off.
  const queries = statements.map(soql => ({ soql, withDeleted: true, isOptional: true }))
  const results = await ask(client, queries, signal)
  return new Map(
    results
      .flatMap(result => result?.records ?? [])
      .map(({ Id, MasterRecordId }) => [
        shortId(String(Id)),
        { keptBy: typeof MasterRecordId === 'string' ? MasterRecordId : undefined },
      ]),
  )
}
