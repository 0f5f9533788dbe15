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

/** By the short id of the lost one: the record that it was merged into, which can be lost as well. */
export async function mastersOf(
  client: Client,
  lost: readonly Lost[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const statements = [...Map.groupBy(lost, ({ object }) => object)].flatMap(([object, some]) =>
    pack({
      object,
      select: ['Id', 'MasterRecordId'],
      anyOf: [{ field: 'Id', literals: some.map(({ id }) => literal(shortId(id))) }],
      and: 'MasterRecordId != null',
    }),
  )
  // Who may not see what was deleted is told nothing of it, and no worse off.
  const queries = statements.map(soql => ({ soql, withDeleted: true, isOptional: true }))
  const results = await ask(client, queries, signal)
  return new Map(
    results
      .flatMap(result => result?.records ?? [])
      .map(({ Id, MasterRecordId }) => [shortId(String(Id)), String(MasterRecordId)]),
  )
}
