/** A page of no rows, or beyond the last, does not see how many rows there are (`count(*) over ()`): the first row does. */

export const isBlind = (
  { limit, skip }: { limit: number; skip: number },
  rows: readonly unknown[],
): boolean => rows.length === 0 && (limit === 0 || skip > 0)

export const FIRST = { limit: 1, skip: 0 }
