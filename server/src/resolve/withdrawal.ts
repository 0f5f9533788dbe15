/** Which changes are withdrawals: they overtake everything else on their way. */
import { type Register, registerPath, type Status, unescaped } from './status.ts'

/**
 * What is refused, objected to or no longer chosen that was not so before; none: it is no withdrawal. A yes that no event says
 * any more is withdrawn, too.
 */
export function withdrawnIn(before: Status, after: Status): string[] {
  const regulations = Object.keys({ ...before.regulations, ...after.regulations })
  return regulations.flatMap(regulation => {
    const was = before.regulations[regulation] ?? {}
    const is = after.regulations[regulation] ?? {}
    return Object.keys({ ...was, ...is })
      .filter(path => withdraws(path, was[path], is[path] ?? refusalOf(path, 0)))
      .map(path => withdrawnName(regulation, path))
  })
}

/** What was withdrawn and is said by no event any more counts as refused: a target may still hold the yes. */
export function withRefused(status: Status, names: readonly string[], atMs: number): Status {
  let refused = status
  for (const name of names) {
    const [regulation, path] = partsOfName(name)
    // Mostly all is said: nothing is made anew then, for each person of a round.
    if (!refused.regulations[regulation]?.[path]) refused = withRefusal(refused, regulation, path, atMs)
  }
  return refused
}

function withRefusal(status: Status, regulation: string, path: string, atMs: number): Status {
  const registers = { ...status.regulations[regulation], [path]: refusalOf(path, atMs) }
  return { ...status, regulations: { ...status.regulations, [regulation]: registers } }
}

/** By no event. */
const refusalOf = (path: string, atMs: number): Register => [path.includes('/values/') ? '' : false, atMs, '']

/** Of a status, the registers of these names that take something back; without names, all that do not say yes. */
export function takenBack(status: Status, names: readonly string[] | null): Status {
  const named = names && new Set(names)
  const regulations = Object.entries(status.regulations).flatMap(([regulation, registers]) => {
    const kept = Object.entries(registers).filter(
      ([path, [value]]) => value !== true && (named?.has(withdrawnName(regulation, path)) ?? true),
    )
    return kept.length > 0 ? [[regulation, Object.fromEntries(kept)] as const] : []
  })
  return { user: {}, regulations: Object.fromEntries(regulations) }
}

/** A register among those of all regulations. */
export const withdrawnName = (regulation: string, path: string): string =>
  `${registerPath(regulation)}/${path}`

function partsOfName(name: string): [regulation: string, path: string] {
  const end = name.indexOf('/')
  return [unescaped(name.slice(0, end)), name.slice(end + 1)]
}

function withdraws(path: string, was: Register | undefined, is: Register): boolean {
  if (was?.[2] === is[2]) return false // the same event still speaks
  if (/\/(enabled|enabled_li)$/.test(path)) return is[0] === false && was?.[0] !== false
  return path.includes('/values/') && was !== undefined && drops(String(was[0]), String(is[0]))
}

function drops(was: string, is: string): boolean {
  const kept = new Set(is.split(','))
  return was !== '' && was.split(',').some(id => !kept.has(id))
}

/**
 * Takes something back and accepts nothing: that can happen no oftener than something was given. What may be refused without
 * having been given is a purpose, of which a library has so many; ids that are held against nothing do not count.
 */
export function onlyTakesBack(before: Status, after: Status): boolean {
  let takesBack = false
  for (const [regulation, registers] of Object.entries(after.regulations))
    for (const [path, is] of Object.entries(registers)) {
      const was = before.regulations[regulation]?.[path]
      if (was?.[2] === is[2]) continue
      if (accepts(path, was, is)) return false
      const isBounded = was !== undefined || /^purposes\/[^/]+\/(enabled|enabled_li)$/.test(path)
      takesBack ||= isBounded && withdraws(path, was, is)
    }
  return takesBack
}

function accepts(path: string, was: Register | undefined, is: Register): boolean {
  if (/\/(enabled|enabled_li)$/.test(path)) return is[0] === true && was?.[0] !== true
  // What a consent string says beside a refusal is not looked into.
  if (path === 'tcfcs') return is[0] !== was?.[0]
  return path.includes('/values/') && drops(String(is[0]), String(was?.[0] ?? ''))
}
