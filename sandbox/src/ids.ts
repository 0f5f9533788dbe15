/** Record ids as Salesforce makes them: 15 case-sensitive characters, and 3 that make them safe without case. */

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

export const keyPrefixes: Record<string, string> = {
  Lead: '00Q',
  Contact: '003',
  Account: '001',
  User: '005',
  DuplicateRule: '0Bm',
  Job: '750',
}

export function makeId(sobject: string, n: number): string {
  let counter = ''
  for (let rest = n, i = 0; i < 9; i++, rest = Math.floor(rest / 62)) counter = DIGITS[rest % 62] + counter
  return lengthen(`${keyPrefixes[sobject] ?? 'a00'}5e0${counter}`)
}

/** The object whose record an id names, by its first three characters. */
export const sobjectOf = (id: string): string | undefined =>
  Object.keys(keyPrefixes).find(name => id.startsWith(keyPrefixes[name] as string))

/** Undefined: not the form of an id. */
export function normalizeId(text: unknown): string | undefined {
  if (typeof text !== 'string' || !/^[A-Za-z0-9]+$/.test(text)) return undefined
  if (text.length === 15) return lengthen(text)
  // The last three say the case of the others: an id that lost it is none.
  return text.length === 18 && lengthen(text.slice(0, 15)) === text ? text : undefined
}

function lengthen(id: string): string {
  let suffix = ''
  for (let block = 0; block < 3; block++) {
    let bits = 0
    for (let i = 0; i < 5; i++) if (/[A-Z]/.test(id[block * 5 + i] as string)) bits |= 1 << i
    suffix += SUFFIX[bits]
  }
  return id + suffix
}
