/** Records that the org refused to write since they are not there. */
import { shortId } from '../match.ts'
import type { Row } from '../plan.ts'
import { type Failed, failuresIn, type Written } from '../written.ts'

/** Seen between two refusals, the record is there; it is something that it refers to, although no field is named. */
export function giveUpThere(written: Map<Row, Written>, gone: ReadonlySet<string>): void {
  for (const [row, failed] of failuresIn(written))
    if (isGone(failed) && gone.has(goneKey(row))) written.set(row, { ...failed, verdict: 'person' })
}

export const isGone = (written: Written): written is Failed =>
  !written.ok && written.verdict === 'anew' && written.code !== 'CANNOT_UPDATE_CONVERTED_LEAD'

/** What is created refers to others, too. */
export const goneKey = ({ id, owners }: Row): string =>
  id === undefined ? `new ${owners[0]?.key}` : shortId(id)
