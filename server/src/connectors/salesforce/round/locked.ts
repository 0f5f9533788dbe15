/** Records that somebody else was writing just then. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Row } from '../plan.ts'
import { type WriteGround, write } from '../write.ts'
import { failuresIn, type Written } from '../written.ts'

/** Rows that were locked are tried again by themselves, sorted by what is locked along with them. */
export async function writeLocked(
  ground: WriteGround,
  pausesMs: readonly number[],
  written: Map<Row, Written>,
): Promise<void> {
  for (const pauseMs of pausesMs) {
    const locked = failuresIn(written).flatMap(([row, failed]) => (isLock(failed) ? [row] : []))
    if (locked.length === 0) return
    await pause(pauseMs, undefined, { signal: ground.signal }).catch(() => undefined)
    if (ground.signal.aborted) return
    for (const [row, result] of (await write(ground, locked)).written) written.set(row, result)
  }
}

const isLock = ({ code, message }: { code: string; message: string }): boolean =>
  /UNABLE_TO_LOCK_ROW|unable to obtain exclusive access/i.test(`${code} ${message}`)
