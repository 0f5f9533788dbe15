/** How many rows a list has, whichever page of it is read: a page beyond its end still tells. */
import { type RawBuilder, sql } from 'kysely'
import type { Runner } from './database.ts'

/**
 * A page that is neither empty nor full says it by itself.
 * @param found `from ... where ...` @param got rows of this page
 */
export async function totalOf(
  runner: Runner,
  found: RawBuilder<unknown>,
  { limit, skip }: { limit: number; skip: number },
  got: number,
): Promise<number> {
  if (got > 0 && got < limit) return skip + got
  const { rows } = await sql<{ total: number }>`select count(*)::int as total ${found}`.execute(runner)
  return rows[0]?.total ?? 0
}
