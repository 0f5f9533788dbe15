/** Which changes are withdrawals: they overtake everything else on their way. */
import type { Register, Registers, Status } from './status.ts'

/** True where something is refused, objected to or no longer chosen that was not so before. */
export function isWithdrawal(before: Status, after: Status): boolean {
  return Object.entries(after.regulations).some(([regulation, registers]) =>
    withdraws(before.regulations[regulation] ?? {}, registers),
  )
}

function withdraws(before: Registers, after: Registers): boolean {
  for (const path in after) {
    const was = before[path]
    const is = after[path] as Register
    if (was?.[2] === is[2]) continue // the same event still speaks
    if (/\/(enabled|enabled_li)$/.test(path) && is[0] === false && was?.[0] !== false) return true
    if (path.includes('/values/') && was && drops(String(was[0]), String(is[0]))) return true
  }
  return false
}

function drops(was: string, is: string): boolean {
  const kept = new Set(is.split(','))
  return was !== '' && was.split(',').some(id => !kept.has(id))
}
